// Package chicors adapts go-chi/chi v5 to routecors.
//
//	r := chi.NewRouter()
//	router := chicors.New(r)
//	cors, err := routecors.Setup(router, defaults)
//	…
//	r.Use(cors.Handler) // after what rewrites paths, before auth
//	err = cors.Add(router.Get("/articles/{id}", article))
//	r.Route("/admin", func(r chi.Router) {
//		r.Use(auth)
//		err = cors.Add(router.On(r).Put("/articles/{id}", put))
//	})
//	r.Delete("/articles/all", purge) // private
//
// # What is registered in the router
//
// A Route goes into the tree under the pattern that it was given, as the handler.
// It stands outside the inline middlewares of With and Group, so that a page can
// read the 401 of one of them. The first cors.Add of a pattern adds a handler for
// OPTIONS on the router that owns the tree, where no inline middleware stands
// before it. A handler for OPTIONS that is there already is wrapped and kept; one
// that comes later through the adapter is, too. Middlewares of Use do stand before
// both: CorsConfig.Handler answers ahead of those that come after it.
//
// A handler that is there means one of the same pattern: users' own OPTIONS handlers
// for narrower patterns receive the preflights to these, unless they were registered
// through the adapter, or CorsConfig.Handler is used.
//
// # What chi does
//
// chi overwrites: of two handlers for one method and pattern the later stays. If
// that was not registered through the adapter, the route, or the handler for
// OPTIONS, is gone, and its preflights are refused; CorsConfig.Verify reports it.
//
// Registering a route while chi serves is a data race in chi itself. Register and
// add everything before. The tree is read at the first request after the adapter
// last changed it: what is registered on the bare router after that is not seen.
//
// Middlewares that rewrite paths (StripSlashes, CleanPath, PathRewrite) belong to the
// outermost router, before r.Use(cors.Handler). In a sub-router they come after
// the answer was given, for the path as it was. Served bare, preflights into
// sub-routers are refused where the path was rewritten.
//
// chi.Walk shows a route of the adapter as a *routecors.Route; its inline
// middlewares are inside.
package chicors

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

var (
	_ routecors.OPTIONSRegistrar = (*Adapter)(nil)
	_ routecors.Prober           = (*Adapter)(nil)
	_ routecors.RouteLister      = (*Adapter)(nil)
	_ routecors.RouteVerifier    = (*Adapter)(nil)
	_ routecors.Sampler          = (*Adapter)(nil)
)

// An Adapter registers routes on a chi router and finds them again. Its methods
// register as those of chi.Router do, and return the Route, which is private
// until it is added. Resolve is safe for concurrent use; registration is as little
// as it is in chi.
type Adapter struct {
	*tree
	on   chi.Router // to register on
	base chi.Router // the owner of on's tree: on itself, unless that is inline
}

// A tree is what the adapters of one router share.
type tree struct {
	outermost *Adapter

	table  atomic.Pointer[level] // of the outermost router; nil if it must be read
	others sync.Map              // chi.Routes to *level: of routers that hold the outermost

	mu    sync.Mutex                     // of reading the table
	slots map[chi.Router]map[string]bool // the blanked patterns that have their handler for OPTIONS

	preflights *routecors.Preflights // to be answered; nil before the first Add
	receivers  []*routecors.Route    // of OPTIONS requests, until then

	trees routecors.Trees
}

// New returns the adapter of r, which must be the router that sees requests first.
// Of a router that is mounted in another chi router it resolves from the outermost
// one, but not through a middleware by hand round the mount; under an
// http.ServeMux with StripPrefix, CorsConfig.Handler must stand inside of it.
func New(r chi.Router) *Adapter {
	t := &tree{slots: map[chi.Router]map[string]bool{}}
	a := &Adapter{t, r, owner(r)}
	t.outermost = a
	return a
}

// On returns the same adapter registering on sub: a router of Route, Group, With
// or Mount below the outermost one.
func (a *Adapter) On(sub chi.Router) *Adapter { return &Adapter{a.tree, sub, owner(sub)} }

// Outermost returns the adapter that New made.
func (a *Adapter) Outermost() routecors.RouterAdapter { return a.outermost }

// owner returns the router that owns the tree which r registers in. A router of
// With or Group is "inline": it shares the tree of its parent and wraps what it
// registers. chi does not tell the two apart in its API.
func owner(r chi.Router) chi.Router {
	mux, ok := r.(*chi.Mux)
	if !ok {
		return r
	}
	for {
		fields := reflect.ValueOf(mux).Elem()
		inline, parent := fields.FieldByName("inline"), fields.FieldByName("parent")
		if inline.Kind() != reflect.Bool || !inline.Bool() || parent.Type() != reflect.TypeOf(mux) || parent.IsNil() {
			return mux
		}
		mux = (*chi.Mux)(parent.UnsafePointer())
	}
}

