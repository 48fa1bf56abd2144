package chicors

import (
	"maps"
	"slices"
	"strings"

	"github.com/routecors/routecors"
)

// Registered implements routecors.RouteLister: every route of the router that New was
// given, and of the chi routers that are mounted in it; one that is mounted twice is
// listed twice. A handler of another kind that is mounted is one route, and the list
// is not complete then.
func (a *Adapter) Registered() (routes []routecors.Registered, complete bool) {
	return newLevel(a.outermost.base).registered("/", nil)
}

// registered appends the routes of l, which is mounted at prefix, and of what is below.
func (l *level) registered(prefix string, routes []routecors.Registered) (all []routecors.Registered, complete bool) {
	complete = true
	for _, pattern := range slices.Sorted(maps.Keys(l.patterns)) {
		e, full := l.patterns[pattern], prefix+strings.TrimPrefix(pattern, "/")
		for _, r := range e.registered() {
			r.Pattern = full
			routes = append(routes, r)
		}
		if below, wild := strings.CutSuffix(full, "*"); wild && isMount(e.all) {
			if e.sub == nil {
				routes, complete = append(routes, routecors.Registered{Pattern: full}), false
				continue
			}
			var known bool
			routes, known = e.sub.registered(below, routes)
			complete = complete && known
		}
	}
	return routes, complete
}

// registered returns the routes of one pattern, mounts aside, by method: what a Handle
// stored for every method is one.
func (e *entry) registered() (routes []routecors.Registered) {
	for _, m := range slices.Sorted(maps.Keys(e.handlers)) {
		h := e.handlers[m]
		if ours, ok := h.(*options); ok {
			h = ours.next
		}
		if h == nil || isMount(h) {
			continue // ours alone, or in front of a mount
		}
		r := routecors.Registered{Method: m, Route: routeOf(h)}
		if r.Route != nil {
			r.Method = r.Route.Method()
		} else if e.all != nil && same(h, e.all) {
			r.Method = ""
		}
		if !slices.Contains(routes, r) {
			routes = append(routes, r)
		}
	}
	return routes
}
