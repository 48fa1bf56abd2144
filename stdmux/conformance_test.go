package stdmux_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/stdmux"
)

type site struct {
	*http.ServeMux
	adapter *stdmux.Adapter
}

func newSite() conformance.Site {
	mux := http.NewServeMux()
	return site{mux, stdmux.New(mux)}
}

func (s site) Adapter() routecors.RouterAdapter { return s.adapter }

func (s site) Handle(method, pattern string, h http.Handler) *routecors.Route {
	return s.adapter.Handle(strings.TrimLeft(method+" "+pattern, " "), h)
}

func (s site) HandleBare(method, pattern string, h http.Handler) {
	s.ServeMux.Handle(strings.TrimLeft(method+" "+pattern, " "), h)
}

func (s site) Resource(pattern string) *routecors.Resource { return s.adapter.Resource(pattern) }

func TestGolden(t *testing.T) {
	conformance.Golden(t, conformance.Router{Name: "stdmux", New: newSite})
}