// Handle registers h for every method, or for the one before the pattern:
// "OPTIONS /x".
func (a *Adapter) Handle(pattern string, h http.Handler) *routecors.Route {
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		return a.Method(pattern[:i], strings.TrimLeft(pattern[i+1:], " \t"), h)
	}
	return a.handle("", pattern, h)
}

// HandleFunc is Handle for a function.
func (a *Adapter) HandleFunc(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.Handle(pattern, h)
}

// Method registers h for one method, in any case.
func (a *Adapter) Method(method, pattern string, h http.Handler) *routecors.Route {
	return a.handle(strings.ToUpper(method), pattern, h)
}

// MethodFunc is Method for a function.
func (a *Adapter) MethodFunc(method, pattern string, h http.HandlerFunc) *routecors.Route {
	return a.Method(method, pattern, h)
}

// Connect registers h for CONNECT. No page can send it, so that the route cannot be added.
func (a *Adapter) Connect(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodConnect, pattern, h)
}

// Delete registers h for DELETE.
func (a *Adapter) Delete(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodDelete, pattern, h)
}

// Get registers h for GET, which in chi does not include HEAD.
func (a *Adapter) Get(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodGet, pattern, h)
}

// Head registers h for HEAD.
func (a *Adapter) Head(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodHead, pattern, h)
}

// Options registers the user's own handler for OPTIONS. It gets everything that is
// no preflight of an added route.
func (a *Adapter) Options(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodOptions, pattern, h)
}

// Patch registers h for PATCH.
func (a *Adapter) Patch(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodPatch, pattern, h)
}

// Post registers h for POST.
func (a *Adapter) Post(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodPost, pattern, h)
}

// Put registers h for PUT.
func (a *Adapter) Put(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodPut, pattern, h)
}

// Query registers h for QUERY.
func (a *Adapter) Query(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle("QUERY", pattern, h)
}

// Trace registers h for TRACE. No page can send it, so that the route cannot be added.
func (a *Adapter) Trace(pattern string, h http.HandlerFunc) *routecors.Route {
	return a.handle(http.MethodTrace, pattern, h)
}

// Resource returns the resource of pattern. Routes that were registered otherwise
// are not part of it.
func (a *Adapter) Resource(pattern string) *routecors.Resource {
	return routecors.NewResource(a, pattern, func(method string, h http.Handler) *routecors.Route {
		return a.register(strings.ToUpper(method), pattern, h)
	})
}

// handle registers h for method ("" for every method) and returns its Route.
func (a *Adapter) handle(method, pattern string, h http.Handler) *routecors.Route {
	route := a.register(method, pattern, h)
	a.trees.Made(route)
	return route
}

// register is handle, which the trees are not told of.
func (a *Adapter) register(method, pattern string, h http.Handler) *routecors.Route {
	if f, ok := h.(http.HandlerFunc); ok && f == nil {
		h = nil // so that Add sees it
	}
	var ours *options
	switch method {
	case http.MethodOptions:
		ours, _ = a.optionsAt(pattern).handler.(*options)
	case "":
		delete(a.slots[a.base], blank(pattern)) // ours is overwritten like all else
	}
	if a.on != a.base && h != nil {
		// chi itself registers it first: it panics on what is wrong, and from then on
		// on a Use that would come too late. Then the Route replaces it on the base,
		// with the inline middlewares inside.
		own := a.on.Middlewares()
		inline := slices.Clone(own)
		func() {
			// The middlewares are made once, for the chain that stays.
			defer copy(own, inline)
			for i := range own {
				own[i] = func(next http.Handler) http.Handler { return next }
			}
			register(a.on, method, pattern, h)
		}()
		if len(inline) > 0 {
			h = chi.Chain(inline...).Handler(h)
		}
	}
	route := a.newRoute(method, pattern, h)
	if ours != nil {
		register(a.base, method, pattern, &options{a, route, true})
	} else {
		register(a.base, method, pattern, route)
	}
	a.changed()
	return route
}

// newRoute returns a Route, which answers preflights if it receives them.
func (a *Adapter) newRoute(method, pattern string, h http.Handler) *routecors.Route {
	route := routecors.NewRoute(a, method, pattern, withView(h))
	switch {
	case method != "" && method != http.MethodOptions:
	case a.preflights != nil:
		a.preflights.Attach(route)
	default:
		a.receivers = append(a.receivers, route)
	}
	return route
}

func register(r chi.Router, method, pattern string, h http.Handler) {
	if method == "" {
		r.Handle(pattern, h)
		return
	}
	r.Method(method, pattern, h)
}

// changed has the tree read again.
func (t *tree) changed() {
	t.table.Store(nil)
	t.others.Clear()
}
