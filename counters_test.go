package routecors_test

import (
	"encoding/json"
	"expvar"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/stdmux"
)

// counts returns what is counted, a line each: "GET /x origin-not-listed 2", and a
// reason with a "?" for preflights.
func counts(cors *routecors.CorsConfig) (lines []string) {
	for c := range cors.Counters().All() {
		name, reason := "-", c.Reason.String()
		if c.Route != nil {
			name = c.Route.String()
		}
		if c.Preflight {
			reason += "?"
		}
		lines = append(lines, fmt.Sprintf("%s %s %d", name, reason, c.Count))
	}
	return lines
}

func withTimeout(next http.Handler) http.Handler {
	return http.TimeoutHandler(next, time.Minute, "")
}

func withID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "1")
		next.ServeHTTP(w, r)
	})
}

// A registrar registers text handlers on a router of one kind.
type registrar struct {
	name    string
	adapter routecors.RouterAdapter
	handle  func(method, path string) *routecors.Route
	use     func(middlewares ...func(http.Handler) http.Handler)
	router  http.Handler
}

func newRegistrars() []registrar {
	mux, r := http.NewServeMux(), chi.NewRouter()
	std, onChi := stdmux.New(mux), chicors.New(r)
	return []registrar{
		{"stdmux", std, func(m, p string) *routecors.Route { return std.Handle(strings.TrimSpace(m+" "+p), text(p)) }, nil, mux},
		{"chi", onChi, func(m, p string) *routecors.Route {
			if m == "" {
				return onChi.Handle(p, text(p))
			}
			return onChi.Method(m, p, text(p))
		}, r.Use, r},
	}
}

// TestCounts: whichever way a router is served, each request is counted once.
func TestCounts(t *testing.T) {
	type handle = func(http.Handler) http.Handler
	same := func(h http.Handler) http.Handler { return h }
	ways := []struct {
		name       string
		use        func(cors handle) []handle // inside of the router, if it can
		wrap       func(cors handle) handle
		insideOnly bool
	}{
		{"bare", nil, func(handle) handle { return same }, false},
		{"bare, time-out", nil, func(handle) handle { return withTimeout }, false},
		{"bare, header", nil, func(handle) handle { return withID }, false},
		{"handler", nil, func(cors handle) handle { return cors }, false},
		{"handler, header within", nil, func(cors handle) handle { return func(h http.Handler) http.Handler { return cors(withID(h)) } }, false},
		{"handler, time-out within", nil, func(cors handle) handle { return func(h http.Handler) http.Handler { return cors(withTimeout(h)) } }, false},
		{"handler twice", nil, func(cors handle) handle { return func(h http.Handler) http.Handler { return cors(cors(h)) } }, false},
		{"handler twice, header between", nil, func(cors handle) handle { return func(h http.Handler) http.Handler { return cors(withID(cors(h))) } }, false},
		{"used", func(cors handle) []handle { return []handle{cors} }, func(handle) handle { return same }, true},
		{"used, time-out", func(cors handle) []handle { return []handle{cors, withTimeout} }, func(handle) handle { return same }, true},
		{"used and outermost", func(cors handle) []handle { return []handle{cors} }, func(cors handle) handle { return cors }, true},
	}
	for _, way := range ways {
		for _, on := range newRegistrars() {
			if way.insideOnly && on.use == nil {
				continue
			}
			cors, err := routecors.Setup(on.adapter, policy(t, `{"https://b.example": {"allow_headers": ["X-A"]}}`))
			must(t, err)
			if way.use != nil {
				on.use(way.use(cors.Handler)...)
			}
			must(t, cors.Add(on.handle("GET", "/shut"), policy(t, `{"*": {"deny": true}}`)))
			must(t, cors.Add(on.handle("PUT", "/x")))
			must(t, cors.Add(on.handle("GET", "/x"), policy(t, `{"https://d.example": {"deny": true}}`)))
			must(t, cors.Add(on.handle("", "/any"), policy(t, `{"*": {"allow_methods": ["PUT"]}}`)))
			on.handle("GET", "/private")
			on.handle("DELETE", "/x")
			h := way.wrap(cors.Handler)(on.router)

			const asks = "Access-Control-Request-Method: "
			for range 2 {
				// Counted:
				ask(h, "GET", "/x", "Origin: "+app)
				ask(h, "GET", "/x", "Origin: https://d.example")
				ask(h, "GET", "/x", "Origin: "+app, "Origin: "+app)
				ask(h, "GET", "/shut", "Origin: "+app)
				ask(h, "POST", "/any", "Origin: "+app)
				ask(h, "OPTIONS", "/x", "Origin: "+app, asks+"PUT")
				ask(h, "OPTIONS", "/x", "Origin: https://App.example", asks+"PUT")
				ask(h, "OPTIONS", "/x", "Origin: https://b.example", asks+"PUT", "Access-Control-Request-Headers: x-b")
				ask(h, "OPTIONS", "/x", "Origin: https://b.example", asks+"PUT", "Access-Control-Request-Headers: "+strings.Repeat("x-a,", 300))
				ask(h, "OPTIONS", "/any", "Origin: https://b.example", asks+"PATCH")
				ask(h, "OPTIONS", "/x", "Origin: https://b.example", asks+"DELETE") // private
				ask(h, "OPTIONS", "/x", "Origin: https://b.example", asks)
				ask(h, "GET", "/x", "Origin: http://localhost:8080") // of another server on the same host, for all we know
				// Not counted:
				ask(h, "GET", "/x", "Origin: https://b.example")
				ask(h, "PUT", "/any", "Origin: "+app)
				ask(h, "GET", "/x")
				ask(h, "GET", "/shut")
				ask(h, "GET", "/private", "Origin: "+app)
				ask(h, "GET", "/nothing", "Origin: "+app)
				ask(h, "GET", "/x", "Origin: https://example.com") // where httptest sends it
				ask(h, "GET", "/shut", "Origin: http://example.com")
				ask(h, "OPTIONS", "/x", "Origin: https://b.example", asks+"PUT", "Access-Control-Request-Headers: x-a")
				ask(h, "OPTIONS", "/x", "Origin: "+app)
			}
			want := []string{
				"GET /shut origin-denied 2",
				"PUT /x origin-malformed? 2",
				"PUT /x origin-not-listed? 2",
				"PUT /x header-not-allowed? 2",
				"PUT /x headers-too-long? 2",
				"GET /x origin-malformed 2",
				"GET /x origin-not-listed 4",
				"GET /x origin-denied 2",
				"/any method-not-allowed 2",
				"/any method-not-allowed? 2",
				"- route-not-added? 2",
				"- request-method-malformed? 2",
			}
			if diff := cmp.Diff(want, counts(cors)); diff != "" {
				t.Errorf("%s, %s: counts (-want +got)\n%s", on.name, way.name, diff)
			}
		}
	}
}

