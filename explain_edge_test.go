package routecors_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

// odd are requests that no server gets, and some that it may.
func odd() []*http.Request {
	all := []*http.Request{nil, {}}
	for _, method := range []string{"", "GET", "HEAD", "OPTIONS", "CONNECT", "PUT", "get", "*", "A B", "\x00"} {
		for _, u := range []*url.URL{
			nil, {}, {Path: "items"}, {Path: "/items/7"}, {Path: "*"}, {Opaque: "x:y"}, {Host: "api.example"}, {Path: "//"}, {Path: "/items/\x1b[0m\xff"},
			{Path: "/items/a/b", RawPath: "/items/a%2Fb"}, {Path: "/tree", RawQuery: "a;b=%zz"}, {Scheme: "https", Host: "[::1]:8080", User: url.UserPassword("u", "p")},
		} {
			for _, h := range []http.Header{
				nil,
				{"Origin": nil},
				{"Origin": {}},
				{"Origin": {""}},
				{"Origin": {"https://app.example"}},
				{"Origin": {"https://app.example", "https://app.example"}},
				{"Origin": {strings.Repeat("\x1b", 1<<10)}, "Access-Control-Request-Method": {}},
				{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"PUT"}, "Access-Control-Request-Headers": {",,x-a, \xff ,"}},
				{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {strings.Repeat("P", 1<<10)}, "Access-Control-Request-Headers": {strings.Repeat(",a", 1<<14)}},
				{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"", "PUT"}},
				{"Origin": {"null"}, "Cookie": {"a=b"}, "X-\xff": {"1"}},
			} {
				all = append(all, &http.Request{Method: method, URL: u, Header: h, Host: "api.example"}, &http.Request{Method: method, URL: u, Header: h})
			}
		}
	}
	return all
}

// TestExplainOdd: whatever the request, Explain does not panic, does not change it,
// and what it says fits together and to a terminal.
func TestExplainOdd(t *testing.T) {
	for _, router := range []conformance.Router{sites.ServeMux, sites.Chi} {
		cors := newExplained(t, router)
		for _, r := range odd() {
			var before http.Request
			var u url.URL
			if r != nil {
				before = *r
				before.Header = maps.Clone(r.Header)
				if r.URL != nil {
					u = *r.URL
				}
			}
			d := cors.Explain(r)
			if d.Allowed != (d.Reason == routecors.Allowed) || d.Sentence == "" || len(d.Headers) > 256 {
				t.Errorf("%+v:\n%s", r, d)
			}
			shown := d.String()
			if strings.ContainsFunc(shown, func(c rune) bool { return c < ' ' && c != '\n' || c == '\ufffd' }) || len(shown) > 20_000 {
				t.Errorf("%+v: %d bytes, or such as a terminal must not get:\n%q", r, len(shown), shown)
			}
			if _, err := json.Marshal(d); err != nil {
				t.Errorf("%+v: %v", r, err)
			}
			if r == nil {
				continue
			}
			if r.Method != before.Method || r.Host != before.Host || r.RequestURI != before.RequestURI || !maps.EqualFunc(r.Header, before.Header, slices.Equal) || r.URL != nil && *r.URL != u {
				t.Errorf("%+v was changed", r)
			}
		}
	}
}

func TestExplainURL(t *testing.T) {
	cors := newExplained(t, sites.ServeMux)
	at := func(s string) *url.URL {
		u, err := url.Parse(s)
		must(t, err)
		return u
	}
	tests := []struct {
		r    *http.Request
		want string
	}{
		{described(t, "GET /items/7?q=1", ""), "https://api.example/items/7?q=1"},
		{&http.Request{URL: at("https://api.example")}, "https://api.example/"},
		{&http.Request{URL: at("https://u:p@api.example:8443/a%2Fb?#f")}, "https://api.example:8443/a%2Fb?"},
		{&http.Request{URL: at("/x"), Host: "api.example"}, "http://api.example/x"},
		{&http.Request{URL: at("/x"), Host: "api.example", TLS: new(tls.ConnectionState)}, "https://api.example/x"},
		{&http.Request{URL: at("/x")}, "/x"},
		{&http.Request{URL: at("/x"), Host: "api.example", RequestURI: "/api/x?q"}, "http://api.example/api/x?q"}, // behind http.StripPrefix
	}
	for _, tt := range tests {
		if got := cors.Explain(tt.r).URL; got != tt.want {
			t.Errorf("%v: %q, want %q", tt.r.URL, got, tt.want)
		}
	}
}

