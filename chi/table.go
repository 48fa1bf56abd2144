package chicors

import (
	"cmp"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/routecors/routecors"
)

// How a request is resolved.
//
// chi's Find routes as serving does, through mounted routers, but names patterns
// only: the pattern of a mount's stub is not that of a route, and a handler laid
// over a mount does not show in it. So the patterns that Find collects, one for
// each router on the way, are looked up in a table of handlers, one for each
// router, made from its Routes:
//
//	patterns ["/api/*", "/x/{id}"]  the outermost router's table says that "/api/*"
//	                                is a mount; that of the mounted router, which
//	                                handler has "/x/{id}" for the method
//
// Nothing here matches a path against a pattern; chi does.

// A level is the table of one router.
type level struct {
	routes   chi.Routes
	patterns map[string]*entry
	mounts   map[string]*level // by the blanked pattern up to the "*"
	getHead  bool              // middleware.GetHead is used

	placesOnce  sync.Once
	places      map[chi.Routes]*mountPoint
	behindOnce  sync.Once
	behind      *level
	methodsOnce sync.Once
	allMethods  []string
}

// An entry is the handlers of one pattern.
type entry struct {
	handlers map[string]http.Handler // by method
	all      http.Handler            // of a Handle or a Mount
	sub      *level                  // mounted here
}

var getHead = reflect.ValueOf(middleware.GetHead).Pointer()

// newLevel reads the table of routes, and of what is mounted below. A router that is
// mounted below itself ends there: what it serves cannot be told.
func newLevel(routes chi.Routes, above ...chi.Routes) *level {
	if r, ok := routes.(chi.Router); ok {
		routes = owner(r) // an inline router was mounted
	}
	above = append(slices.Clip(above), routes)
	l := &level{routes: routes, patterns: map[string]*entry{}, mounts: map[string]*level{}}
	for _, mw := range routes.Middlewares() {
		l.getHead = l.getHead || reflect.ValueOf(mw).Pointer() == getHead
	}
	for _, route := range routes.Routes() {
		e := &entry{handlers: route.Handlers, all: route.Handlers["*"]}
		delete(e.handlers, "*")
		maps.DeleteFunc(e.handlers, func(_ string, h http.Handler) bool { return isMount(h) })
		if route.SubRoutes != nil && !slices.ContainsFunc(above, func(r chi.Routes) bool { return same(r, route.SubRoutes) }) {
			e.sub = newLevel(route.SubRoutes, above...)
			l.mounts[strings.TrimSuffix(blank(route.Pattern), "*")] = e.sub
		}
		l.patterns[route.Pattern] = e
	}
	// Of two patterns of one node, only one names the mount.
	for pattern, e := range l.patterns {
		if e.sub != nil {
			e.sub = l.mounts[strings.TrimSuffix(blank(pattern), "*")]
		}
	}
	return l
}

// own returns the handler that the router itself has for pattern and method, also
// where it was laid over a mount.
func (l *level) own(pattern, method string) http.Handler {
	if e := l.patterns[pattern]; e != nil {
		return e.handlers[method]
	}
	return nil
}

// mounted returns what is mounted at pattern. stub says that pattern is one of
// Mount's for the path without more, where Find does not go down.
func (l *level) mounted(pattern string) (sub *level, stub bool) {
	if e := l.patterns[pattern]; e != nil && e.sub != nil {
		return e.sub, false
	}
	if !strings.HasSuffix(pattern, "/") {
		pattern += "/"
	}
	return l.mounts[blank(pattern)], true
}

var contexts = sync.Pool{New: func() any { return chi.NewRouteContext() }}

// find returns the handler that the router would run for method and path, and
// whether it would run any: the handler is nil, too, if it cannot be told.
func (l *level) find(method, path string) (h http.Handler, runs bool) {
	rctx := contexts.Get().(*chi.Context)
	defer contexts.Put(rctx)
again:
	rctx.Reset()
	l.routes.Find(rctx, method, path)
	for i, pattern := range rctx.RoutePatterns {
		h := l.own(pattern, method)
		o, ours := h.(*options)
		if ours && o.next == nil {
			if i > 0 {
				path = rctx.RoutePath
			}
			if behind, runs := l.withoutOurs().find(method, path); runs {
				return behind, true
			}
			return h, true
		}
		if h != nil && !(ours && isMount(o.next)) {
			return h, true
		}
		sub, stub := l.mounted(pattern)
		if sub == nil {
			return h, true // h is nil on the stub of a mount of another kind
		}
		if l = sub; l.getHead && method == http.MethodHead {
			// Below the outermost router the middleware looks for a path there which it
			// has cut itself, and takes GET even over a HEAD route of its own.
			return nil, true
		}
		if stub {
			path = "/"
			goto again
		}
	}
	return nil, false
}

// routeOf returns the Route in a handler of the tree, if it is one of ours.
func routeOf(h http.Handler) *routecors.Route {
	switch h := h.(type) {
	case *routecors.Route:
		return h
	case *options:
		route, _ := h.next.(*routecors.Route)
		return route
	}
	return nil
}

