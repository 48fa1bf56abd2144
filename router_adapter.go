package routecors

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
	"github.com/routecors/routecors/internal/respwriter"
)

// A RouterAdapter is what the registry needs of a router. The packages stdmux and
// chi have one each; for another router it is one method to write. It must be comparable: a
// pointer, as a rule.
type RouterAdapter interface {
	// Resolve returns the Route whose handler the router would run for a request
	// like r sent with method; nil when that handler is none of ours, when none
	// would run (404, 405, a redirect), or when the adapter cannot tell. It runs no
	// handler and no middleware, neither keeps nor changes r, and is safe for
	// concurrent use.
	//
	// It recognises a Route by identity, as what sits in the router, and never by
	// the text of its pattern.
	Resolve(r *http.Request, method string) *Route
}

// An OPTIONSRegistrar is a RouterAdapter of a router that can hold a handler for
// OPTIONS beside the routes of a pattern. Without one, preflights are answered by
// CorsConfig.Handler alone.
type OPTIONSRegistrar interface {
	RouterAdapter

	// RegisterOPTIONS has preflights answer the preflights to pattern, which is as
	// it was given to NewRoute or NewResource. It is called once or more for a pattern.
	//
	// Routes of the adapter's own that receive OPTIONS requests (a user's OPTIONS
	// routes, routes without a method) get Preflights.Attach, now or when they come.
	// Where none does, the adapter puts a handler of its own in the router, which
	// asks Preflights.Answer first.
	//
	// An error says that a handler which is none of ours stands there and cannot be
	// kept working, and names both sides. That the router refuses the pattern for
	// another reason is none: a RouteVerifier reports it.
	RegisterOPTIONS(pattern string, preflights *Preflights) error
}

// An Entity is what Add takes: a *Route, a *Resource or a *Tree.
type Entity interface {
	// String names the entity as error texts do, "GET /items/{id}".
	String() string

	entity()
}

// A Route is one routing entity: the handler that a router runs for one method,
// or for every method, and a pattern. It is what sits in the router. Until it is
// added to a CorsConfig it passes every request through unchanged; from then on it
// sets the CORS response headers first.
//
// Routes are made by adapters, and must not be copied. All methods are safe for
// concurrent use.
type Route struct {
	adapter  RouterAdapter
	method   string // "" for every method
	pattern  string
	handler  http.Handler
	resource *Resource // that it is part of, if any

	added   atomic.Bool
	updated atomic.Uint32 // by Update: neverUpdated and so on

	// unplaced says that it was not known, when the router took the route, which trees it
	// is below; the first request to it finds out.
	unplaced atomic.Bool

	enabled atomic.Pointer[enabled]

	// preflights is set when OPTIONS requests to this route are asked for
	// preflights first.
	preflights atomic.Pointer[Preflights]

	tally atomic.Pointer[tally] // of refusals; nil before the first
}

// NewRoute returns the Route for an adapter to put into its router: for method
// ("" for every method) and pattern, running h. Pattern is the adapter's own
// spelling; this package only shows it, and gives it back to RegisterOPTIONS.
func NewRoute(a RouterAdapter, method, pattern string, h http.Handler) *Route {
	return &Route{adapter: a, method: method, pattern: pattern, handler: h}
}

// Method returns the method that the route serves, "" for every method.
func (route *Route) Method() string { return route.method }

// Pattern returns the pattern of the route as its router writes it, without the method.
func (route *Route) Pattern() string { return route.pattern }

// String returns the method and the pattern.
func (route *Route) String() string {
	if route.method == "" {
		return route.pattern
	}
	return route.method + " " + route.pattern
}

// MarshalText returns what String does: a route stands in JSON as its pattern.
func (route *Route) MarshalText() ([]byte, error) { return []byte(route.String()), nil }

// Adapter returns the adapter that registered the route.
func (route *Route) Adapter() RouterAdapter { return route.adapter }

// Unwrap returns the handler that the route runs.
func (route *Route) Unwrap() http.Handler { return route.handler }

func (*Route) entity() {}

func (route *Route) receivesOPTIONS() bool {
	return route.method == "" || route.method == http.MethodOptions
}

// ServeHTTP sets the CORS response headers if the route was added, and runs its
// handler. A route that receives OPTIONS requests answers preflights itself.
func (route *Route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := route.policy()
	if r.Method == http.MethodOptions {
		if p := route.preflights.Load(); p != nil && p.Answer(w, r, e != nil) {
			return
		}
	}
	if e == nil {
		route.handler.ServeHTTP(w, r)
		return
	}
	e.of(r.Method).serve(route, route.handler, w, r, r.Header["Origin"], false)
}

