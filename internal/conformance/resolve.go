package conformance

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/routecors/routecors"
)

// What RouterAdapter says of Resolve, asked of tables of routes: it is compared with
// what runs when the request is sent.

// resolveTable has routes that lie above, below and beside others, of the adapter
// and not.
const resolveTable = `private GET /items/{id}
bare GET /items/all
public PUT /items/{id}
private DELETE /items/all
public DELETE /items/{id}
bare PUT /items/7
private HEAD /items/8
public FROB /items/{id}
public GET /tree/
private GET /tree/a
bare GET /tree/a/b
private PUT /tree/x/{rest...}
bare PUT /tree/x/y
public GET /exact/{$}
bare GET /exact/{id}
private GET /a/{x}/c
bare DELETE /a/b/{y}
private * /every/{id}
bare * /every/all
public OPTIONS /own/{id}
bare OPTIONS /own/all
private GET /Case
public GET h.example/items/{id}
bare POST /
`

var resolveMethods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FROB", "get", "CONNECT", "TRACE"}

var resolvePaths = []string{
	"/", "", "*", "//", "/.", "/..", "/items", "/items/", "/items/7", "/items/8", "/items/all", "/items/ALL", "/Items/7", "/items/7/",
	"//items//all", "/items//7", "/items/x/../all", "/items/..", "/items/./7", "/items/%61ll", "/%69tems/7", "/items/a%2Fb", "/items/%2F",
	"/items/%2e%2e/items/7", "/items/7?x=/items/all", "/items/%7Bid%7D", "/items/{id}", "/items/ü", "/items/%C3%BC", "/items/7;v=1", "/items/%00",
	"/tree", "/tree/", "/tree/a", "/tree/a/", "/tree/a/b", "/tree/a/b/c", "/tree/x", "/tree/x/", "/tree/x/y", "/tree/x/y/z", "/tree/%2F", "/tree//a", "/tree%2Fa",
	"/exact", "/exact/", "/exact/7", "/a/b/c", "/a/z/c", "/a/b/z", "/every/7", "/every/all", "/every/", "/own/7", "/own/all",
	"/case", "/Case", "/CASE", "http://h.example/items/7", "http://h.example", "http://h.example/items/all", "/nothing/here",
	"/" + strings.Repeat("a/", 200), "/items/" + strings.Repeat("a", 4000),
}

func (s *Suite) resolveChecks() []Check {
	lines := Lines(resolveTable)
	slices.Reverse(lines)
	return []Check{
		{"resolve/table", func(t testing.TB) { s.resolve(t, Lines(resolveTable), resolvePaths) }},
		{"resolve/reversed", func(t testing.TB) { s.resolve(t, lines, resolvePaths) }},
		{"resolve/random", func(t testing.TB) {
			for n := range uint64(worlds(40)) {
				s.resolve(t, randomLines(rand.New(rand.NewPCG(1, n))), randomPaths(rand.New(rand.NewPCG(2, n))))
			}
		}},
		{"resolve/concurrent", s.resolveConcurrent},
		{"resolve/middleware", s.resolveBehindMiddleware},
	}
}

// A target is a router with the routes of a table.
type target struct {
	*builder
	handler http.Handler
}

// target registers lines as far as the router takes them.
func (s *Suite) target(t testing.TB, site Site, lines []string, options ...routecors.Option) target {
	defaults := routecors.Policy{"https://app.example": {AllowMethods: []string{"*"}}}
	c := &Table{policies: map[string]routecors.Policy{"policy.json": defaults}, options: options}
	b, err := c.build(site)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range lines {
		l := parseLine(text)
		if !s.takes(l.method, l.pattern) {
			continue
		}
		func() {
			defer func() { _ = recover() }() // it may refuse what conflicts
			_ = b.build(l)
		}()
	}
	return target{b, site}
}

// A query is what Resolve is asked.
type query struct {
	url    url.URL
	host   string
	uri    string
	method string
}

func queries(paths []string) (all []query) {
	for _, path := range paths {
		u := &url.URL{Path: path}
		if path != "" && path != "*" {
			var err error
			if u, err = url.ParseRequestURI(path); err != nil {
				continue
			}
		}
		for i, method := range resolveMethods {
			host := "api.example"
			if u.Host != "" {
				host = u.Host
			} else if i%3 == 2 {
				host = "h.example:8080"
			}
			all = append(all, query{*u, host, path, method})
		}
	}
	return all
}

// set makes r the request of q, sent with method.
func (q query) set(r *http.Request, method string, header http.Header) {
	r.Method, *r.URL, r.Host, r.RequestURI = method, q.url, q.host, q.uri
	r.Header = header
}

func newRequest() *http.Request {
	return &http.Request{URL: new(url.URL), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody}
}

// preflight is r asking for the method of q.
func (q query) preflight(r *http.Request) {
	q.set(r, http.MethodOptions, http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {q.method}})
}

// runs returns the route that runs for q, nil if none does; what is its handler's name.
func (s target) runs(q query) (route *routecors.Route, what string) {
	r := newRequest()
	q.set(r, q.method, http.Header{"Origin": {"https://app.example"}})
	rec := &recorder{header: http.Header{}}
	s.handler.ServeHTTP(rec, WithTrace(r, Trace{Ran: func(name string) { what = name }}))
	return s.routes[what], what
}