// Resolve implements routecors.RouterAdapter.
func (a *Adapter) Resolve(r *http.Request, method string) *routecors.Route {
	route, _ := a.Probe(r, method)
	return route
}

// Probe implements routecors.Prober.
func (a *Adapter) Probe(r *http.Request, method string) (route *routecors.Route, runs bool) {
	l, method, path, ok := a.locate(r, method)
	if !ok {
		return nil, true
	}
	if method == http.MethodHead && l.getHead {
		if r.URL.RawPath != "" && path != urlPath(r) {
			return nil, true // it starts from the escaped path, others from the plain one
		}
		// Whether the middleware comes before or after one that rewrites the path
		// cannot be told.
		method = l.headBy(path)
		if method != l.headBy(urlPath(r)) {
			return nil, true
		}
	}
	h, runs := l.find(method, path)
	return routeOf(h), runs
}

// headBy returns the method by which middleware.GetHead has l route HEAD: GET,
// where Find knows no pattern for HEAD.
func (l *level) headBy(path string) string {
	rctx := contexts.Get().(*chi.Context)
	defer contexts.Put(rctx)
	rctx.Reset()
	if l.routes.Find(rctx, http.MethodHead, path) != "" {
		return http.MethodHead
	}
	return http.MethodGet
}

// urlPath returns the path by which chi routes where no middleware set another.
func urlPath(r *http.Request) string {
	return cmp.Or(r.URL.RawPath, r.URL.Path, "/")
}

// locate returns the outermost table, and the method and path by which the
// outermost router routes r; false if that cannot be told.
func (t *tree) locate(r *http.Request, method string) (l *level, m, path string, ok bool) {
	path = urlPath(r)
	rctx := chi.RouteContext(r.Context())
	if rctx == nil {
		return t.level(), method, path, true
	}
	l = t.level()
	if rctx.Routes != nil && rctx.Routes != chi.Routes(t.outermost.base) {
		l = t.levelOf(rctx.Routes)
	}
	if method == r.Method && rctx.RouteMethod != "" {
		method = rctx.RouteMethod // of middleware.GetHead
	}
	path, ok = l.rootPath(rctx, path)
	return l, method, path, ok
}

// level returns the table of the outermost router.
func (t *tree) level() *level {
	l := t.table.Load()
	if l == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		if l = t.table.Load(); l == nil {
			l = newLevel(t.outermost.base)
			t.table.Store(l)
		}
	}
	return l
}

// levelOf returns the table of a router that holds the outermost one.
func (t *tree) levelOf(routes chi.Routes) *level {
	if l, ok := t.others.Load(routes); ok {
		return l.(*level)
	}
	l, _ := t.others.LoadOrStore(routes, newLevel(routes))
	return l.(*level)
}

// rootPath returns the path by which l, the outermost router, routed or will
// route a request whose URL has the path url. A middleware may have set another
// one in the route context (StripSlashes does); below a mount that is no longer
// there, and the path is known only if nothing was rewritten on the way.
func (l *level) rootPath(rctx *chi.Context, url string) (path string, ok bool) {
	here := rctx.RoutePath
	if here == "" {
		here = url
	}
	rest, values := url, rctx.URLParams.Values
	for i, pattern := range rctx.RoutePatterns {
		h, last := l.own(pattern, rctx.RouteMethod), i == len(rctx.RoutePatterns)-1
		if o, ours := h.(*options); h != nil && !(ours && isMount(o.next) && !last) {
			// It is one of ours, and this is its request, or it holds another router
			// that we cannot look into.
			if !ours && routeOf(h) == nil || !last {
				return "", false
			}
			if i > 0 {
				return url, rest == here
			}
			if ours && o.next == nil && rctx.RoutePath == "" {
				return url, true // nothing can stand between the router and this handler
			}
			return here, l.matched(rctx.RouteMethod, here) == h
		}
		sub, _ := l.mounted(pattern)
		if sub == nil {
			return "", false
		}
		before := rest
		if rest, values, ok = cutPattern(pattern, rest, values); !ok {
			return "", false
		}
		if last && here == before {
			return url, true // in an inline middleware of the mount, which has not shifted the path yet
		}
		l = sub
	}
	if len(rctx.RoutePatterns) == 0 {
		return here, true
	}
	return url, rest == here
}

// matched returns the handler of l's own that l matches first for method and path.
func (l *level) matched(method, path string) http.Handler {
	rctx := contexts.Get().(*chi.Context)
	defer contexts.Put(rctx)
	rctx.Reset()
	l.routes.Find(rctx, method, path)
	if len(rctx.RoutePatterns) == 0 {
		return nil
	}
	return l.own(rctx.RoutePatterns[0], method)
}

// methods returns every method that some handler of l, or below, was registered for.
func (l *level) methods() []string {
	l.methodsOnce.Do(func() {
		all := map[string]bool{}
		for _, e := range l.patterns {
			for m := range e.handlers {
				all[m] = true
			}
			if e.sub != nil {
				for _, m := range e.sub.methods() {
					all[m] = true
				}
			}
		}
		l.allMethods = slices.Sorted(maps.Keys(all))
	})
	return l.allMethods
}
