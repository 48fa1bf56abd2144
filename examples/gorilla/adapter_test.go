package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
)

func TestAdapter(t *testing.T) {
	corstest.TestAdapter(t, newSite)
}

// A site is how the suite drives a mux.Router.
type site struct {
	*mux.Router
	adapter *Adapter
}

func newSite() corstest.Router {
	r := mux.NewRouter()
	return site{r, NewAdapter(r)}
}

func (s site) Adapter() routecors.RouterAdapter { return s.adapter }

func (s site) Handle(method, pattern string, h http.Handler) *routecors.Route {
	return s.adapter.Route(s.register(method, pattern, h))
}

func (s site) HandleBare(method, pattern string, h http.Handler) { s.register(method, pattern, h) }

// register translates a pattern of ServeMux.
func (s site) register(method, pattern string, h http.Handler) *mux.Route {
	host, path, _ := strings.Cut(pattern, "/")
	route := s.NewRoute().Path(template("/" + path)).Handler(h)
	if host != "" {
		route.Host(host)
	}
	if method != "" {
		route.Methods(method)
	}
	return route
}

func template(path string) string {
	if exact, ok := strings.CutSuffix(path, "{$}"); ok {
		return exact
	}
	if rest, ok := strings.CutSuffix(path, "{rest...}"); ok {
		return rest + "{rest:.*}"
	}
	if strings.HasSuffix(path, "/") {
		return path + "{rest:.*}"
	}
	return path
}

func (s site) Resource(pattern string) *routecors.Resource {
	return s.adapter.Resource(template(pattern))
}

func (s site) Use(middleware func(http.Handler) http.Handler) { s.Router.Use(middleware) }

// TestSettings has routers that are set up otherwise than the suite's.
func TestSettings(t *testing.T) {
	tests := []struct {
		name    string
		settle  func(r *mux.Router) *mux.Router // returns where to register
		pattern string
		found   string // paths that run the route
		refused string // paths that run it, but cannot be told from those that do not
		not     string
	}{
		{"plain", func(r *mux.Router) *mux.Router { return r }, "/a/{id}", "/a/1 /a/%61", "", "/a/1/ /a /b //a/1 /a/./1 /a/1%2F2"},
		{"not found", func(r *mux.Router) *mux.Router {
			r.NotFoundHandler, r.MethodNotAllowedHandler = text("not found"), text("not allowed")
			return r
		}, "/a/{id}", "/a/1", "", "/b /a/1/"},
		{"strict slash", func(r *mux.Router) *mux.Router { return r.StrictSlash(true) }, "/a/{id}", "/a/1", "", "/a/1/ /a"},
		{"strict slash at the end", func(r *mux.Router) *mux.Router { return r.StrictSlash(true) }, "/a/", "/a/", "", "/a /a/1"},
		{"strict slash, any path", func(r *mux.Router) *mux.Router { return r.StrictSlash(true) }, "/{any:.*}", "/a", "", "/ /a/"},
		{"any path", func(r *mux.Router) *mux.Router { return r }, "/{any:.*}", "/ /a /a/ /a/b", "", "//a /a/../b"},
		{"no clean paths", func(r *mux.Router) *mux.Router { return r.SkipClean(true) }, "/a/{any:.*}", "/a/b /a//b /a/../b", "", "//a /b"},
		{"encoded paths", func(r *mux.Router) *mux.Router { return r.UseEncodedPath() }, "/a/{id}", "/a/1 /a/1%2F2", "/a/http%3A%2F%2Fb.example /a/%2e%2e", "/a/1/2 /a/ /a//1"},
		{"subrouter", func(r *mux.Router) *mux.Router {
			r.Use(pass)
			sub := r.PathPrefix("/sub").Subrouter()
			sub.Use(pass)
			sub.NotFoundHandler = text("not found")
			return sub
		}, "/a/{id}", "/sub/a/1", "", "/a/1 /sub/a /sub/b"},
		{"host and query", func(r *mux.Router) *mux.Router { return r.Host("{domain}.com").Queries("v", "{v}").Subrouter() },
			"/a", "/a?v=1 /a?w=2&v=1", "", "/a /a?w=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := mux.NewRouter()
			adapter := NewAdapter(r)
			route := adapter.Route(tt.settle(r).Handle(tt.pattern, text("ran")).Methods("PUT"))
			check := func(paths string, runs, resolves bool) {
				t.Helper()
				for _, path := range strings.Fields(paths) {
					w := httptest.NewRecorder()
					r.ServeHTTP(w, httptest.NewRequest("PUT", path, nil))
					if ran := w.Body.String() == "ran"; ran != runs {
						t.Errorf("%s: the route ran: %v, want %v", path, ran, runs)
					}
					if found := adapter.Resolve(httptest.NewRequest("OPTIONS", path, nil), "PUT"); (found == route) != resolves || found != nil && !resolves {
						t.Errorf("%s: Resolve returned %v, want the route: %v", path, found, resolves)
					}
				}
			}
			check(tt.found, true, true)
			check(tt.refused, true, false)
			check(tt.not, false, false)
		})
	}
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s) }
}