// TestCountsAheadOfRoute: a response that the page cannot read is counted where
// CorsConfig.Handler saw the request, though the route never ran.
func TestCountsAheadOfRoute(t *testing.T) {
	auth := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	}
	for _, test := range []struct {
		name string
		wrap func(s site) http.Handler
		want []string
	}{
		{"bare", func(s site) http.Handler { return auth(s.mux) }, nil},
		{"handler", func(s site) http.Handler { return s.cors.Handler(auth(s.mux)) }, []string{"GET /x origin-not-listed 1"}},
	} {
		s := newSite(t, `{"https://b.example": {}}`)
		s.add(t, "GET /x")
		actual(test.wrap(s), "GET", "/x", app)
		if diff := cmp.Diff(test.want, counts(s.cors)); diff != "" {
			t.Errorf("%s: counts (-want +got)\n%s", test.name, diff)
		}
	}
}

// TestCountsBothWays: what reaches a route past CorsConfig.Handler is counted, too,
// also after a handler behind it panicked.
func TestCountsBothWays(t *testing.T) {
	s := newSite(t, `{"https://b.example": {}}`)
	must(t, s.cors.Add(s.router.HandleFunc("GET /x", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "panic" {
			panic(http.ErrAbortHandler)
		}
	})))
	front := s.cors.Handler(withTimeout(s.mux))
	actual(s.mux, "GET", "/x", app)
	actual(front, "GET", "/x", app)
	func() {
		defer func() { recover() }()
		actual(front, "GET", "/x?panic", app)
	}()
	actual(s.mux, "GET", "/x", app)
	if diff := cmp.Diff([]string{"GET /x origin-not-listed 4"}, counts(s.cors)); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
}

// TestCountsKeepVary: that a refusal was counted is told to who is behind, and takes
// nothing of what an outer CorsConfig.Handler, of another Setup, says to caches.
func TestCountsKeepVary(t *testing.T) {
	inner, outer := newSite(t, `{"*": {"deny": true}}`), newSite(t, `{"https://app.example": {}}`)
	inner.add(t, "GET /x")
	must(t, outer.cors.Add(outer.router.Handle("GET /x", inner.cors.Handler(inner.mux))))
	if got, want := actual(outer.mux, "GET", "/x", app), "200 Vary=Origin"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{"GET /x origin-denied 1"}, counts(inner.cors)); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
}

