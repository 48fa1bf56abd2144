package routecors

import (
	"cmp"
	"slices"
)

// A Registered is one route that a router has, whether it is open to other origins
// or private.
type Registered struct {
	Method  string // "" for every method
	Pattern string // of the whole router, with the prefixes of mounts
	Route   *Route // nil if the handler is none of ours
	Public  bool   // it was added, or its Resource or a Tree covers it; adapters leave it to AllRoutes
}

// A RouteLister is a RouterAdapter that can list the routes of its router.
type RouteLister interface {
	RouterAdapter

	// Registered returns the routes that the router has, in any order: those that
	// the adapter made, and as far as it can tell the others. Handlers for OPTIONS
	// that the adapter registered by itself are left out. Complete says that there
	// are no others.
	Registered() (routes []Registered, complete bool)
}

// AllRoutes returns the routes that the router has, public and private, sorted by
// pattern and method. Complete says that there are no others: a ServeMux cannot be
// listed, so that its adapter knows only what was registered through it. Of an adapter
// that is no RouteLister, AllRoutes knows the public ones alone.
func (c *CorsConfig) AllRoutes() (routes []Registered, complete bool) {
	c.reg.settle()
	if l, ok := c.reg.adapter.(RouteLister); ok {
		routes, complete = l.Registered()
	} else {
		for _, route := range c.reg.enabledRoutes() {
			routes = append(routes, Registered{Method: route.method, Pattern: route.pattern, Route: route})
		}
	}
	for i, r := range routes {
		if r.Route != nil {
			e := r.Route.enabled.Load()
			routes[i].Public = e != nil && e.preflights.reg == c.reg
		}
	}
	slices.SortStableFunc(routes, func(a, b Registered) int {
		return cmp.Or(cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(a.Method, b.Method))
	})
	return routes, complete
}
