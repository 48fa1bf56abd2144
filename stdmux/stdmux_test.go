package stdmux_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

const app = "https://app.example"

// setup returns a mux whose routes are open to app.
func setup(t *testing.T, options ...routecors.Option) (*http.ServeMux, *stdmux.Adapter, *routecors.CorsConfig) {
	t.Helper()
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{app: {}}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return mux, router, cors
}

func add(t *testing.T, cors *routecors.CorsConfig, e routecors.Entity, policies ...routecors.Policy) {
	t.Helper()
	if err := cors.Add(e, policies...); err != nil {
		t.Fatal(err)
	}
}

// says answers with name and the path values of the names in it.
func says(name string, values ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, name)
		for _, v := range values {
			fmt.Fprintf(w, " %s=%s", v, r.PathValue(v))
		}
	}
}

// send returns the status, Access-Control-Allow-Origin and the body of the answer
// to a request of app; asked is the method of a preflight.
func send(h http.Handler, method, url, asked string) string {
	r := httptest.NewRequest(method, url, nil)
	r.Header.Set("Origin", app)
	if asked != "" {
		r.Header.Set("Access-Control-Request-Method", asked)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body := ""
	if w.Code == http.StatusOK {
		body = " " + w.Body.String()
	}
	if allow := w.Header().Get("Allow"); allow != "" {
		body = " Allow: " + allow
	}
	return fmt.Sprintf("%d %s%s", w.Code, w.Header().Get("Access-Control-Allow-Origin"), body)
}

// TestMount: routes of a mounted mux are found from the outermost one, at any depth,
// ahead of the middlewares of the mount.
func TestMount(t *testing.T) {
	mux, router, cors := setup(t)
	guard := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	api := router.Mount("/api", http.NewServeMux(), guard)
	users := api.Mount("/users/", http.NewServeMux())
	host := router.Mount("h.example/api", http.NewServeMux())
	add(t, cors, api.Handle("PUT /items/{id}", says("item", "id")))
	add(t, cors, users.Handle("DELETE /{id}", says("user", "id")))
	add(t, cors, host.Handle("PUT /items/{id}", says("host's item", "id")))
	mux.Handle("PUT /api/items/all", says("private, above the mount"))
	hand := http.NewServeMux()
	hand.Handle("PUT /x", says("by hand"))
	mux.Handle("/hand/", http.StripPrefix("/hand", hand))

	tests := []struct{ method, url, asked, bare, handler string }{
		{"OPTIONS", "/api/items/7", "PUT", "204 " + app, "204 " + app},
		{"OPTIONS", "/api/items/a%2Fb", "PUT", "204 " + app, "204 " + app},
		{"OPTIONS", "/api/items/all", "PUT", "401 ", "401 "}, // not ours: the guard answers
		{"OPTIONS", "/api/users/7", "DELETE", "204 " + app, "204 " + app},
		{"OPTIONS", "/api/users/7", "PUT", "401 ", "401 "},
		{"OPTIONS", "http://h.example/api/items/7", "PUT", "204 " + app, "204 " + app},
		{"OPTIONS", "/hand/x", "PUT", "405  Allow: PUT", "405  Allow: PUT"},
		{"PUT", "/api/items/7", "", "401 ", "401 " + app}, // the guard's, that only cors.Handler comes before
		{"PUT", "http://h.example/api/items/7", "", "200 " + app + " host's item id=7", "200 " + app + " host's item id=7"},
		{"PUT", "/api/items/all", "", "200  private, above the mount", "200  private, above the mount"},
		{"PUT", "/hand/x", "", "200  by hand", "200  by hand"},
	}
	for _, tt := range tests {
		if got := send(mux, tt.method, tt.url, tt.asked); got != tt.bare {
			t.Errorf("bare: %s %s asking for %q: %s; want %s", tt.method, tt.url, tt.asked, got, tt.bare)
		}
		if got := send(cors.Handler(mux), tt.method, tt.url, tt.asked); got != tt.handler {
			t.Errorf("handler: %s %s asking for %q: %s; want %s", tt.method, tt.url, tt.asked, got, tt.handler)
		}
	}
	if err := cors.Verify(); err != nil {
		t.Error(err)
	}
}

// TestConflicts: the legal tables where ServeMux refuses a handler of ours. Each is
// served by cors.Handler, and Verify says so to the bare mux where it must.
func TestConflicts(t *testing.T) {
	tests := []struct {
		name    string
		private []string
		public  []string
		ask     string // a preflight
		verify  string // of the bare mux
	}{
		{"their OPTIONS on a crossing path", []string{"OPTIONS /{x}/a"}, []string{"GET /a/"}, "GET /a/b", "GET /a/: its preflights do not arrive"},
		{"no method, beside a more specific one", []string{"/a"}, []string{"/"}, "GET /b", ""},
		{"two of ours cross", nil, []string{"GET /a/", "POST /{x}/a"}, "POST /b/a", "POST /{x}/a: its preflights do not arrive"},
	}
	for _, tt := range tests {
		mux, router, cors := setup(t)
		for _, p := range tt.private {
			mux.Handle(p, says(p))
		}
		for _, p := range tt.public {
			add(t, cors, router.Handle(p, says(p)))
		}
		err := cors.Verify()
		if (err == nil) != (tt.verify == "") || err != nil && !strings.Contains(err.Error(), tt.verify) {
			t.Errorf("%s: Verify: %v, want %q", tt.name, err, tt.verify)
		}
		method, path, _ := strings.Cut(tt.ask, " ")
		if got := send(cors.Handler(mux), "OPTIONS", path, method); got != "204 "+app {
			t.Errorf("%s: %s", tt.name, got)
		}
		if err := cors.Verify(); err != nil {
			t.Errorf("%s: Verify after Handler: %v", tt.name, err)
		}
	}
}

// TestUserOPTIONS: a user's own handler for OPTIONS lives beside ours, with its own
// path values, however the two came.
func TestUserOPTIONS(t *testing.T) {
	tests := []struct {
		name     string
		register func(mux *http.ServeMux, router *stdmux.Adapter, cors *routecors.CorsConfig)
		want     string
	}{
		{"before", func(_ *http.ServeMux, router *stdmux.Adapter, cors *routecors.CorsConfig) {
			router.Handle("OPTIONS /a/{name}", says("theirs", "name"))
			add(t, cors, router.Handle("PUT /a/{id}", says("ours")))
		}, "200  theirs name=x"},
		{"after", func(_ *http.ServeMux, router *stdmux.Adapter, cors *routecors.CorsConfig) {
			add(t, cors, router.Handle("PUT /a/{id}", says("ours")))
			router.Handle("OPTIONS /a/{name}", says("theirs", "name"))
		}, "200  theirs name=x"},
		{"wider, bare", func(mux *http.ServeMux, router *stdmux.Adapter, cors *routecors.CorsConfig) {
			mux.Handle("OPTIONS /{tree}/{rest...}", says("theirs", "tree", "rest"))
			add(t, cors, router.Handle("PUT /a/{id}", says("ours")))
		}, "200  theirs tree=a rest=x"},
		{"without a method, bare", func(mux *http.ServeMux, router *stdmux.Adapter, cors *routecors.CorsConfig) {
			add(t, cors, router.Handle("PUT /a/{id}", says("ours")))
			mux.Handle("/a/{name}", says("theirs", "name"))
		}, "200  theirs name=x"},
		{"without a method, wider", func(_ *http.ServeMux, router *stdmux.Adapter, cors *routecors.CorsConfig) {
			add(t, cors, router.Handle("PUT /a/{id}", says("ours")))
			router.Handle("/{rest...}", says("theirs", "rest"))
		}, "200  theirs rest=a/x"},
		{"none", func(mux *http.ServeMux, router *stdmux.Adapter, cors *routecors.CorsConfig) {
			mux.Handle("DELETE /a/x", says("private"))
			add(t, cors, router.Handle("PUT /a/{id}", says("ours")))
		}, "204  Allow: DELETE, OPTIONS, PUT"},
	}
	for _, tt := range tests {
		mux, router, cors := setup(t)
		tt.register(mux, router, cors)
		if got := send(mux, "OPTIONS", "/a/x", ""); got != tt.want {
			t.Errorf("%s: OPTIONS: %s; want %s", tt.name, got, tt.want)
		}
		if got := send(mux, "OPTIONS", "/a/x", "PUT"); got != "204 "+app {
			t.Errorf("%s: preflight: %s", tt.name, got)
		}
	}
}

// TestHandlePanics: where a user's pattern is refused because of ours, the panic
// says so, and what to do; a wrong pattern panics as it does in the mux.
func TestHandlePanics(t *testing.T) {
	tests := []struct{ first, then, want string }{
		{"GET /a/", "OPTIONS /{x}/a", `stdmux: pattern "OPTIONS /{x}/a" conflicts with "OPTIONS /a/", which answers preflights; register it before cors.Add`},
		{"GET /items/{id}", "/items/special", `pattern "/items/special" (registered at`}, // the mux alone refuses it, too
		{"GET /x", "GET /x", `conflicts with pattern "GET /x"`},
		{"GET /x", "GET x", "parsing"},
	}
	for _, tt := range tests {
		_, router, cors := setup(t)
		add(t, cors, router.Handle(tt.first, says("x")))
		got := func() (v any) {
			defer func() { v = recover() }()
			router.Handle(tt.then, says("y"))
			return nil
		}()
		if text := fmt.Sprint(got); !strings.Contains(text, tt.want) {
			t.Errorf("Handle(%q) after %q: %s; want %q", tt.then, tt.first, text, tt.want)
		}
	}
}

// TestPrivateUnchanged: without an added route near, a mux with an adapter answers
// as one without.
func TestPrivateUnchanged(t *testing.T) {
	patterns := []string{"GET /x/{id}", "/tree/", "POST /tree/{$}", "OPTIONS /o"}
	plain := http.NewServeMux()
	mux, router, cors := setup(t)
	for _, p := range patterns {
		plain.Handle(p, says(p))
		router.Handle(p, says(p))
	}
	add(t, cors, router.Handle("PUT /public/{id}", says("public")))
	var want, got []string
	for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "TRACE", "FROB"} {
		for _, path := range []string{"/x/1", "/x/", "/x", "/tree", "/tree/", "/tree/a", "/o", "//x/1", "/none"} {
			for _, asked := range []string{"", "GET", "POST"} {
				line := method + " " + path + " " + asked + ": "
				want = append(want, line+send(plain, method, path, asked))
				got = append(got, line+send(mux, method, path, asked))
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestNeighbours: what a mux serves at other paths does not change for our sake.
func TestNeighbours(t *testing.T) {
	own := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "own")
		io.WriteString(w, "own")
	}
	type world struct {
		mux    *http.ServeMux
		router *stdmux.Adapter
		cors   *routecors.CorsConfig
	}
	tests := []struct {
		name                string
		build               func(w world)
		method, path, asked string
		want                string
	}{
		{"a private path without the slash keeps its own CORS", func(w world) {
			w.mux.HandleFunc("/tree", own)
			add(t, w.cors, w.router.Handle("GET /tree/", says("x")))
		}, "OPTIONS", "/tree", "PUT", "200 own own"},
		{"also where it came later", func(w world) {
			add(t, w.cors, w.router.Handle("GET /tree/", says("x")))
			w.mux.HandleFunc("/tree", own)
		}, "OPTIONS", "/tree", "PUT", "200 own own"},
		{"preflights of a wider route arrive below a tree", func(w world) {
			add(t, w.cors, w.router.Handle("/", says("root")))
			add(t, w.cors, w.router.Handle("GET /u/{id}/", says("x")))
		}, "OPTIONS", "/u/1", "POST", "204 " + app},
		{"a wider private OPTIONS is served below a tree", func(w world) {
			w.mux.Handle("OPTIONS /", says("private"))
			add(t, w.cors, w.router.Handle("GET /u/{id}/", says("x")))
		}, "OPTIONS", "/u/1", "", "200  private"},
		{"a pattern with a host hides none without", func(w world) {
			w.mux.HandleFunc("OPTIONS /a/b", own)
			add(t, w.cors, w.router.Handle("GET example.com/a/", says("x")))
		}, "OPTIONS", "http://example.com/a/b", "", "200 own own"},
	}
	for _, tt := range tests {
		mux, router, cors := setup(t)
		tt.build(world{mux, router, cors})
		for name, h := range map[string]http.Handler{"bare": mux, "handler": cors.Handler(mux)} {
			if got := send(h, tt.method, tt.path, tt.asked); got != tt.want {
				t.Errorf("%s, %s: %s; want %s", tt.name, name, got, tt.want)
			}
		}
	}
}

// TestMountHost: a whole host can be mounted; what StripPrefix does not know cannot.
func TestMountHost(t *testing.T) {
	for _, prefix := range []string{"example.com", "example.com/", "", "/", "/é"} {
		mux, router, cors := setup(t)
		add(t, cors, router.Mount(prefix, http.NewServeMux()).Handle("PUT /x", says("x")))
		_, path, _ := strings.Cut(strings.TrimSuffix(prefix, "/"), "/")
		url := "http://example.com/"
		if path != "" {
			url += path + "/"
		}
		if got := send(mux, "OPTIONS", url+"x", "PUT"); got != "204 "+app {
			t.Errorf("Mount(%q): preflight: %s", prefix, got)
		}
		if got := send(mux, "PUT", url+"x", ""); got != "200 "+app+" x" {
			t.Errorf("Mount(%q): %s", prefix, got)
		}
	}
	for _, prefix := range []string{"/{x}", "GET /x", "/%C3%A9"} {
		_, router, _ := setup(t)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Mount(%q) did not panic", prefix)
				}
			}()
			router.Mount(prefix, http.NewServeMux())
		}()
	}
}

