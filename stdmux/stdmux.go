// Package stdmux adapts net/http.ServeMux to routecors.
//
//	mux := http.NewServeMux()
//	router := stdmux.New(mux)
//	cors, err := routecors.Setup(router, defaults)
//	…
//	err = cors.Add(router.HandleFunc("GET /articles/{id}", article))
//	mux.HandleFunc("DELETE /articles/all", purge) // private
//
// # What is registered in the mux
//
// A Route goes into the mux under the pattern that it was given, as the handler.
// The first cors.Add of a pattern adds a handler for OPTIONS: under the same path,
// and, where that ends in a slash, under the path without it, if ServeMux would
// redirect what it served there before. Patterns that differ in the names of their wildcards only
// share it. A route without a method receives OPTIONS anyway and gets none.
//
// ServeMux refuses a pattern that overlaps another without being more specific.
// Where it refuses ours, Add succeeds all the same: preflights for that pattern are
// then answered by CorsConfig.Handler, and CorsConfig.Verify says so to programs
// that serve the mux bare. The other way round, a pattern that is registered after
// an Add may be refused for ours: register routes without a method first, or set
// up with routecors.WithoutSyntheticOPTIONS and serve through CorsConfig.Handler.
//
// A user's own OPTIONS handler is registered with Handle("OPTIONS /x", h), before
// or after Add. It gets everything that is no preflight of an added route.
package stdmux

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/routecors/routecors"
)

var (
	_ routecors.OPTIONSRegistrar = (*Adapter)(nil)
	_ routecors.Prober           = (*Adapter)(nil)
	_ routecors.RouteLister      = (*Adapter)(nil)
	_ routecors.RequestRestorer  = (*Adapter)(nil)
	_ routecors.RouteVerifier    = (*Adapter)(nil)
	_ routecors.Sampler          = (*Adapter)(nil)
)

// An Adapter registers routes on a ServeMux and finds them again. A mux should have
// but one. It must be of
// the mux that sees a request first: one that is mounted in another mux is
// declared with Mount. All methods are safe for concurrent use, while the mux
// serves, too.
type Adapter struct {
	mux   *http.ServeMux
	users *http.ServeMux // the user's own OPTIONS routes alone
	mount *mount         // that leads here from another mux; nil for the outermost

	mounted atomic.Bool // some mount leads on from the outermost

	mu         sync.Mutex            // guards what follows
	slots      map[string]*slot      // by the key of a pattern
	refused    map[*slot]error       // why the mux has no handler of ours there
	preflights *routecors.Preflights // to be answered; nil before the first Add
	methods    []string              // of routes

	trees routecors.Trees // of the outermost adapter
}

// New returns the adapter of mux, which is http.DefaultServeMux if nil.
func New(mux *http.ServeMux) *Adapter {
	if mux == nil {
		mux = http.DefaultServeMux
	}
	return &Adapter{mux: mux, users: http.NewServeMux(), slots: map[string]*slot{}, refused: map[*slot]error{}}
}

// Handle registers h for pattern, as ServeMux writes it: "PUT /articles/{id}". The
// route that it returns is private until it is added. Handle panics where
// ServeMux.Handle does, but for a nil handler, which Add reports.
func (a *Adapter) Handle(pattern string, h http.Handler) *routecors.Route {
	route := a.register(pattern, h)
	a.Trees().Made(route)
	return route
}

// register is Handle, which the trees are not told of.
func (a *Adapter) register(pattern string, h http.Handler) *routecors.Route {
	method, path := cutMethod(pattern)
	route := routecors.NewRoute(a, method, path, h)
	a.mu.Lock()
	defer a.mu.Unlock()
	if method != "" && method != http.MethodOptions {
		a.handle(pattern, route)
		if !slices.Contains(a.methods, method) {
			a.methods = append(a.methods, method)
		}
		return route
	}
	if s := a.slots[key(path)]; s != nil && s.inMux && method != "" {
		a.users.Handle(pattern, route) // in the mux, ours has the path
		s.users.Store(true)
		return route
	}
	a.handle(pattern, route)
	if method != "" {
		a.users.Handle(pattern, route)
	}
	s := a.slot(path)
	if s.route == nil || method != "" {
		s.route = route
	}
	if a.preflights != nil {
		a.preflights.Attach(route)
		delete(a.refused, s) // route does what ours could not
	}
	return route
}

// HandleFunc is Handle for a function.
func (a *Adapter) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) *routecors.Route {
	return a.Handle(pattern, http.HandlerFunc(h))
}

// Resource returns the resource of pattern, which has no method: a host, if any,
// and a path. Routes that were registered with Handle are not part of it.
func (a *Adapter) Resource(pattern string) *routecors.Resource {
	return routecors.NewResource(a, pattern, func(method string, h http.Handler) *routecors.Route {
		return a.register(strings.TrimLeft(method+" "+pattern, " "), h)
	})
}

// handle registers route. If the mux refuses the user's pattern for one of ours,
// the panic says so: the mux's own text names a line of this package.
func (a *Adapter) handle(pattern string, route *routecors.Route) {
	err := try(a.mux, pattern, route)
	if err == nil {
		return
	}
	// The mux names the pattern that was there first, the user's before ours.
	_, text, _ := strings.Cut(err.Error(), "conflicts with pattern ")
	quoted, _ := strconv.QuotedPrefix(text)
	theirs, _ := strconv.Unquote(quoted) // "" if the mux says something else
	if method, path := cutMethod(theirs); method == http.MethodOptions {
		if s := a.slots[key(path)]; s != nil && s.inMux {
			panic(fmt.Sprintf("stdmux: pattern %q conflicts with %q, which answers preflights; register it before cors.Add, or set up with WithoutSyntheticOPTIONS and serve through cors.Handler", pattern, theirs))
		}
	}
	panic(err.Error())
}

