package chicors

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"sort"
	"unsafe"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

// Routes turns every route that is on the router, and on the routers mounted in
// it, into a Route, in place, and returns them all: by pattern, the outer router's
// first. Inline middlewares stay, inside the Route. A handler of Handle becomes one
// Route for every method. Handlers of other kinds of router that are mounted are
// left alone: what they serve cannot be told.
//
//	for _, route := range router.Routes() {
//		err := cors.Add(route)
//	}
func (a *Adapter) Routes() []*routecors.Route {
	var all []*routecors.Route
	here := a.On(a.base)
	table := a.base.Routes()
	sort.Slice(table, func(i, j int) bool { return table[i].Pattern < table[j].Pattern })
	for _, r := range table {
		all = append(all, here.convert(r)...)
	}
	for _, r := range table {
		if sub, ok := r.SubRoutes.(chi.Router); ok {
			for _, route := range a.On(sub).Routes() {
				if !slices.Contains(all, route) { // a router may be mounted twice
					all = append(all, route)
				}
			}
		}
	}
	return all
}

// convert makes the handlers of one pattern Routes.
func (a *Adapter) convert(r chi.Route) (routes []*routecors.Route) {
	whole := r.Handlers["*"] // of a Handle or a Mount
	delete(r.Handlers, "*")
	var every *routecors.Route
	var known []*routecors.Route // before
	for _, m := range slices.Sorted(maps.Keys(r.Handlers)) {
		h := r.Handlers[m]
		ours, _ := h.(*options)
		if ours != nil {
			h = ours.next
		}
		if h == nil || isMount(h) {
			continue
		}
		route, _ := h.(*routecors.Route)
		if route != nil {
			known = append(known, route)
		} else {
			switch {
			case whole == nil || !same(h, whole):
				route = a.newRoute(m, r.Pattern, h)
			case every == nil:
				every = a.newRoute("", r.Pattern, whole)
				fallthrough
			default:
				route = every
			}
			h = route
			if ours != nil {
				h = &options{a, route, ours.users}
			}
			a.base.Method(m, r.Pattern, h)
		}
		if !slices.Contains(routes, route) {
			routes = append(routes, route)
		}
	}
	a.changed()
	for _, route := range routes {
		if !slices.Contains(known, route) {
			a.trees.Made(route)
		}
	}
	return routes
}

// same reports whether a and b are one value that was stored twice, as Handle does
// for each method. Functions cannot be compared in Go, and two closures of one
// constructor, one of them private, have the same code: only the words of the
// interface tell.
func same(a, b any) bool {
	return *(*[2]uintptr)(unsafe.Pointer(&a)) == *(*[2]uintptr)(unsafe.Pointer(&b))
}

// mountCode is the code of the handler that chi.Mux.Mount registers.
var mountCode = func() uintptr {
	r := chi.NewRouter()
	r.Mount("/x", chi.NewRouter())
	return reflect.ValueOf(r.Routes()[0].Handlers["*"]).Pointer()
}()

// isMount reports whether h is the handler of a mount, inline middlewares aside.
func isMount(h http.Handler) bool {
	if chain, ok := h.(*chi.ChainHandler); ok {
		h = chain.Endpoint
	}
	f, ok := h.(http.HandlerFunc)
	return ok && reflect.ValueOf(f).Pointer() == mountCode
}
