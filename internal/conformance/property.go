package conformance

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/routecors/routecors"
)

// The property that every table of routes and every request must have is that of
// the design: a preflight is approved if and only if the request that it announces
// would be served by a route that allows it, and an actual response is shared if
// and only if its route allows that. What would serve is seen by sending the
// request; what is allowed is told by an oracle, which reads the policies as the
// documentation does and shares no code with the library.

// A World is one random table of routes.
type World struct {
	Rand    *rand.Rand
	Cors    *routecors.CorsConfig
	Handler http.Handler // to ask
	Exact   bool         // served through cors.Handler: no false refusals
	Methods []string     // to ask for
	Hosts   []string     // to ask
	Paths   func(*rand.Rand) string
	Plain   http.Handler // the same table without the library; nil if there is none

	adapter routecors.RouterAdapter
	inside  bool // Explaining stands in Handler

	keeps  bool // the adapter is a Prober
	leaves map[string]*Leaf
	trees  []tree
	layers []routecors.Policy // of Cors
	log    []string
}

// NewWorld sets up a registry with random defaults for adapter.
func NewWorld(t testing.TB, rnd *rand.Rand, adapter routecors.RouterAdapter, options ...routecors.Option) *World {
	w := &World{Rand: rnd, adapter: adapter, leaves: map[string]*Leaf{}}
	_, w.keeps = adapter.(routecors.Prober)
	defaults := w.Policy()
	cors, err := routecors.Setup(adapter, defaults, append(options, routecors.DangerouslyTrustEveryOrigin())...)
	if err != nil {
		t.Fatal(err)
	}
	w.Cors, w.layers = cors, []routecors.Policy{defaults}
	w.Logf("defaults %v", defaults)
	return w
}