// resolve asks Resolve, Probe and Describe for each path and method. It asks with one
// request that changes, as a server that pools its requests would.
func (s *Suite) resolve(t testing.TB, lines, paths []string) {
	t.Helper()
	site := s.target(t, s.router.New(), lines)
	adapter := site.site.Adapter()
	r := newRequest()
	ran := ""
	r = WithTrace(r, Trace{Ran: func(name string) { ran = name }})
	for _, q := range queries(paths) {
		want, what := site.runs(q)
		q.preflight(r)
		before := r.Clone(r.Context())
		ran = ""
		got := adapter.Resolve(r, q.method)
		var probed *routecors.Route
		probes := true
		if p, ok := adapter.(routecors.Prober); ok {
			probed, probes = p.Probe(r, q.method)
		}
		o, describes := routecors.Outcome{}, false
		if d, ok := adapter.(routecors.Describer); ok {
			o, describes = d.Describe(r, q.method), true
		}
		fail := func(what string) {
			t.Helper()
			t.Fatalf("%s %s%s: %s\n%s", q.method, q.host, q.uri, what, strings.Join(lines, "\n"))
		}
		switch {
		case ran != "":
			fail("Resolve, Probe or Describe ran the handler of " + ran)
		case !reflect.DeepEqual(before, r):
			fail("Resolve, Probe or Describe changed the request")
		case got != want:
			fail("Resolve returned " + other(got, want) + ", but the router runs " + handler(want, what))
		case s.prober && probed != want:
			fail("Probe returned " + other(probed, want) + ", but the router runs " + handler(want, what))
		case what != "" && !probes:
			fail("Probe says that nothing runs, but the router runs " + handler(want, what))
		case describes && (o.Kind == routecors.OutcomeRunsRoute) != (want != nil),
			what != "" && o.Kind > routecors.OutcomeRunsHandler:
			fail("Describe says " + o.Kind.String() + ", but the router runs " + handler(want, what))
		}
	}
}

func name(route *routecors.Route) string {
	if route == nil {
		return "nil"
	}
	return "the route " + route.String()
}

// other is name for a route that is not want.
func other(route, want *routecors.Route) string {
	if route != nil && want != nil && route.String() == want.String() {
		return "another Route of the name " + route.String()
	}
	return name(route)
}

func handler(route *routecors.Route, what string) string {
	switch {
	case route != nil:
		return name(route)
	case what != "":
		return "a handler that is none of the adapter's, bare " + what
	}
	return "no handler"
}

// resolveConcurrent asks in many goroutines, with requests that they share, while
// others add routes and send requests. The race detector sees what is wrong.
func (s *Suite) resolveConcurrent(t testing.TB) {
	site := s.target(t, s.router.New(), Lines(resolveTable), routecors.WithoutSyntheticOPTIONS())
	adapter := site.site.Adapter()
	all := queries(resolvePaths)
	want := make([]*routecors.Route, len(all))
	requests := make([]*http.Request, len(all))
	for i, q := range all {
		want[i], _ = site.runs(q)
		requests[i] = newRequest()
		q.preflight(requests[i])
	}
	var group sync.WaitGroup
	var wrong atomic.Int32
	for n := range 6 {
		group.Go(func() {
			for _, i := range rand.New(rand.NewPCG(3, uint64(n))).Perm(len(all)) {
				if adapter.Resolve(requests[i], all[i].method) != want[i] {
					wrong.Add(1)
				}
				if n == 0 {
					site.runs(all[i])
				}
			}
		})
	}
	group.Go(func() {
		for _, route := range site.routes {
			_ = site.cors.Add(route) // some were added before
		}
	})
	group.Wait()
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d of the answers were others than those given alone", n)
	}
}

// resolveBehindMiddleware has a middleware in the router, if the suite can put one there.
func (s *Suite) resolveBehindMiddleware(t testing.TB) {
	site := s.router.New()
	user, ok := site.(interface {
		Use(func(http.Handler) http.Handler)
	})
	if !ok {
		t.Skip("the Router has no method Use(func(http.Handler) http.Handler)")
	}
	passed := 0
	user.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			passed++
			next.ServeHTTP(w, r)
		})
	})
	at := s.target(t, site, Lines(resolveTable))
	adapter := site.Adapter()
	found := 0
	r := newRequest()
	for _, q := range queries(resolvePaths) {
		want, what := at.runs(q)
		q.preflight(r)
		before := passed
		got := adapter.Resolve(r, q.method)
		if passed != before {
			t.Fatalf("%s %s: Resolve ran a middleware", q.method, q.uri)
		}
		if got != want {
			t.Fatalf("%s %s: Resolve returned %s, but the router runs %s", q.method, q.uri, other(got, want), handler(want, what))
		}
		if got != nil {
			found++
		}
	}
	if passed == 0 || found == 0 {
		t.Error("the middleware of Use never ran, or no route was found: nothing is proved")
	}
}
