package chicors

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

type view map[string]routecors.Policy

func (v view) CORSPolicies() map[string]routecors.Policy    { return v }
func (v view) ServeHTTP(http.ResponseWriter, *http.Request) {}

// Inline middlewares do not hide a View, whose Deny would be lost.
func TestViewInline(t *testing.T) {
	r := chi.NewRouter()
	router := New(r)
	cors, err := routecors.Setup(router, routecors.Policy{app: {}})
	must(t, err)
	pass := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	v := view{"PUT": {"*": {Deny: true}}}
	must(t, cors.Add(router.On(r.With(pass)).Method("PUT", "/made", v)))
	r.With(pass).Method("PUT", "/bare", v)
	r.Method("PUT", "/plain", v)
	for _, route := range router.Routes() {
		if route.Pattern() != "/made" && route.Method() == "PUT" {
			must(t, cors.Add(route))
		}
	}
	for _, path := range []string{"/made", "/bare", "/plain"} {
		res := do(r, "OPTIONS", path, "Origin", app, "Access-Control-Request-Method", "PUT")
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("preflight of PUT %s: %s", path, res.Status)
		}
	}
}