// Logf adds a line to what a failure shows.
func (w *World) Logf(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

// One reports true once in n times.
func (w *World) One(n int) bool { return w.Rand.IntN(n) == 0 }

// NewLeaf returns a private leaf; what says where it is registered.
func (w *World) NewLeaf(method, what string) *Leaf {
	l := &Leaf{ID: fmt.Sprintf("h%d", len(w.leaves)), Method: method}
	w.leaves[l.ID] = l
	w.Logf("%s: %s", l.ID, what)
	return l
}

// Add adds route, whose handler is l, with random policies, from the registry or a
// new group of it; under holds the layers of its resource.
func (w *World) Add(l *Leaf, route *routecors.Route, under []routecors.Policy) {
	cors, layers := w.Cors, w.layers
	if w.One(3) {
		p := w.Policy()
		if group, err := cors.Group(p); err == nil {
			cors, layers = group, slices.Concat([]routecors.Policy{p}, layers)
		}
	}
	var own []routecors.Policy
	for range w.Rand.IntN(3) {
		p := w.Policy()
		for key, o := range p {
			if l.Method != "" && w.Rand.IntN(20) > 0 {
				o.AllowMethods = nil // that leaves out the method would be an error
			}
			p[key] = o
		}
		own = append(own, p)
	}
	if err := cors.Add(route, own...); err != nil {
		w.Logf("%s: not added: %v", l.ID, err)
		w.Cover(l, under)
		return
	}
	l.Added, l.own, l.under, l.outer = true, own, under, layers
	w.Logf("%s: added with %v", l.ID, slices.Concat(own, under, layers))
}

// AddResource adds res, and returns its layers; nil if it was not added.
func (w *World) AddResource(res *routecors.Resource) []routecors.Policy {
	p := w.Policy()
	if err := w.Cors.Add(res, p); err != nil {
		w.Logf("resource not added: %v", err)
		return nil
	}
	w.Logf("resource %s added with %v", res, p)
	return []routecors.Policy{p}
}

// Cover records that l is covered by a resource with these layers.
func (w *World) Cover(l *Leaf, under []routecors.Policy) {
	if under != nil {
		l.Covered, l.under, l.outer = true, under, w.layers
		w.Logf("%s: covered with %v", l.ID, slices.Concat(under, w.layers))
	}
}

var origins = []string{"https://a.example", "https://b.example", "https://x.w.example", "https://evil.example", "null"}

// Policy returns a random policy.
func (w *World) Policy() routecors.Policy {
	p := routecors.Policy{}
	keys := []string{"https://a.example", "https://b.example", "https://*.w.example", "*", "null"}
	embedding := []string{"", "", "same-site", "cross-origin"}[w.Rand.IntN(4)]
	for range w.Rand.IntN(4) {
		key := keys[w.Rand.IntN(len(keys))]
		o := routecors.ResourceOptions{}
		if w.One(8) {
			p[key] = routecors.ResourceOptions{Deny: true}
			continue
		}
		o.AllowCredentials = w.One(3) && key != "null"
		o.AllowTiming, o.CrossOriginResourcePolicy = w.One(3), embedding
		switch w.Rand.IntN(4) {
		case 0:
			o.AllowHeaders = []string{"*"}
		case 1:
			o.AllowHeaders = []string{"X-A", "X-B"}
		}
		switch w.Rand.IntN(6) {
		case 0:
			o.AllowMethods = []string{"*"}
		case 1:
			o.AllowMethods = []string{"GET", "DELETE", "OPTIONS"}
		case 2:
			o.AllowMethods = []string{"PUT", "POST", "PATCH", "FROB"}
		}
		p[key] = o
	}
	return p
}

// Tally counts what the checks of many worlds found.
type Tally struct {
	Checks, Approved, Shared, FalseRefusals int
}

// Check asks the world n random preflights with the requests that they announce.
func (w *World) Check(t testing.TB, tally *Tally, n int) {
	w.arrange()
	for range n {
		raw := w.Paths(w.Rand)
		u, err := url.ParseRequestURI(raw)
		if err != nil {
			continue
		}
		q := question{
			raw: raw, url: u,
			method: w.Methods[w.Rand.IntN(len(w.Methods))],
			origin: origins[w.Rand.IntN(len(origins))],
			host:   w.Hosts[w.Rand.IntN(len(w.Hosts))],
		}
		if w.One(3) {
			q.headers = []string{"x-a", "x-a,x-b", "x-c", "authorization"}[w.Rand.IntN(4)]
		}
		w.check(t, tally, q)
	}
}

type question struct {
	raw, method, origin, host, headers string
	url                                *url.URL
}

func (q question) request(ctx testing.TB, method string) *http.Request {
	u := *q.url
	r := &http.Request{
		Method: method, Host: q.host, URL: &u, RequestURI: q.raw, Body: http.NoBody,
		Header: http.Header{"Origin": {q.origin}}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	return r.WithContext(ctx.Context())
}

// A recorder keeps the status and the header of a response.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}
func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return len(b), nil
}

func ask(h http.Handler, r *http.Request) *recorder {
	rec := &recorder{header: http.Header{}}
	h.ServeHTTP(rec, r)
	rec.WriteHeader(http.StatusOK)
	return rec
}

func (w *World) check(t testing.TB, tally *Tally, q question) {
	actual := ask(w.Handler, q.request(t, q.method))
	var leaf *Leaf
	if ran := actual.header["Ran"]; ran != nil {
		leaf = w.leaves[ran[0]]
	}
	o, allowed := leaf.allows(q.origin, q.method)

	preflight := q.request(t, http.MethodOptions)
	preflight.Header["Access-Control-Request-Method"] = []string{q.method}
	if q.headers != "" {
		preflight.Header["Access-Control-Request-Headers"] = []string{q.headers}
	}
	answer := ask(w.Handler, preflight)
	approved := browserApproves(answer, q)
	want := allowed && headersAllowed(o, q.headers)

	tally.Checks++
	if approved {
		tally.Approved++
	}
	fail := func(what string) {
		t.Helper()
		t.Fatalf("%s: %s %s%s of %s with headers %q\nactual: %d %v\npreflight: %d %v\n%s", what, q.method, q.host, q.raw, q.origin, q.headers,
			actual.status, actual.header, answer.status, answer.header, strings.Join(w.log, "\n"))
	}
	shared := actual.header["Access-Control-Allow-Origin"]
	if shared != nil {
		tally.Shared++
	}
	if w.Plain != nil {
		plain := ask(w.Plain, q.request(t, q.method))
		// ServeMux redirects to a pattern that ends in a slash, by those of ours, too.
		redirects := q.method == http.MethodOptions && (plain.status/100 == 3 || actual.status/100 == 3)
		if !redirects && !slices.Equal(plain.header["Ran"], actual.header["Ran"]) {
			fail(fmt.Sprintf("another handler runs than without the library, which is %v", plain.header["Ran"]))
		}
	}
	switch {
	case approved && !want:
		fail("false approval")
	case !approved && want && w.Exact:
		fail("false refusal")
	case !approved && want:
		tally.FalseRefusals++
	}
	switch {
	case (leaf == nil || !leaf.Added && !leaf.Covered) && hasCORS(actual.header):
		fail("header on a private response")
	case leaf != nil && allowed != (shared != nil) && !isConstant(leaf, shared, q.method):
		fail("response shared wrongly")
	case allowed && shared != nil && shared[0] != "*" && shared[0] != q.origin:
		fail("shared with another origin")
	case len(shared) > 1:
		fail("doubled header")
	case shared != nil && shared[0] == "*" && actual.header["Access-Control-Allow-Credentials"] != nil:
		fail("* with credentials")
	case allowed && o.AllowCredentials != (actual.header["Access-Control-Allow-Credentials"] != nil):
		fail("credentials")
	case leaf != nil && (leaf.Added || leaf.Covered) && leaf.varies(q.method) != variesByOrigin(actual.header):
		fail("Vary")
	case allowed && o.AllowTiming && !slices.Equal(actual.header["Timing-Allow-Origin"], shared),
		!(allowed && o.AllowTiming) && (allowed || !isConstant(leaf, shared, q.method)) && actual.header["Timing-Allow-Origin"] != nil:
		fail("Timing-Allow-Origin")
	case leaf.resourcePolicy(q.method) != actual.header.Get("Cross-Origin-Resource-Policy"):
		fail("Cross-Origin-Resource-Policy")
	case answer.header["Ran"] == nil && (answer.header["Timing-Allow-Origin"] != nil || answer.header["Cross-Origin-Resource-Policy"] != nil):
		fail("timed or embedded preflight")
	}
	if approved {
		w.checkCached(t, q, answer, fail)
	}
	if w.One(8) { // it costs far more than to answer
		w.checkExplained(w.explain(q.request(t, q.method)), actual, leaf, fail)
		w.checkExplainedPreflight(w.explain(preflight), answer, approved, fail)
	}
	if !approved && answer.header["Ran"] == nil && hasCORS(answer.header) {
		fail("header on a refused preflight")
	}
	if ran := answer.header["Ran"]; ran != nil {
		switch leaf := w.leaves[ran[0]]; {
		case leaf.Added:
			fail("an added route ran for a preflight")
		case leaf.Method != "" && leaf.Method != http.MethodOptions:
			fail("a route of another method ran for a preflight")
		}
	}
}

// checkCached asks whether a browser that keeps the header names of answer could
// send with them what no preflight allows: a POST, or another method that was kept.
func (w *World) checkCached(t testing.TB, q question, answer *recorder, fail func(string)) {
	names := answer.header.Get("Access-Control-Allow-Headers")
	if names == "" {
		return
	}
	kept := answer.header.Get("Access-Control-Max-Age") != "0"
	credentials := answer.header.Get("Access-Control-Allow-Credentials") != ""
	unsafe, unclear := "", false
	for _, method := range w.Methods {
		if method == q.method || method == "GET" || method == "HEAD" {
			continue
		}
		other := ask(w.Handler, q.request(t, method))
		var leaf *Leaf
		if ran := other.header["Ran"]; ran != nil {
			leaf = w.leaves[ran[0]]
		}
		o, allowed := leaf.allows(q.origin, method)
		switch {
		case method == "POST" && leaf == nil && other.status != http.StatusMethodNotAllowed:
			unclear = true // a redirect, or nothing in a mount that cannot be seen into
		case method == "POST" && leaf != nil && (!allowed || !headersAllowed(o, names) || credentials && !o.AllowCredentials),
			method != "POST" && allowed && !headersAllowed(o, names):
			unsafe = fmt.Sprintf("%s to %+v", method, leaf)
		}
	}
	switch {
	case kept && unsafe != "":
		fail("a kept answer opens " + unsafe)
	case !kept && w.keeps && w.Exact && unsafe == "" && !unclear && q.method != "FROB":
		fail("an answer that could be kept is not")
	}
}

func hasCORS(h http.Header) bool {
	for key := range h {
		if strings.HasPrefix(key, "Access-Control-") {
			return true
		}
	}
	return false
}

func variesByOrigin(h http.Header) bool {
	for key, values := range h {
		if strings.EqualFold(key, "Vary") && slices.Contains(values, "Origin") {
			return true
		}
	}
	return false
}

// browserApproves does what a browser does with the answer to a preflight, for a
// request with credentials where the answer allows them:
// https://fetch.spec.whatwg.org/#cors-preflight-fetch.
func browserApproves(rec *recorder, q question) bool {
	h := rec.header
	origin := h["Access-Control-Allow-Origin"]
	if rec.status < 200 || rec.status > 299 || len(origin) != 1 {
		return false
	}
	credentials := h.Get("Access-Control-Allow-Credentials") == "true"
	if origin[0] != q.origin && (origin[0] != "*" || credentials) {
		return false
	}
	listed := func(key, name string) bool {
		for value := range strings.SplitSeq(h.Get(key), ",") {
			value = strings.TrimSpace(value)
			if strings.EqualFold(value, name) && (key != "Access-Control-Allow-Methods" || value == name) {
				return true
			}
			if value == "*" && !credentials && name != "authorization" {
				return true
			}
		}
		return false
	}
	if !slices.Contains([]string{"GET", "HEAD", "POST"}, q.method) && !listed("Access-Control-Allow-Methods", q.method) {
		return false
	}
	if q.headers == "" {
		return true
	}
	for name := range strings.SplitSeq(q.headers, ",") {
		if !listed("Access-Control-Allow-Headers", name) {
			return false
		}
	}
	return true
}
