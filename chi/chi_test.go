package chicors_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
)

const app = "https://app.example"

// setup returns a router whose added routes are open to app.
func setup(t *testing.T, options ...routecors.Option) (*chi.Mux, *chicors.Adapter, *routecors.CorsConfig) {
	t.Helper()
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{app: {}}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return r, router, cors
}

func add(t *testing.T, cors *routecors.CorsConfig, e routecors.Entity, policies ...routecors.Policy) {
	t.Helper()
	if err := cors.Add(e, policies...); err != nil {
		t.Fatal(err)
	}
}

// says answers with name, the parameters that chi found, and its pattern.
func says(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rctx := chi.RouteContext(r.Context())
		io.WriteString(w, name)
		for i, key := range rctx.URLParams.Keys {
			fmt.Fprintf(w, " %s=%s", key, rctx.URLParams.Values[i])
		}
		fmt.Fprintf(w, " (%s)", rctx.RoutePattern())
	}
}

// logs returns a middleware that adds name to the header Ran.
func logs(name string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Ran", name)
			next.ServeHTTP(w, r)
		})
	}
}

func refuses(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
}

// send returns the status, Access-Control-Allow-Origin, the middlewares that ran and
// the body of the answer to a request of app; asked is the method of a preflight.
func send(h http.Handler, method, url, asked string) string {
	r := httptest.NewRequest(method, url, nil)
	r.Header.Set("Origin", app)
	if asked != "" {
		r.Header.Set("Access-Control-Request-Method", asked)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	out := fmt.Sprint(w.Code, " ", w.Header().Get("Access-Control-Allow-Origin"))
	if ran := w.Header()["Ran"]; ran != nil {
		out += " " + strings.Join(ran, ",")
	}
	if w.Code == http.StatusOK {
		out += " " + w.Body.String()
	}
	if allow := w.Header().Get("Allow"); allow != "" {
		out += " Allow: " + allow
	}
	return out
}

// TestTree: routes in sub-routers and groups, added while the tree is built.
func TestTree(t *testing.T) {
	r, router, cors := setup(t)
	r.Use(logs("root"))
	r.Route("/api", func(r chi.Router) {
		r.Use(logs("api"))
		add(t, cors, router.On(r).Get("/items/{id}", says("item")))
		r.Delete("/items/{id}", says("private"))
		r.Group(func(r chi.Router) {
			r.Use(logs("outer"))
			r.Group(func(r chi.Router) {
				r.Use(logs("inner"))
				add(t, cors, router.On(r).Put("/items/{id}", says("put")))
			})
		})
		add(t, cors, router.On(r.With(refuses)).Patch("/items/{id}", says("patch")))
		r.Route("/deep/{tenant}", func(r chi.Router) {
			add(t, cors, router.On(r).Post("/x", says("deep")))
		})
	})
	later := chi.NewRouter()
	add(t, cors, router.On(later).Get("/", says("later")))
	r.Mount("/later", later)

	tests := []struct{ method, url, asked, want string }{
		{"OPTIONS", "/api/items/7", "GET", "204 " + app + " root,api"},
		{"OPTIONS", "/api/items/7", "PUT", "204 " + app + " root,api"},
		{"OPTIONS", "/api/items/7", "PATCH", "204 " + app + " root,api"}, // ahead of the inline middleware
		{"OPTIONS", "/api/items/7", "DELETE", "403  root,api"},
		{"GET", "/api/items/7", "", "200 " + app + " root,api item *= id=7 (/api/items/{id})"},
		{"PUT", "/api/items/7", "", "200 " + app + " root,api,outer,inner put *= id=7 (/api/items/{id})"},
		{"PATCH", "/api/items/7", "", "401 " + app + " root,api"}, // the page can read it
		{"DELETE", "/api/items/7", "", "200  root,api private *= id=7 (/api/items/{id})"},
		{"OPTIONS", "/api/deep/acme/x", "POST", "204 " + app + " root,api"},
		{"POST", "/api/deep/acme/x", "", "200 " + app + " root,api deep *= tenant=acme *= (/api/deep/{tenant}/x)"},
		{"OPTIONS", "/later", "GET", "204 " + app + " root"},
		{"OPTIONS", "/later/", "GET", "204 " + app + " root"},
		{"OPTIONS", "/none", "GET", "404  root"},
	}
	for _, tt := range tests {
		if got := send(r, tt.method, tt.url, tt.asked); got != tt.want {
			t.Errorf("%s %s asking for %q: %s; want %s", tt.method, tt.url, tt.asked, got, tt.want)
		}
	}
	if err := cors.Verify(); err != nil {
		t.Error(err)
	}
}

// TestMadeOnce: an inline middleware is made once for each route, as chi does, and
// for each of the three patterns of a mount.
func TestMadeOnce(t *testing.T) {
	r, router, cors := setup(t)
	made := 0
	counts := func(next http.Handler) http.Handler {
		made++
		return logs("inline")(next)
	}
	r.Group(func(r chi.Router) {
		r.Use(counts)
		add(t, cors, router.On(r).Get("/x", says("x")))
		add(t, cors, router.On(r).Put("/x", says("x")))
	})
	sub := chi.NewRouter()
	sub.Options("/{name}", says("theirs"))
	r.With(counts).Mount("/m", sub)
	add(t, cors, router.Get("/m/{id}", says("m")))
	if got, want := send(r, "OPTIONS", "/m/1", ""), "200  inline theirs *= name=1 (/m/{name})"; got != want {
		t.Errorf("OPTIONS below the mount: %s; want %s", got, want)
	}
	if got, want := send(r, "PUT", "/x", ""), "200 "+app+" inline x (/x)"; got != want {
		t.Errorf("PUT: %s; want %s", got, want)
	}
	if made != 5 {
		t.Errorf("the middleware was made %d times, want 5", made)
	}
}

// TestRewriting: inside the router, the path is the one that middlewares set.
func TestRewriting(t *testing.T) {
	tests := []struct {
		name    string
		rewrite func(http.Handler) http.Handler
		url     string
	}{
		{"StripSlashes", middleware.StripSlashes, "/items/all/"},
		{"CleanPath", middleware.CleanPath, "//items//all"},
		{"PathRewrite", middleware.PathRewrite("/old", "/items"), "/old/all"},
	}
	for _, tt := range tests {
		r, router, cors := setup(t)
		r.Use(tt.rewrite, cors.Handler)
		add(t, cors, router.Put("/items/{id}", says("public")))
		add(t, cors, router.Delete("/items/{id}", says("public")))
		r.Delete("/items/all", says("private"))
		if got := send(r, "OPTIONS", tt.url, "PUT"); got != "204 "+app {
			t.Errorf("%s: PUT: %s", tt.name, got)
		}
		if got := send(r, "OPTIONS", tt.url, "DELETE"); got != "403 " {
			t.Errorf("%s: DELETE: %s", tt.name, got)
		}
		if got := send(r, "DELETE", tt.url, ""); !strings.HasPrefix(got, "200  private") {
			t.Errorf("%s: the private route: %s", tt.name, got)
		}
	}
}

// TestInnerAdapter: an adapter of a mounted router alone resolves from the outermost,
// which chi's route context names.
func TestInnerAdapter(t *testing.T) {
	for _, use := range []bool{false, true} {
		outer := chi.NewRouter()
		inner, router, cors := setup(t)
		if use {
			inner.Use(cors.Handler)
		}
		add(t, cors, router.Delete("/items/{id}", says("public")))
		outer.Mount("/api", inner)
		outer.Delete("/api/items/all", says("private"))
		if got := send(outer, "OPTIONS", "/api/items/7", "DELETE"); got != "204 "+app {
			t.Errorf("use %v: public: %s", use, got)
		}
		if got := send(outer, "OPTIONS", "/api/items/all", "DELETE"); got != "403 " {
			t.Errorf("use %v: private: %s", use, got)
		}
	}
}

// TestLateUse: chi refuses a middleware that comes after a route, through the
// adapter, too: the route would be without it.
func TestLateUse(t *testing.T) {
	r, router, _ := setup(t)
	defer func() {
		if recover() == nil {
			t.Error("Use after a route did not panic")
		}
	}()
	r.Group(func(r chi.Router) {
		router.On(r).Get("/x", says("x"))
		r.Use(refuses)
	})
}

// TestOverwriting: chi lets the later handler win, and Verify says what is gone.
func TestOverwriting(t *testing.T) {
	tests := []struct {
		name   string
		then   func(r *chi.Mux, router *chicors.Adapter)
		ask    string // a preflight for GET /x
		verify string
	}{
		{"nothing", func(*chi.Mux, *chicors.Adapter) {}, "204 " + app, ""},
		{"the route, bare", func(r *chi.Mux, _ *chicors.Adapter) { r.Get("/x", says("private")) }, "403 ", "GET /x: the router runs a http.HandlerFunc there"},
		{"the route, by Handle", func(r *chi.Mux, _ *chicors.Adapter) { r.Handle("/x", says("private")) }, "200  private (/x)", "GET /x: the router runs a http.HandlerFunc there"},
		{"OPTIONS, bare", func(r *chi.Mux, _ *chicors.Adapter) { r.Options("/x", says("theirs")) }, "200  theirs (/x)", "GET /x: its preflights do not arrive"},
		{"OPTIONS, by the adapter", func(_ *chi.Mux, router *chicors.Adapter) { router.Options("/x", says("theirs")) }, "204 " + app, ""},
	}
	for _, tt := range tests {
		r, router, cors := setup(t)
		add(t, cors, router.Get("/x", says("public")))
		tt.then(r, router)
		if got := send(r, "OPTIONS", "/x", "GET"); got != tt.ask {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.ask)
		}
		err := cors.Verify()
		if (err == nil) != (tt.verify == "") || err != nil && !strings.Contains(err.Error(), tt.verify) {
			t.Errorf("%s: Verify: %v, want %q", tt.name, err, tt.verify)
		}
	}
}

