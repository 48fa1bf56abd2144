package stdmux_test

import (
	"testing"

	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

func TestGolden(t *testing.T) { conformance.Golden(t, sites.ServeMux) }
