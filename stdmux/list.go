package stdmux

import "github.com/routecors/routecors"

// Registered implements routecors.RouteLister: the routes of this adapter, and of those
// that Mount returned. A ServeMux cannot be listed, so that others are not known.
func (a *Adapter) Registered() (routes []routecors.Registered, complete bool) {
	for _, route := range a.Trees().Routes() {
		if of, ok := route.Adapter().(*Adapter); ok {
			routes = append(routes, routecors.Registered{Method: route.Method(), Pattern: of.full(route.Pattern()), Route: route})
		}
	}
	return routes, false
}
