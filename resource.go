package routecors

import (
	"net/http"
	"sync"
)

// A Resource is one pattern without a method, with the routes that its Handle
// made: a layer of policy between the trees and those routes. Resources are
// made by adapters, and must not be copied. All methods are safe for concurrent use.
type Resource struct {
	adapter RouterAdapter
	pattern string
	handle  func(method string, h http.Handler) *Route

	mu      sync.Mutex // guards what follows; taken before registry.mu
	routes  []*Route
	reg     *registry // that it was added to
	layers  []*layer  // its policies, then those of the CorsConfig that it was added to; written with registry.mu, too
	nearest int       // how many of layers are its own
}

// NewResource returns a Resource for pattern. Its Handle registers routes by
// handle, which an adapter writes as it does its own registration.
func NewResource(a RouterAdapter, pattern string, handle func(method string, h http.Handler) *Route) *Resource {
	return &Resource{adapter: a, pattern: pattern, handle: handle}
}

// Pattern returns the pattern of the resource as its router writes it.
func (res *Resource) Pattern() string { return res.pattern }

// String returns the pattern.
func (res *Resource) String() string { return res.pattern }

func (*Resource) entity() {}

// Handle registers h for method, "" for every method, and the pattern of the
// resource. Before or after the resource was added, the route is covered by its
// policy where AllowMethods names the method; it can be added with a policy of its
// own as any other.
func (res *Resource) Handle(method string, h http.Handler) *Route {
	route := res.handle(method, h)
	res.take(route)
	if a, ok := outermost(res.adapter).(TreeAdapter); ok {
		a.Trees().Made(route)
	}
	return route
}

func (res *Resource) take(route *Route) {
	res.mu.Lock()
	defer res.mu.Unlock()
	route.resource = res
	res.routes = append(res.routes, route)
	if res.reg != nil {
		res.reg.mu.Lock()
		defer res.reg.mu.Unlock()
		res.cover(route)
	}
}

// cover enables route by the policy of the resource, if that names its method.
// Otherwise the route stays private. The caller holds registry.mu.
func (res *Resource) cover(route *Route) {
	if old := route.enabled.Load(); route.added.Load() || old != nil && old.preflights.reg != res.reg {
		return // another registry's tree covers it
	}
	if e := res.reg.covering(route); e != nil {
		res.reg.activate(route, e)
	}
}
