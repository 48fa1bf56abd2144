package stdmux

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/routecors/routecors"
)

func TestDepth(t *testing.T) {
	for _, tt := range []struct {
		prefix, pattern string
		below           bool
	}{
		{"/api/", "/api/", true},
		{"/api/", "/api/{$}", true},
		{"/api/", "/api/{rest...}", true},
		{"/api/", "/api/x", true},
		{"/api/", "/%61pi/x", true},
		{"/api/", "h.example/api/x", true},
		{"/api/", "/api", false},
		{"/api/", "/apiary", false},
		{"/api/", "/apiary/x", false},
		{"/api/", "/{rest...}", false},
		{"/api/", "/{a}/x", false},
		{"/", "/", true},
		{"/", "/{$}", true},
		{"h.example/", "h.example/x", true},
		{"h.example/", "/x", false},
		{"h.example/", "i.example/x", false},
		{"/v1/{tenant}/", "/v1/acme/x", true},
		{"/v1/{tenant}/", "/v1/{id}/x", true},
		{"/v1/{tenant}/", "/v1/", false},
		{"/v1/acme/", "/v1/{id}/x", false},
		{"/a%2Fb/", "/a%2Fb/x", true},
		{"/a%2Fb/", "/a/b/x", false},
		{"/%7B%7D/", "/x/y", false},
	} {
		if got := depth(tt.prefix, tt.pattern) > 0; got != tt.below {
			t.Errorf("%s below %s: %t, want %t", tt.pattern, tt.prefix, got, tt.below)
		}
	}
	const route = "h.example/v1/acme/x"
	for nearer, further := range map[string]string{
		"h.example/":     "/v1/acme/",
		"/v1/acme/":      "/v1/{tenant}/",
		"/v1/{tenant}/":  "/v1/",
		"/{v}/{tenant}/": "/v1/",
	} {
		if depth(nearer, route) <= depth(further, route) {
			t.Errorf("%s is not nearer to %s than %s", nearer, route, further)
		}
	}
}

func ok(http.ResponseWriter, *http.Request) {}

func do(h http.Handler, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

const app = "https://app.example"

func shared(h http.Handler, method, path string) bool {
	return do(h, method, path, "Origin", app).Header.Get("Access-Control-Allow-Origin") != ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A tree of the outer mux reaches through Mount, and one of the inner mux ends there.
func TestTreeMount(t *testing.T) {
	mux, sub := http.NewServeMux(), http.NewServeMux()
	router := New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	inner := router.Mount("/api", sub)
	open := routecors.Policy{app: {AllowMethods: []string{"GET"}}}
	inner.HandleFunc("GET /before", ok)
	must(t, cors.Add(router.Tree("/api/v1"), open))
	must(t, cors.Add(inner.Tree("/v2"), open))
	for _, path := range []string{"/v1/x", "/v2/x", "/v3/x"} {
		inner.HandleFunc("GET "+path, ok)
	}
	sub.HandleFunc("GET /v1/bare", ok)
	router.HandleFunc("GET /v2/x", ok)
	for path, want := range map[string]bool{
		"/api/v1/x": true, "/api/v2/x": true, "/api/v3/x": false, "/v2/x": false, "/api/before": false, "/api/v1/bare": false,
	} {
		if got := shared(mux, "GET", path); got != want {
			t.Errorf("%s shared: %t, want %t", path, got, want)
		}
		if !shared(cors.Handler(mux), "GET", path) == want {
			t.Errorf("%s by the handler: shared is not %t", path, want)
		}
		res := do(mux, "OPTIONS", path, "Origin", app, "Access-Control-Request-Method", "GET")
		if got := res.StatusCode == http.StatusNoContent; got != want {
			t.Errorf("%s: preflight %s", path, res.Status)
		}
	}
}

func TestTreeErrors(t *testing.T) {
	for _, tt := range []struct{ prefix, want string }{
		{"GET /api/", "a tree is a prefix without a method"},
		{"api", ""}, // a host
		{"/api/{$}", "leave out the last segment"},
		{"/api/{rest...}/", "leave out the last segment"},
		{"/{x}/{x}/", "duplicate wildcard name"},
	} {
		router := New(http.NewServeMux())
		cors, err := routecors.Setup(router, nil)
		must(t, err)
		err = cors.Add(router.Tree(tt.prefix), routecors.Policy{app: {}})
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.prefix, err, tt.want)
		}
	}
}