// exposing is the context key of a request whose response lists its headers.
type exposing struct{}

// serve runs next as the handler of route, its response decorated. origins are the
// Origin lines of r. It is called by CorsConfig.Handler, front, and by the route.
func (e *enabled) serve(route *Route, next http.Handler, w http.ResponseWriter, r *http.Request, origins []string, front bool) {
	var asked *asking
	live := e.live != nil && len(origins) == 1
	if live {
		r, asked = e.askingOf(r, front)
	}
	g, why, seen := e.decorate(route, w.Header(), r, asked, origins)
	if asked != nil {
		asked.keep(front)
	}
	if !front && (route.updated.Load() != neverUpdated || live && asked.anew()) && e.preflights.reg.fronted.Load() {
		e.noValue(route, g, w.Header())
	}
	if why.reason > NotCORS && !seen {
		e.unshared(route, why, next, w, r, origins, front)
		return
	}
	if reg := e.preflights.reg; reg.settings.logger != nil && g != nil && !seen && origins != nil {
		reg.logDebug("routecors: response shared", route, Allowed, r, false)
	}
	if g == nil || !g.exposeAll {
		next.ServeHTTP(w, r)
		return
	}
	if r.Context().Value(exposing{}) != nil {
		next.ServeHTTP(w, r) // the outer one sees every header of the response
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), exposing{}, true))
	w, finish := respwriter.Wrap(w, func(h http.Header) {
		if _, ok := h[aceh]; !ok && h[acao] != nil { // else the handler knows better
			h[aceh] = []string{headers.Expose(h)}
		}
	})
	defer finish() // also before someone further out answers for a panic
	next.ServeHTTP(w, r)
}

// Preflights answers CORS-preflight requests from the registry. An adapter gets
// it by RegisterOPTIONS. It is safe for concurrent use.
type Preflights struct {
	reg *registry
}

// Answer answers r if it is a CORS-preflight request for a Route that was added,
// and reports whether it did. With refuse it answers every other preflight, too,
// with a 403: for where no handler of the user's could.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-request.
func (p *Preflights) Answer(w http.ResponseWriter, r *http.Request, refuse bool) bool {
	if r.Method != http.MethodOptions {
		return false
	}
	origins, methods := r.Header["Origin"], r.Header[acrm]
	return origins != nil && methods != nil && p.answer(w, r, origins, methods, refuse)
}

// answer is Answer for a preflight with these lines. They are handed on from here: to
// look one up among the headers that a browser sends costs as much as to decide.
func (p *Preflights) answer(w http.ResponseWriter, r *http.Request, origins, methods []string, refuse bool) bool {
	route, why, answered := p.reply(w, r, origins, methods, refuse)
	p.reg.observePreflight(route, why, r, answered)
	return answered
}

// reply is answer for whoever counts and logs it, or does not. It also returns the
// route, if one was added, and why the preflight is refused, if it is.
func (p *Preflights) reply(w http.ResponseWriter, r *http.Request, origins, methods []string, refuse bool) (route *Route, why refusal, answered bool) {
	route, e := p.resolve(r, methods)
	if e != nil {
		var asked *asking
		if e.live != nil {
			asked = new(asking)
		}
		return route, e.answerPreflight(route, w, r, asked, origins, methods[0]), true
	}
	why = refusedMethod(methods)
	if refuse {
		p.reg.refuse(w, r, nil, nil, nil, why, "")
	}
	return nil, why, refuse
}

// Answers reports whether Answer would answer r without refuse. It is for routers
// that choose a handler by a function of the request, which they may ask often: it
// counts and logs nothing.
func (p *Preflights) Answers(r *http.Request) bool {
	methods := r.Header[acrm]
	if r.Method != http.MethodOptions || r.Header["Origin"] == nil || methods == nil {
		return false
	}
	_, e := p.resolve(r, methods)
	return e != nil
}

// Attach has route answer preflights before it runs its handler: all of them if
// it was added, else those of other routes that were.
func (p *Preflights) Attach(route *Route) {
	route.preflights.CompareAndSwap(nil, p)
}

// resolve returns the enabled route that would serve what the preflight r announces by
// methods, its Access-Control-Request-Method lines; nil if there is none.
func (p *Preflights) resolve(r *http.Request, methods []string) (*Route, *enabled) {
	if len(methods) != 1 || methods[0] == "" {
		return nil, nil
	}
	return p.reg.resolve(r, methods[0])
}

