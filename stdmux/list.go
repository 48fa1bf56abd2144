package stdmux

import "github.com/routecors/routecors"

// Registered implements routecors.RouteLister: the routes of this adapter, and of those
// that Mount returned. A ServeMux cannot be listed, so that others are not known.
func (a *Adapter) Registered() (routes []routecors.Registered, complete bool) {
	return a.outermost().registered(nil), false
}

func (a *Adapter) registered(routes []routecors.Registered) []routecors.Registered {
	a.mu.Lock()
	own, mounted := a.routes, a.inner // elements are never written twice
	a.mu.Unlock()
	for _, route := range own {
		routes = append(routes, routecors.Registered{Method: route.Method(), Pattern: a.full(route.Pattern()), Route: route})
	}
	for _, inner := range mounted {
		routes = inner.registered(routes)
	}
	return routes
}