// slot returns the slot of path, a pattern without a method. The caller holds a.mu.
func (a *Adapter) slot(path string) *slot {
	k := key(path)
	s := a.slots[k]
	if s == nil {
		s = &slot{adapter: a}
		a.slots[k] = s
	}
	return s
}

// Outermost returns the adapter of the mux that sees requests first.
func (a *Adapter) Outermost() routecors.RouterAdapter { return a.outermost() }

func (a *Adapter) outermost() *Adapter {
	for a.mount != nil {
		a = a.mount.outer
	}
	return a
}

// Resolve implements routecors.RouterAdapter. It asks the mux itself, which hands
// back the very handler that it would run.
func (a *Adapter) Resolve(r *http.Request, method string) *routecors.Route {
	route, _ := a.Probe(r, method)
	return route
}

// Probe implements routecors.Prober.
func (a *Adapter) Probe(r *http.Request, method string) (route *routecors.Route, runs bool) {
	if a = a.outermost(); a.mounted.Load() {
		r = a.restore(r)
	}
	if r.RequestURI == "*" {
		return nil, false // net/http answers it before the mux
	}
	return a.probe(r, method)
}

// Restore implements routecors.RequestRestorer.
func (a *Adapter) Restore(route *routecors.Route, r *http.Request) *http.Request {
	if at, ok := route.Adapter().(*Adapter); !ok || at.mount == nil {
		return r
	}
	return a.outermost().restore(r)
}

// restore returns r as a, the outermost adapter, got it.
func (a *Adapter) restore(r *http.Request) *http.Request {
	if outer, ok := r.Context().Value(outerRequest{a}).(*http.Request); ok {
		return outer
	}
	return r
}

// probe is Probe for a request as this mux sees it.
func (a *Adapter) probe(r *http.Request, method string) (route *routecors.Route, runs bool) {
	h, pattern := a.handler(r, method)
	if _, ours := h.(*slot); ours {
		behind := a.behind(r)
		if behind == nil {
			return nil, true
		}
		h, pattern = behind.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL})
	}
	switch h := h.(type) {
	case *routecors.Route:
		return h, true
	case *mount:
		return h.probe(r, method)
	}
	return nil, pattern != ""
}

// noMethod is a method that no pattern can name, so that only patterns without a
// method match it.
const noMethod = "\x00"

// noHost is a host that no pattern can name.
const noHost = "\x00"

// handler returns the handler that the mux would run for r sent with method. The
// mux reads nothing but these three fields.
func (a *Adapter) handler(r *http.Request, method string) (http.Handler, string) {
	return a.mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL})
}

// try registers h, and turns the panic of the mux into an error.
func try(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// A mount is the handler in one mux that leads to another.
type mount struct {
	outer, inner *Adapter
	host, prefix string
	next         http.Handler
	preflights   atomic.Pointer[routecors.Preflights]
}

// outerRequest is the context key of a request as the outermost mux saw it.
type outerRequest struct{ outermost *Adapter }

// Mount registers sub for every path under prefix, such as "/api" or
// "example.com/api", which is stripped as http.StripPrefix does; the middlewares
// run before sub, the first one outermost. It returns the adapter that registers
// routes on sub. The same registry holds them, and preflights for them are
// answered before the middlewares run. Mount panics if prefix has a method,
// wildcards or escapes, which http.StripPrefix does not know.
//
// To mount a mux by hand is to hide its routes: Resolve cannot look through
// http.StripPrefix, and refuses.
func (a *Adapter) Mount(prefix string, sub *http.ServeMux, middlewares ...func(http.Handler) http.Handler) *Adapter {
	if strings.ContainsAny(prefix, "{% \t") {
		panic(fmt.Sprintf("stdmux: Mount(%q): a prefix is a literal path without escapes, after a host if any", prefix))
	}
	prefix = strings.TrimSuffix(prefix, "/") + "/"
	inner := New(sub)
	next := http.Handler(inner.mux)
	for i := len(middlewares) - 1; i >= 0; i-- {
		next = middlewares[i](next)
	}
	host, path := cutHost(prefix)
	path = strings.TrimSuffix(path, "/")
	inner.mount = &mount{outer: a, inner: inner, host: host, prefix: path, next: http.StripPrefix(path, next)}
	a.mux.Handle(prefix, inner.mount)
	a.outermost().mounted.Store(true)
	return inner
}

func (m *mount) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header["Origin"] != nil {
		key := outerRequest{m.outer.outermost()}
		// A handler may send another request through the outermost mux, in the context of its own.
		if m.outer.mount == nil || r.Context().Value(key) == nil {
			r = r.WithContext(context.WithValue(r.Context(), key, r))
		}
		if p := m.preflights.Load(); p != nil && p.Answer(w, r, false) {
			return
		}
	}
	m.next.ServeHTTP(w, r)
}

func (m *mount) probe(r *http.Request, method string) (route *routecors.Route, runs bool) {
	under := m.strip(r)
	if under == nil {
		return nil, false
	}
	return m.inner.probe(under, method)
}

// strip returns r with the prefix stripped as http.StripPrefix does; nil if r has another.
func (m *mount) strip(r *http.Request) *http.Request {
	path, ok := strings.CutPrefix(r.URL.Path, m.prefix)
	rawPath, rawOK := strings.CutPrefix(r.URL.RawPath, m.prefix)
	if !ok || !rawOK && r.URL.RawPath != "" {
		return nil
	}
	url := *r.URL
	url.Path, url.RawPath = path, rawPath
	return &http.Request{Host: r.Host, URL: &url}
}