// TestSampler: a sample is served by its route, through mounts and expressions.
func TestSampler(t *testing.T) {
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{"*": {}})
	if err != nil {
		t.Fatal(err)
	}
	h := func(http.ResponseWriter, *http.Request) {}
	add := func(route *routecors.Route) {
		if err := cors.Add(route); err != nil {
			t.Fatal(err)
		}
	}
	r.Route("/v1", func(r chi.Router) {
		r.Route("/{tenant}", func(r chi.Router) { add(router.On(r).Put("/{id:[0-9]+}", h)) })
	})
	add(router.Get("/a%2Fb/{id}", h))
	add(router.HandleFunc("/tree/*", h))
	want := map[string]string{
		"PUT /{id:[0-9]+}": "/v1/{}/{id:[0-9]+}",
		"GET /a%2Fb/{id}":  "/a%2Fb/{id}",
		"/tree/*":          "/tree/*",
	}
	for _, p := range cors.Routes() {
		method := p.Sample.Method
		if method == "" {
			method = "GET"
		}
		if router.Resolve(p.Sample, method) != p.Route || p.Sample.Pattern != want[p.Route.String()] {
			t.Errorf("%v: sample %+v", p.Route, p.Sample)
		}
	}
	add(routecors.NewRoute(router, "GET", "/hidden", http.HandlerFunc(h)))
	if got := cors.Routes(); got[len(got)-1].Sample != nil {
		t.Errorf("hidden route: sample %v", got[len(got)-1].Sample)
	}
}