// TestOPTIONSOfBareMux: an OPTIONS handler of the bare mux on an equivalent path is an
// error of Add, also where the route needs none of ours.
func TestOPTIONSOfBareMux(t *testing.T) {
	for _, pattern := range []string{"/x/{id}", "GET /x/{id}"} {
		mux, router, cors := setup(t)
		mux.Handle("OPTIONS /x/{name}", says("theirs"))
		err := cors.Add(router.Handle(pattern, says("x")))
		if err == nil || !strings.Contains(err.Error(), pattern+": needs a handler for preflights, but the mux has one for \"OPTIONS /x/{name}\"") {
			t.Errorf("Add(%q): %v", pattern, err)
		}
	}
}

// TestSampler: a sample is served by its route, through mounts and hosts.
func TestSampler(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{"*": {}})
	if err != nil {
		t.Fatal(err)
	}
	sub := router.Mount("h.example/api", http.NewServeMux()).Mount("/v1", http.NewServeMux())
	want := map[string]string{ // pattern by route
		"PUT /x/{id}":      "h.example/api/v1/x/{id}",
		"GET /a%2Fb/{id}":  "/a%2Fb/{id}",
		"/tree/":           "/tree/",
		"GET g.example/x/": "g.example/x/",
	}
	h := func(http.ResponseWriter, *http.Request) {}
	for _, route := range []*routecors.Route{sub.HandleFunc("PUT /x/{id}", h), router.HandleFunc("GET /a%2Fb/{id}", h), router.HandleFunc("/tree/", h), router.HandleFunc("GET g.example/x/", h)} {
		if err := cors.Add(route); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range cors.Routes() {
		method := p.Sample.Method
		if method == "" {
			method = "FROB"
		}
		if router.Resolve(p.Sample, method) != p.Route || p.Sample.Pattern != want[p.Route.String()] {
			t.Errorf("%v: sample %+v", p.Route, p.Sample)
		}
	}
	hidden := routecors.NewRoute(router, "GET", "/hidden", http.HandlerFunc(h))
	if err := cors.Add(hidden); err != nil {
		t.Fatal(err)
	}
	if got := cors.Routes(); got[len(got)-1].Sample != nil {
		t.Errorf("hidden route: sample %v", got[len(got)-1].Sample)
	}
}
