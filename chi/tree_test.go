package chicors

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

func TestDepth(t *testing.T) {
	for _, tt := range []struct {
		tree, pattern string
		below         bool
	}{
		{"/api/*", "/api/*", true},
		{"/api/*", "/api/", true},
		{"/api/*", "/api/{id}", true},
		{"/api/*", "/api", false},
		{"/api/*", "/apiary/x", false},
		{"/api/*", "/{a}/x", false},
		{"/api/*", "/*", false},
		{"/*", "/", true},
		{"/v1/{tenant}/*", "/v1/{id}/x", true},
		{"/v1/{tenant}/*", "/v1/acme/x", true},
		{"/v1/{tenant}/*", "/v1/{id:[^/]+}/x", false},
		{"/v1/{tenant}/*", "/v1/*", false},
		{"/{v:v[0-9]}/*", "/{w:v[0-9]}/x", true},
		{"/{v:v[0-9]}/*", "/v1/x", false},
		{"/a-{id}/*", "/a-{name}/x", true},
		{"/a-{id}/*", "/a-1/x", false},
	} {
		if got := depth(tt.tree, tt.pattern) > 0; got != tt.below {
			t.Errorf("%s below %s: %t, want %t", tt.pattern, tt.tree, got, tt.below)
		}
	}
}

func ok(http.ResponseWriter, *http.Request) {}

const app = "https://app.example"

func do(h http.Handler, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var open = routecors.Policy{app: {AllowMethods: []string{"GET"}}}

// The trees are added before the routers are mounted, between, or after; in all of them
// the first request knows.
func TestTreeMounts(t *testing.T) {
	for _, when := range []string{"first", "inside", "last"} {
		for _, serving := range []string{"bare", "handler"} {
			for _, first := range []string{"preflight", "actual"} {
				r := chi.NewRouter()
				router := New(r)
				cors, err := routecors.Setup(router, nil)
				must(t, err)
				add := func(now string) {
					if now == when {
						must(t, cors.Add(router.Tree("/api"), open))
						must(t, cors.Add(router.Tree("/api/shut/*"), routecors.Policy{"*": {Deny: true}}))
					}
				}
				add("first")
				var added *routecors.Route
				r.Route("/api", func(r chi.Router) {
					on := router.On(r)
					on.Get("/", ok)
					r.Route("/shut", func(r chi.Router) {
						router.On(r).Get("/x", ok)
						added = router.On(r).Get("/added", ok)
						must(t, cors.Add(added))
					})
					add("inside")
					r.Group(func(r chi.Router) { router.On(r).Get("/x", ok) })
					on.Put("/x", ok)
					r.Get("/bare", ok)
				})
				r.Route("/admin", func(r chi.Router) { router.On(r).Get("/x", ok) })
				twice := chi.NewRouter()
				router.On(twice).Get("/t", ok)
				r.Mount("/api/twice", twice)
				r.Mount("/twice", twice)
				router.Get("/api/direct", ok)
				router.Get("/api", ok)
				add("last")
				h := http.Handler(r)
				if serving == "handler" {
					h = cors.Handler(r)
				}
				for path, want := range map[string]bool{
					"/api/": true, "/api/x": true, "/api/direct": true, "/api/bare": false, "/admin/x": false,
					"/api/shut/x": false, "/api/shut/added": false, "/api/twice/t": false, "/twice/t": false,
				} {
					preflight := func() {
						res := do(h, "OPTIONS", path, "Origin", app, "Access-Control-Request-Method", "GET")
						if got := res.StatusCode == http.StatusNoContent; got != want {
							t.Errorf("%s, %s: preflight of %s: %s", when, serving, path, res.Status)
						}
					}
					if first == "preflight" {
						preflight()
					}
					res := do(h, "GET", path, "Origin", app)
					if got := res.Header.Get("Access-Control-Allow-Origin") != ""; got != want {
						t.Errorf("%s, %s: %s shared: %t", when, serving, path, got)
					}
					preflight()
				}
				if res := do(h, "OPTIONS", "/api/x", "Origin", app, "Access-Control-Request-Method", "PUT"); res.StatusCode != http.StatusForbidden {
					t.Errorf("%s, %s: preflight of PUT: %s", when, serving, res.Status)
				}
				var covered []string
				for _, p := range cors.Routes() {
					if p.Covered {
						covered = append(covered, p.Sample.Method+" "+p.Sample.Pattern)
					}
				}
				if got := len(covered); got != 3 {
					t.Errorf("%s: covered are %q", when, covered)
				}
			}
		}
	}
}

func TestTreeOn(t *testing.T) {
	r := chi.NewRouter()
	router := New(r)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	r.Route("/api", func(r chi.Router) {
		on := router.On(r)
		must(t, cors.Add(on.Tree("/v1"), open))
		on.Get("/v1/x", ok)
		on.Get("/v2/x", ok)
	})
	router.Get("/v1/x", ok)
	for path, want := range map[string]bool{"/api/v1/x": true, "/api/v2/x": false, "/v1/x": false} {
		if got := do(r, "GET", path, "Origin", app).Header.Get("Access-Control-Allow-Origin") != ""; got != want {
			t.Errorf("%s shared: %t, want %t", path, got, want)
		}
	}
}

func TestTreeErrors(t *testing.T) {
	router := New(chi.NewRouter())
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	for _, tt := range []struct{ prefix, want string }{
		{"GET /api/", "a tree is a prefix without a method"},
		{"api", "not a prefix of patterns"},
		{"/a/*/b", "not a prefix of patterns"},
		{"/{x/", "closing delimiter"},
	} {
		if err := cors.Add(router.Tree(tt.prefix), open); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.prefix, err, tt.want)
		}
	}
}

