//go:build !race

package stdmux_test

import (
	"testing"

	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

func TestAllocations(t *testing.T) { conformance.Allocations(t, sites.ServeMux) }