// An OPTIONS handler of the bare mux keeps a route below a tree private, and Verify says so;
// a tree added after it is refused, and opens nothing.
func TestTreeForeignOPTIONS(t *testing.T) {
	open := routecors.Policy{app: {AllowMethods: []string{"GET"}}}
	mux := http.NewServeMux()
	router := New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	mux.HandleFunc("OPTIONS /api/x", ok)
	must(t, cors.Add(router.Tree("/api/"), open))
	router.HandleFunc("GET /api/x", ok)
	router.HandleFunc("GET /api/y", ok)
	if shared(mux, "GET", "/api/x") || !shared(mux, "GET", "/api/y") {
		t.Error("/api/x is shared, or /api/y is not")
	}
	if err := cors.Verify(); err == nil || !strings.Contains(err.Error(), `GET /api/x: is not covered by its resource or tree: needs a handler`) {
		t.Errorf("Verify: %v", err)
	}

	mux = http.NewServeMux()
	router = New(mux)
	cors, err = routecors.Setup(router, nil)
	must(t, err)
	mux.HandleFunc("OPTIONS /api/x", ok)
	router.HandleFunc("GET /api/x", ok)
	router.HandleFunc("GET /api/y", ok)
	if err := cors.Add(router.Tree("/api/"), open); err == nil || !strings.Contains(err.Error(), "GET /api/x: needs a handler") {
		t.Errorf("Add: %v", err)
	}
	if shared(mux, "GET", "/api/y") {
		t.Error("/api/y is open by a tree that was refused")
	}
	if err := cors.Add(router.Tree("/"), routecors.Policy{app: {}}); err != nil {
		t.Errorf("another tree: %v", err)
	}
}

func TestNotFound(t *testing.T) {
	mux := http.NewServeMux()
	router := New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	tree := router.Tree("/api/")
	must(t, cors.Add(tree, routecors.Policy{app: {AllowMethods: []string{"GET", "PUT"}}}))
	tree.NotFound(nil)
	router.HandleFunc("GET /api/x", ok)
	mux.HandleFunc("DELETE /api/secret", ok)
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
		shared       bool
	}{
		{"GET", "/api/x", 200, "", true},
		{"GET", "/api/none", 404, "", true},
		{"PUT", "/api/x", 405, "GET, HEAD, OPTIONS", true},
		{"DELETE", "/api/none", 404, "", false},
		{"DELETE", "/api/secret", 200, "", false},
		{"GET", "/api/secret", 405, "DELETE", true},
		{"OPTIONS", "/api/x", 204, "GET, HEAD, OPTIONS", false},
		{"OPTIONS", "/api/secret", 405, "DELETE", false},
		{"GET", "/none", 404, "", false},
	} {
		for name, h := range map[string]http.Handler{"bare": mux, "handler": cors.Handler(mux)} {
			res := do(h, tt.method, tt.path, "Origin", app)
			if res.StatusCode != tt.status || res.Header.Get("Allow") != tt.allow || (res.Header.Get("Access-Control-Allow-Origin") != "") != tt.shared {
				t.Errorf("%s: %s %s: %s %v", name, tt.method, tt.path, res.Status, res.Header)
			}
		}
	}
	for path, want := range map[string]int{"/api/none": 204, "/api/x": 204, "/none": 404} {
		if res := do(mux, "OPTIONS", path, "Origin", app, "Access-Control-Request-Method", "PUT"); res.StatusCode != want {
			t.Errorf("preflight of PUT %s: %s, want %d", path, res.Status, want)
		}
	}
	if res := do(mux, "OPTIONS", "/api/secret", "Origin", app, "Access-Control-Request-Method", "DELETE"); res.StatusCode != 403 {
		t.Errorf("preflight of a private route: %s", res.Status)
	}
}

// A tree that is added while requests are served.
func TestTreeConcurrent(t *testing.T) {
	mux := http.NewServeMux()
	router := New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	res := router.Resource("/a/b/r")
	must(t, cors.Add(res, routecors.Policy{"*": {Deny: true}}))
	router.HandleFunc("GET /a/b/x", ok)
	done := make(chan bool)
	go func() {
		defer close(done)
		for range 200 {
			shared(mux, "GET", "/a/b/x")
			if shared(mux, "GET", "/a/b/r") {
				t.Error("the tree opens what the resource denies")
			}
		}
	}()
	open := routecors.Policy{app: {AllowMethods: []string{"GET"}}}
	must(t, cors.Add(router.Tree("/a/"), open))
	res.Handle("GET", http.HandlerFunc(ok))
	must(t, cors.Add(router.Tree("/a/b/"), open))
	must(t, cors.Update(res, routecors.Policy{"*": {Deny: true}}))
	<-done
	if !shared(mux, "GET", "/a/b/x") {
		t.Error("not shared")
	}
}