func TestNotFound(t *testing.T) {
	r := chi.NewRouter()
	router := New(r)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	r.Route("/api", func(r chi.Router) {
		on := router.On(r)
		tree := on.Tree("/")
		must(t, cors.Add(tree, routecors.Policy{app: {AllowMethods: []string{"GET", "PUT"}}}))
		tree.NotFound(nil)
		on.Get("/x", ok)
		r.Delete("/secret", ok)
	})
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
		shared       bool
	}{
		{"GET", "/api/x", 200, "", true},
		{"GET", "/api/none", 404, "", true},
		{"PUT", "/api/x", 405, "GET, OPTIONS", true},
		{"DELETE", "/api/none", 404, "", false},
		{"DELETE", "/api/secret", 200, "", false},
		{"GET", "/api/secret", 405, "DELETE", true},
		{"OPTIONS", "/api/x", 204, "GET, OPTIONS", false},
		{"OPTIONS", "/api/secret", 405, "DELETE", false},
		{"GET", "/none", 404, "", false},
	} {
		for name, h := range map[string]http.Handler{"bare": r, "handler": cors.Handler(r)} {
			res := do(h, tt.method, tt.path, "Origin", app)
			if res.StatusCode != tt.status || res.Header.Get("Allow") != tt.allow || (res.Header.Get("Access-Control-Allow-Origin") != "") != tt.shared {
				t.Errorf("%s: %s %s: %s %v", name, tt.method, tt.path, res.Status, res.Header)
			}
		}
	}
	for path, want := range map[string]int{"/api/none": 204, "/api/x": 204, "/none": 404} {
		if res := do(r, "OPTIONS", path, "Origin", app, "Access-Control-Request-Method", "PUT"); res.StatusCode != want {
			t.Errorf("preflight of PUT %s: %s, want %d", path, res.Status, want)
		}
	}
	defer func() {
		if v, _ := recover().(string); !strings.Contains(v, "would overwrite") {
			t.Errorf("NotFound over a mount: %q", v)
		}
		if res := do(r, "GET", "/api/x", "Origin", app); res.StatusCode != 200 {
			t.Errorf("the mount is gone: %s", res.Status)
		}
	}()
	router.Tree("/api").NotFound(nil)
}