// TestCountsResource: routes that a resource covers come after those that were added,
// and a route keeps its numbers when it is added itself.
func TestCountsResource(t *testing.T) {
	s := newSite(t, "")
	res := s.router.Resource("/x")
	must(t, s.cors.Add(res, policy(t, `{"https://b.example": {"allow_methods": ["GET", "PUT"]}}`)))
	put := res.Handle("PUT", text("put"))
	res.Handle("GET", text("get"))
	s.add(t, "GET /y", policy(t, `{"*": {"deny": true}}`))
	for _, method := range []string{"GET", "PUT"} {
		actual(s.mux, method, "/x", app)
	}
	actual(s.mux, "GET", "/y", app)
	want := []string{"GET /y origin-denied 1", "PUT /x origin-not-listed 1", "GET /x origin-not-listed 1"}
	if diff := cmp.Diff(want, counts(s.cors)); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	must(t, s.cors.Add(put))
	if diff := cmp.Diff(want, counts(s.cors)); diff != "" {
		t.Errorf("counts after Add (-want +got)\n%s", diff)
	}
}

func TestCountsConcurrent(t *testing.T) {
	s := newSite(t, `{"https://b.example": {}}`)
	s.add(t, "GET /x")
	h := s.cors.Handler(withTimeout(s.mux))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				actual(h, "GET", "/x", app)
				preflight(h, "GET", "/x", app)
				_ = s.cors.Counters().String()
			}
		})
	}
	all.Wait()
	want := []string{"GET /x origin-not-listed 400", "GET /x origin-not-listed? 400"}
	if diff := cmp.Diff(want, counts(s.cors)); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
}

func TestCountersJSON(t *testing.T) {
	s := newSite(t, `{"https://b.example": {}}`)
	s.add(t, `GET /"x"/{id}`)
	var metrics expvar.Map
	metrics.Set("cors", s.cors.Counters())
	if got := metrics.String(); got != `{"cors": []}` {
		t.Errorf("before any request: %s", got)
	}
	preflight(s.mux, "GET", `/%22x%22/1`, app)
	preflight(s.mux, "DELETE", `/%22x%22/1`, app)
	var got map[string]any
	must(t, json.Unmarshal([]byte(metrics.String()), &got))
	want := map[string]any{"cors": []any{
		map[string]any{"route": `GET /"x"/{id}`, "reason": "origin-not-listed", "preflight": true, "count": 1.0},
		map[string]any{"route": nil, "reason": "route-not-added", "preflight": true, "count": 1.0},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("JSON (-want +got)\n%s", diff)
	}
}

// TestAnswers: Answers tells what Answer would do, and counts nothing.
func TestAnswers(t *testing.T) {
	s := newSite(t, `{"https://b.example": {}}`)
	s.add(t, "PUT /x")
	s.router.Handle("DELETE /x", text(""))
	var preflights *routecors.Preflights
	spy := &optionsSpy{s.router, &preflights}
	cors, err := routecors.Setup(spy, policy(t, `{"https://b.example": {}}`))
	must(t, err)
	must(t, cors.Add(routecors.NewRoute(spy, "PUT", "/y", text(""))))
	for _, test := range []struct {
		method, asked string
		want          bool
	}{
		{"OPTIONS", "PUT", true}, {"OPTIONS", "DELETE", false}, {"OPTIONS", "", false}, {"PUT", "PUT", false},
	} {
		r := httptest.NewRequest(test.method, "/x", nil)
		r.Header.Set("Origin", app)
		if test.asked != "" {
			r.Header.Set("Access-Control-Request-Method", test.asked)
		}
		if got := preflights.Answers(r); got != test.want {
			t.Errorf("Answers(%s asking for %q) = %t, want %t", test.method, test.asked, got, test.want)
		}
	}
	if got := append(counts(cors), counts(s.cors)...); got != nil {
		t.Errorf("counted: %q", got)
	}
}

// An optionsSpy keeps the Preflights that an adapter is given.
type optionsSpy struct {
	routecors.RouterAdapter
	got **routecors.Preflights
}

func (s *optionsSpy) RegisterOPTIONS(_ string, p *routecors.Preflights) error {
	*s.got = p
	return nil
}
