package stdmux_test

import (
	"testing"

	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/internal/conformance/sites"
)

func TestAdapter(t *testing.T) {
	corstest.TestAdapter(t, func() corstest.Router { return sites.ServeMux.New() })
}