func (reg *registry) resolve(r *http.Request, method string) (*Route, *enabled) {
	route := reg.adapter.Resolve(r, method)
	if route == nil {
		return nil, nil
	}
	return route, route.policy().of(method)
}

// decidePreflight decides about r, the preflight of a request with method that route
// would serve. It returns the options of the page, and the header names to answer with;
// asked keeps what layers say that are not fixed.
func (e *enabled) decidePreflight(route *Route, r *http.Request, asked *asking, origins []string, method string) (g *grant, allowHeaders string, why refusal) {
	if len(origins) != 1 || e.constant && !origin.Valid(origins[0]) {
		return nil, "", refusal{OriginMalformed, first(origins)}
	}
	g, why = e.decide(route, r, asked, origins, method)
	if g == nil {
		return nil, "", why.precise()
	}
	allowHeaders, why = g.decideHeaders(r.Header[acrh])
	return g, allowHeaders, why
}

// answerPreflight answers r, the preflight of a request with method that route would
// serve, and returns why it refused it, if it did. asked is as of decidePreflight.
func (e *enabled) answerPreflight(route *Route, w http.ResponseWriter, r *http.Request, asked *asking, origins []string, method string) refusal {
	g, allowHeaders, why := e.decidePreflight(route, r, asked, origins, method)
	if why.reason != Allowed {
		e.preflights.reg.refuse(w, r, route, e, asked, why, method)
		return why
	}

	maxAge := g.maxAge
	if maxAge != "0" && e.mustNotKeep(r, route, g, asked, origins, method, allowHeaders) {
		maxAge = "0"
	}
	allowOrigin := origins[0]
	if g.star && !g.credentials {
		allowOrigin = "*"
	}
	allowMethods := ""
	if !headers.IsSafelistedMethod(method) {
		// The asked method alone: others may be served by other routes, and a browser
		// keeps what is listed here for all of the URL.
		allowMethods = method
	}

	h := w.Header()
	if len(h) > 0 {
		clearAll(h)
	}
	values := make(values, 0, 6)
	values.setVary(h, e.varyPreflight())
	values.set(h, acao, allowOrigin)
	if g.credentials {
		values.set(h, acac, "true")
	}
	values.set(h, acam, allowMethods)
	values.set(h, acah, allowHeaders)
	values.set(h, acma, maxAge)
	w.WriteHeader(e.preflights.reg.settings.preflightStatus)
	return refusal{}
}

// refuse answers the preflight r for method with the reason why not. route and e are
// nil where no route that was added would serve what it announces; asked is what was
// asked of layers that are not fixed.
func (reg *registry) refuse(w http.ResponseWriter, r *http.Request, route *Route, e *enabled, asked *asking, why refusal, method string) {
	if reg.settings.debug && e.explain(w, r, route, asked, why) {
		return
	}
	reg.refuse403(w, e, why, method)
}

// refuse403 answers a preflight for method with the reason why not. e is nil where no
// route was added.
func (reg *registry) refuse403(w http.ResponseWriter, e *enabled, why refusal, method string) {
	h := w.Header()
	if len(h) > 0 {
		clearAll(h)
	}
	values := make(values, 0, 3)
	values.setVary(h, e.varyPreflight())
	values.set(h, "Content-Type", "text/plain; charset=utf-8")
	values.set(h, "X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusForbidden)
	buffer, ok := reg.sentences.Get().(*[1 << 10]byte)
	if !ok {
		buffer = new([1 << 10]byte)
	}
	w.Write(append(why.append(buffer[:0], method), '\n'))
	reg.sentences.Put(buffer)
}

// A front is what CorsConfig.Handler returns.
type front struct {
	reg  *registry
	next http.Handler
}

// ServeHTTP answers the preflights of added routes, and sets the headers of
// actual responses before whatever may answer ahead of the route.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origins := r.Header["Origin"]
	if origins == nil {
		f.next.ServeHTTP(w, r)
		return
	}
	if r.Method == http.MethodOptions {
		if methods := r.Header[acrm]; methods != nil {
			if !f.reg.preflights.answer(w, r, origins, methods, false) {
				f.next.ServeHTTP(w, r)
			}
			return
		}
	}
	route, e := f.reg.resolve(r, r.Method)
	if e == nil {
		f.next.ServeHTTP(w, r)
		return
	}
	if reg := e.preflights.reg; reg != f.reg {
		reg.fronted.Store(true) // it is in front of routes of another registry, too
	}
	e.serve(route, f.next, w, r, origins, true)
}