// TestExplainConcurrently is for the race detector.
func TestExplainConcurrently(t *testing.T) {
	s := newSite(t, `{"https://app.example": {}}`)
	s.add(t, "GET /x")
	r := described(t, "PUT /x", fromApps)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				_ = s.cors.Explain(r).String()
			}
		})
	}
	s.add(t, "PUT /x")
	all.Wait()
	if d := s.cors.Explain(r); !d.Allowed {
		t.Errorf("added meanwhile:\n%s", d)
	}
}

func TestExplainJSON(t *testing.T) {
	cors := newExplained(t, sites.ServeMux)
	d := cors.Explain(described(t, "OPTIONS /items/7", fromEvil+announces+"PUT"))
	d.Steps = slices.DeleteFunc(d.Steps, func(s routecors.Step) bool { return s.State == routecors.StepPassed })[:2]
	got, err := json.MarshalIndent(d, "", "\t")
	must(t, err)
	const want = `{
	"preflight": true,
	"method": "PUT",
	"url": "https://api.example/items/7",
	"origin": "https://evil.example",
	"credentials": false,
	"allowed": false,
	"reason": "origin-not-listed",
	"sentence": "origin \"https://evil.example\" is not allowed to \"PUT\" here; no policy of the route lists it",
	"route": "PUT /items/{id}",
	"added": true,
	"router": {
		"kind": "route",
		"pattern": "PUT /items/{id}"
	},
	"layers": [
		{
			"layer": "route",
			"key": ""
		},
		{
			"layer": "defaults",
			"key": ""
		}
	],
	"steps": [
		{
			"name": "origin listed",
			"link": "https://fetch.spec.whatwg.org/#http-access-control-allow-origin",
			"state": "failed",
			"text": "origin \"https://evil.example\" is not allowed to \"PUT\" here; no policy of the route lists it"
		},
		{
			"name": "origin not denied",
			"link": "https://fetch.spec.whatwg.org/#http-access-control-allow-origin",
			"state": "not-reached"
		}
	],
	"console": "Access to fetch at 'https://api.example/items/7' from origin 'https://evil.example' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
	"remedy": "add \"https://evil.example\" to the policy that Add gets with \"PUT /items/{id}\"",
	"response": {
		"status": 403,
		"header": [
			{
				"name": "Vary",
				"value": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
			}
		],
		"body": "routecors: origin \"https://evil.example\" is not allowed to \"PUT\" here; no policy of the route lists it\n"
	}
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestExplainLog: no cookie, no query, and nothing of any length.
func TestExplainLog(t *testing.T) {
	cors := newExplained(t, sites.ServeMux)
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	log.Info("refused", "cors", cors.Explain(described(t, "GET /items/7?token=secret", fromApps+"|Cookie: session=secret")))
	const want = `level=INFO msg=refused cors.reason=credentials-not-allowed cors.method="\"GET\"" cors.path="\"/items/7\"" cors.origin="\"https://app.example\"" ` +
		`cors.route="GET /items/{id}" cors.sentence="origin \"https://app.example\" is allowed, but not with credentials: its options have no AllowCredentials"` + "\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.Reset()
	log.Info("refused", "cors", cors.Explain(described(t, "GET /"+strings.Repeat("x", 1<<16), "Origin: "+strings.Repeat("y", 1<<16))))
	if b.Len() > 600 {
		t.Errorf("%d bytes", b.Len())
	}
}

// A plain adapter says which route serves a request, and no more.
type plain struct{ routecors.RouterAdapter }

func (p *plain) Resolve(r *http.Request, method string) *routecors.Route {
	if r.URL.Path != "/x" || method != "GET" {
		return nil
	}
	return p.RouterAdapter.(*only).route
}

type only struct{ route *routecors.Route }

func (*only) Resolve(*http.Request, string) *routecors.Route { return nil }

func TestExplainPlainAdapter(t *testing.T) {
	adapter := &plain{&only{}}
	route := routecors.NewRoute(adapter, "GET", "/x", text("x"))
	adapter.RouterAdapter.(*only).route = route
	cors, err := routecors.Setup(adapter, policy(t, `{"https://app.example": {}}`))
	must(t, err)
	r := described(t, "GET /x", fromApps)
	if d := cors.Explain(r); d.Reason != routecors.RouteNotAdded || d.Route != route || !strings.Contains(d.Remedy, `cors.Add(router.Handle("GET /x", …))`) {
		t.Errorf("before Add:\n%s", d)
	}
	must(t, cors.Add(route))
	if d := cors.Explain(r); !d.Allowed {
		t.Errorf("after Add:\n%s", d)
	}
	d := cors.Explain(described(t, "POST /x", fromApps))
	if d.Reason != routecors.RouteNotAdded || d.Router.Kind != routecors.OutcomeUnknown || d.Steps[1].State != routecors.StepFailed || !strings.Contains(d.Steps[1].Text, "cannot be told") {
		t.Errorf("what cannot be told:\n%s", d)
	}
}

// A probing adapter can also tell whether any handler runs: none but the route's.
type probing struct{ plain }

func (p *probing) Probe(r *http.Request, method string) (*routecors.Route, bool) {
	route := p.Resolve(r, method)
	return route, route != nil
}

func TestExplainProber(t *testing.T) {
	cors, err := routecors.Setup(&probing{plain{&only{}}}, nil)
	must(t, err)
	if d := cors.Explain(described(t, "POST /x", fromApps)); d.Reason != routecors.RouteNotFound || d.Router.Kind != routecors.OutcomeNoHandler {
		t.Errorf("no handler:\n%s", d)
	}
}

// TestExplainServed explains requests where they are served, behind what cuts paths.
func TestExplainServed(t *testing.T) {
	var got routecors.Decision
	var cors *routecors.CorsConfig
	explain := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = cors.Explain(r) })
	s := newSite(t, `{"https://app.example": {}}`)
	inner := s.router.Mount("/api", http.NewServeMux())
	must(t, s.cors.Add(inner.Handle("GET /x", explain)))

	router := chi.NewRouter()
	router.Use(middleware.StripSlashes)
	adapter := chicors.New(router)
	slashes, err := routecors.Setup(adapter, policy(t, `{"https://app.example": {}}`))
	must(t, err)
	router.Route("/api", func(r chi.Router) {
		must(t, slashes.Add(adapter.On(r).Handle("GET /x", explain)))
	})

	tests := []struct {
		name, target string
		cors         *routecors.CorsConfig
		h            http.Handler
	}{
		{"stdmux", "/api/x?q=1", s.cors, s.mux},
		{"stdmux handler", "/api/x", s.cors, s.cors.Handler(s.mux)},
		{"chi", "/api/x?q=1", slashes, router},
	}
	for _, test := range tests {
		cors, got = test.cors, routecors.Decision{}
		r := httptest.NewRequestWithContext(context.Background(), "GET", test.target, nil)
		r.Header.Set("Origin", app)
		test.h.ServeHTTP(httptest.NewRecorder(), r)
		if !got.Allowed || got.URL != "http://example.com"+test.target {
			t.Errorf("%s:\n%s", test.name, got)
		}
	}
}

// TestExplainSameOrigin: a browser sends Origin with a POST to the page's own server.
func TestExplainSameOrigin(t *testing.T) {
	s := newSite(t, "")
	s.add(t, "PUT /x")
	tests := []struct {
		origin string
		own    bool
	}{
		{"https://api.example", true},
		{"http://api.example", false}, // the URL says https
		{"https://api.example:8443", false},
		{"https://app.example", false},
	}
	for _, tt := range tests {
		d := s.cors.Explain(described(t, "PUT /x", "Origin: "+tt.origin))
		own := d.Console == "" && d.Remedy == "" && d.Announced == nil && strings.Contains(d.Sentence, "the server's own")
		if own != tt.own || d.Reason != routecors.OriginNotListed {
			t.Errorf("%s: own %v, want %v\n%s", tt.origin, own, tt.own, d)
		}
	}
}

// TestExplainLeavesNoTrace: what is only explained is neither counted nor logged.
func TestExplainLeavesNoTrace(t *testing.T) {
	var log strings.Builder
	s := newSite(t, `{"https://app.example": {}}`, routecors.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	s.add(t, "GET /x")
	for _, lines := range []string{fromApps, "Origin: https://other.example"} {
		for _, what := range []string{"GET /x", "PUT /x", "OPTIONS /x", "DELETE /y"} {
			s.cors.Explain(described(t, what, lines+"|Access-Control-Request-Method: GET"))
		}
	}
	if got := s.cors.Counters().String(); got != "[]" || log.Len() > 0 {
		t.Errorf("counted %s, logged\n%s", got, &log)
	}
}