func pass(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

func TestVerify(t *testing.T) {
	public := routecors.Policy{"*": {AllowMethods: []string{"GET", "PUT"}}}
	tests := []struct {
		name     string
		register func(r *mux.Router, adapter *Adapter) *routecors.Route
		want     string // in the error
	}{
		{"several methods", func(r *mux.Router, adapter *Adapter) *routecors.Route {
			return adapter.Route(r.HandleFunc("/a", text("")).Methods("GET", "PUT"))
		}, ""},
		{"numbers", func(r *mux.Router, adapter *Adapter) *routecors.Route {
			return adapter.Route(r.HandleFunc("/{n:[0-9]+}", text("")))
		}, ""},
		{"no sample", func(r *mux.Router, adapter *Adapter) *routecors.Route {
			return adapter.Route(r.HandleFunc("/{n:xyz}", text("")))
		}, ""},
		{"wrapped", func(r *mux.Router, adapter *Adapter) *routecors.Route {
			in := r.HandleFunc("/a", text(""))
			route := adapter.Route(in)
			in.Handler(pass(route))
			return route
		}, "in a wrapper"},
		{"shadowed", func(r *mux.Router, adapter *Adapter) *routecors.Route {
			r.PathPrefix("/a").Handler(text(""))
			return adapter.Route(r.HandleFunc("/a/{id}", text("")).Methods("GET"))
		}, "registered before it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := mux.NewRouter()
			adapter := NewAdapter(r)
			cors, err := routecors.Setup(adapter, public)
			if err != nil {
				t.Fatal(err)
			}
			if err := cors.Add(tt.register(r, adapter)); err != nil {
				t.Fatal(err)
			}
			if err := cors.Verify(); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Verify: %v, want %q", err, tt.want)
			}
		})
	}
}

// TestLate registers a route for OPTIONS before the adapter is made, which then has
// no place in front of it.
func TestLate(t *testing.T) {
	r := mux.NewRouter()
	r.HandleFunc("/a", text("theirs")).Methods("OPTIONS")
	adapter := NewAdapter(r)
	cors, err := routecors.Setup(adapter, routecors.Policy{"*": {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := cors.Add(adapter.Route(r.HandleFunc("/a", text("")).Methods("PUT"))); err != nil {
		t.Fatal(err)
	}
	if err := cors.Verify(); err == nil || !strings.Contains(err.Error(), "before NewAdapter") {
		t.Errorf("Verify: %v", err)
	}
	h := cors.Handler(r)
	if err := cors.Verify(); err != nil {
		t.Errorf("Verify behind CorsConfig.Handler: %v", err)
	}
	w := httptest.NewRecorder()
	preflight := httptest.NewRequest("OPTIONS", "/a", nil)
	preflight.Header = http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"PUT"}}
	h.ServeHTTP(w, preflight)
	if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != 204 || got != "*" {
		t.Errorf("preflight: %d, allowed origin %q; want 204 and *", w.Code, got)
	}
}

// TestCounts: the matcher asks for the answer that the handler gives, and a refusal is
// counted once.
func TestCounts(t *testing.T) {
	r := mux.NewRouter()
	router := NewAdapter(r)
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example.com": {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := cors.Add(router.Route(r.HandleFunc("/articles", create).Methods("PUT"))); err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("OPTIONS", "/articles", nil)
	req.Header.Set("Origin", "https://anyone.example")
	req.Header.Set("Access-Control-Request-Method", "PUT")
	r.ServeHTTP(httptest.NewRecorder(), req)
	got := cors.Counters().String()
	if want := `[{"route":"PUT /articles","reason":"origin-not-listed","preflight":true,"count":1}]`; got != want {
		t.Errorf("counters %s, want %s", got, want)
	}
}
