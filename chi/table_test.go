package chicors_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
)

// TestOddTrees: mounts and middlewares in places where they are seldom seen.
func TestOddTrees(t *testing.T) {
	type ask struct{ method, url, asked, want string }
	tests := []struct {
		name  string
		build func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig)
		asks  []ask
	}{
		{"one router mounted twice, under a parameter", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			sub := chi.NewRouter()
			add(t, cors, router.On(sub).Put("/x/{id}", says("x")))
			r.Mount("/a", sub)
			r.Mount("/b/{t}", sub)
			r.Put("/b/q/x/secret", says("private"))
		}, []ask{
			{"OPTIONS", "/a/x/1", "PUT", "204 " + app},
			{"OPTIONS", "/b/q/x/1", "PUT", "204 " + app},
			{"OPTIONS", "/b/q/x/secret", "PUT", "403 "},
		}},
		{"a mount at the root, beside NotFound", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			r.NotFound(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
			sub := chi.NewRouter()
			r.Mount("/", sub)
			add(t, cors, router.On(sub).Get("/", says("root")))
			add(t, cors, router.On(sub).Get("/x", says("x")))
		}, []ask{
			{"OPTIONS", "/", "GET", "204 " + app},
			{"OPTIONS", "/x", "GET", "204 " + app},
			{"OPTIONS", "/none", "GET", "418 "},
		}},
		{"an encoded slash is no slash", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			add(t, cors, router.Put("/f/{name}", says("f")))
			r.Put("/f/a/b", says("private"))
		}, []ask{
			{"OPTIONS", "/f/a%2Fb", "PUT", "204 " + app},
			{"OPTIONS", "/f/a/b", "PUT", "405  Allow: PUT"},
		}},
		{"Use in a sub-router", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			r.Route("/api/{v}", func(r chi.Router) {
				r.Use(cors.Handler, refuses)
				add(t, cors, router.On(r).Put("/i/{id}", says("x")))
				r.Delete("/i/{id}", says("private"))
			})
			r.Put("/api/v1/i/secret", says("private"))
		}, []ask{
			{"OPTIONS", "/api/v1/i/1", "PUT", "204 " + app},
			{"PUT", "/api/v1/i/1", "", "401 " + app},
			{"OPTIONS", "/api/v1/i/1", "DELETE", "401 "},
			{"OPTIONS", "/api/v1/i/secret", "PUT", "401 "},
		}},
		{"Use in a group", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			r.Group(func(r chi.Router) {
				r.Use(cors.Handler, refuses)
				add(t, cors, router.On(r).Put("/i/{id}", says("x")))
			})
		}, []ask{
			{"OPTIONS", "/i/1", "PUT", "204 " + app},
			{"PUT", "/i/1", "", "401 " + app},
		}},
		{"Use in a group, before a mount", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			r.Group(func(r chi.Router) {
				r.Use(cors.Handler)
				r.Route("/api", func(r chi.Router) {
					r.Use(refuses)
					add(t, cors, router.On(r).Put("/x", says("x")))
				})
			})
		}, []ask{
			{"OPTIONS", "/api/x", "PUT", "204 " + app},
			{"PUT", "/api/x", "", "401 " + app},
		}},
		{"GetHead in a sub-router", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			r.Use(cors.Handler)
			r.Route("/api", func(r chi.Router) {
				r.Use(middleware.GetHead)
				add(t, cors, router.On(r).Head("/y", says("public")))
				r.Get("/y", says("private"))
			})
		}, []ask{
			{"OPTIONS", "/api/y", "HEAD", "403 "}, // it would run the private GET
			{"HEAD", "/api/y", "", "200  private *= (/api/y)"},
		}},
		{"mounts that chi takes in one order", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			for _, p := range []string{"/{b:[0-9]+}/y", "/{a:[a-z]+}/x", "/{b:[0-9]+}/x"} {
				r.Mount(p, chi.NewRouter())
			}
			add(t, cors, router.Get("/z", says("z")))
		}, []ask{
			{"OPTIONS", "/z", "", "204  Allow: GET, OPTIONS"},
			{"OPTIONS", "/z", "GET", "204 " + app},
		}},
		{"narrower patterns beside, and one router at two places", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			add(t, cors, router.Get("/files/*", says("all")))
			r.Get("/files/{name}", says("one"))
			add(t, cors, router.Get("/{name}", says("name")))
			r.Get("/{code:[^a-z]+}", says("code"))
			sub := chi.NewRouter()
			add(t, cors, router.On(sub).Get("/x", says("x")))
			r.Mount("/v1", sub)
			r.Mount("/v2", sub)
			r.Get("/v1/x", says("private"))
		}, []ask{
			{"OPTIONS", "/files/a/b", "GET", "204 " + app},
			{"OPTIONS", "/abc", "GET", "204 " + app},
			{"OPTIONS", "/v2/x", "GET", "204 " + app},
		}},
		{"Use below a route that lies over the mount", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			r.Route("/admin", func(r chi.Router) {
				r.Use(cors.Handler)
				r.Delete("/", says("private"))
			})
			add(t, cors, router.Delete("/", says("public")))
			add(t, cors, router.Get("/admin", says("page")))
		}, []ask{
			{"OPTIONS", "/admin", "DELETE", "405  Allow: DELETE"}, // the sub-router's own
			{"OPTIONS", "/admin", "GET", "204 " + app},
			{"DELETE", "/admin", "", "200  private (/admin)"},
		}},
		{"a router by hand inside a private route", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			inner := chi.NewRouter()
			inner.Use(cors.Handler)
			inner.Delete("/x", says("private"))
			router.Handle("/api/*", http.StripPrefix("/api", inner))
			add(t, cors, router.Delete("/x", says("public")))
		}, []ask{
			{"OPTIONS", "/api/x", "DELETE", "405  Allow: DELETE"},
			{"DELETE", "/api/x", "", "200  private *=x (/api/x)"},
		}},
		{"an inline router that is mounted", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			in := chi.NewRouter().With(logs("inline"))
			add(t, cors, router.On(in).Put("/x", says("x")))
			r.Mount("/m", in)
		}, []ask{
			{"OPTIONS", "/m/x", "PUT", "204 " + app},
		}},
		{"routers mounted in each other", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			a := chi.NewRouter()
			add(t, cors, router.On(a).Put("/x", says("x")))
			r.Mount("/a", a)
			a.Mount("/b", r)
		}, []ask{
			{"OPTIONS", "/a/x", "PUT", "204 " + app},
			{"OPTIONS", "/a/b/a/x", "PUT", "403 "}, // it cannot be told
		}},
		{"a foreign mount with CORS of its own", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			r.Mount("/f", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "theirs")
			}))
			add(t, cors, router.Get("/f/{id}", says("x")))
		}, []ask{
			{"OPTIONS", "/f/1", "GET", "204 " + app},
			{"OPTIONS", "/f/1/2", "PUT", "200 theirs "},
			{"OPTIONS", "/f/1", "", "200 theirs "},
		}},
		{"a rewritten path below a mount", func(r *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			r.Route("/api", func(r chi.Router) {
				r.Use(middleware.StripSlashes)
				add(t, cors, router.On(r).Put("/*", says("public")))
				r.Put("/i/{id}", says("private"))
			})
		}, []ask{
			{"OPTIONS", "/api/z", "PUT", "204 " + app},
			{"OPTIONS", "/api/i/1", "PUT", "403 "},
			{"OPTIONS", "/api/i/1/", "PUT", "403 "},
		}},
		{"a method over Handle", func(_ *chi.Mux, router *chicors.Adapter, cors *routecors.CorsConfig) {
			router.Handle("/e", says("every"))
			add(t, cors, router.Get("/e", says("get")))
		}, []ask{
			{"OPTIONS", "/e", "GET", "204 " + app},
			{"OPTIONS", "/e", "POST", "200  every (/e)"}, // private, as without us
		}},
	}
	for _, tt := range tests {
		r, router, cors := setup(t)
		tt.build(r, router, cors)
		for _, a := range tt.asks {
			if got := send(r, a.method, a.url, a.asked); got != a.want {
				t.Errorf("%s: %s %s asking for %q: %s; want %s", tt.name, a.method, a.url, a.asked, got, a.want)
			}
		}
		if err := cors.Verify(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestBadResource: a pattern that chi refuses is an error of Add.
func TestBadResource(t *testing.T) {
	for _, pattern := range []string{"articles", "/{a"} {
		_, router, cors := setup(t)
		err := cors.Add(router.Resource(pattern), routecors.Policy{app: {AllowMethods: []string{"PUT"}}})
		if err == nil || !strings.HasPrefix(err.Error(), "routecors: "+pattern+": chi: rout") {
			t.Errorf("Add(Resource(%q)): %v", pattern, err)
		}
	}
}

// TestVerify: what it reports beside what TestOverwriting does, and that it leaves the
// table of requests alone.
func TestVerify(t *testing.T) {
	r, router, cors := setup(t)
	r.Route("/api", func(r chi.Router) { add(t, cors, router.On(r).Put("/x", says("x"))) })
	r.Options("/api/*", says("theirs"))
	if err := cors.Verify(); err == nil || !strings.Contains(err.Error(), "PUT /x: its preflights do not arrive") {
		t.Errorf("OPTIONS over a mount: %v", err)
	}

	r, router, cors = setup(t)
	add(t, cors, router.Delete("/x", says("public")))
	if err := cors.Verify(); err != nil {
		t.Error(err)
	}
	r.Delete("/x", says("private"))
	if got := send(r, "OPTIONS", "/x", "DELETE"); got != "403 " {
		t.Errorf("overwritten after Verify: %s", got)
	}
}
