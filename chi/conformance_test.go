package chicors_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/internal/conformance"
)

type site struct {
	*chi.Mux
	adapter *chicors.Adapter
}

func newSite() conformance.Site {
	r := chi.NewRouter()
	return site{r, chicors.New(r)}
}

func (s site) Adapter() routecors.RouterAdapter { return s.adapter }

func (s site) Handle(method, pattern string, h http.Handler) *routecors.Route {
	if method == "" {
		return s.adapter.Handle(chiPattern(pattern), h)
	}
	return s.adapter.Method(method, chiPattern(pattern), h)
}

func (s site) HandleBare(method, pattern string, h http.Handler) {
	if method == "" {
		s.Mux.Handle(chiPattern(pattern), h)
		return
	}
	s.Mux.Method(method, chiPattern(pattern), h)
}

func (s site) Resource(pattern string) *routecors.Resource {
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

func TestGolden(t *testing.T) {
	conformance.Golden(t, conformance.Router{Name: "chi", New: newSite})
}
