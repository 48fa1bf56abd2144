// Package sites has the routers that this module has adapters for, as the cases of
// package conformance drive them.
package sites

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/stdmux"
)

// ServeMux and Chi are the two.
var (
	ServeMux = conformance.Router{Name: string(serveMux{}.Name()), New: newServeMux}
	Chi      = conformance.Router{Name: string(chiMux{}.Name()), New: newChi}
)

type serveMux struct {
	*http.ServeMux
	adapter *stdmux.Adapter
}

func newServeMux() conformance.Site {
	mux := http.NewServeMux()
	return serveMux{mux, stdmux.New(mux)}
}

func (serveMux) Name() conformance.Name { return "stdmux" }

func (s serveMux) Adapter() routecors.RouterAdapter { return s.adapter }

func (s serveMux) Handle(method, pattern string, h http.Handler) *routecors.Route {
	return s.adapter.Handle(strings.TrimLeft(method+" "+pattern, " "), h)
}

func (s serveMux) HandleBare(method, pattern string, h http.Handler) {
	s.ServeMux.Handle(strings.TrimLeft(method+" "+pattern, " "), h)
}

func (s serveMux) Resource(pattern string) *routecors.Resource { return s.adapter.Resource(pattern) }

type chiMux struct {
	*chi.Mux
	adapter *chicors.Adapter
}

func newChi() conformance.Site {
	r := chi.NewRouter()
	return chiMux{r, chicors.New(r)}
}

func (chiMux) Name() conformance.Name { return "chi" }

// Use puts one middleware into the router.
func (s chiMux) Use(middleware func(http.Handler) http.Handler) { s.Mux.Use(middleware) }

func (s chiMux) Adapter() routecors.RouterAdapter { return s.adapter }

func (s chiMux) Handle(method, pattern string, h http.Handler) *routecors.Route {
	if method == "" {
		return s.adapter.Handle(chiPattern(pattern), h)
	}
	return s.adapter.Method(method, chiPattern(pattern), h)
}

func (s chiMux) HandleBare(method, pattern string, h http.Handler) {
	if method == "" {
		s.Mux.Handle(chiPattern(pattern), h)
		return
	}
	s.Mux.Method(method, chiPattern(pattern), h)
}

func (s chiMux) Resource(pattern string) *routecors.Resource {
	return s.adapter.Resource(chiPattern(pattern))
}

// chiPattern translates a pattern of ServeMux.
func chiPattern(pattern string) string {
	if path, ok := strings.CutSuffix(pattern, "/{$}"); ok {
		return path + "/"
	}
	if path, ok := strings.CutSuffix(pattern, "{rest...}"); ok {
		return path + "*"
	}
	if strings.HasSuffix(pattern, "/") {
		return pattern + "*"
	}
	return pattern
}
