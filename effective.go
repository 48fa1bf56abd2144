package routecors

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A RoutePolicy is what is in force for one route that is open to some origin.
type RoutePolicy struct {
	Route   *Route
	Covered bool // by its Resource or a Tree; the route itself was not added

	// Method is that of an entry of a View, whose handler serves several: all the rest is about
	// that method. It is "" for the other methods, and for routes of other handlers.
	Method string

	// Origins are the keys of all layers, in the order in which they are asked: the
	// nearest layer first, in a layer by precedence. The first that matches an origin
	// decides. Keys that cannot decide, behind a "*", behind the same key in a nearer
	// layer, an exact origin behind a pattern of a nearer layer, are left out.
	Origins []OriginPolicy

	// CrossOriginResourcePolicy is that of every response, whatever key decides; "" for
	// none.
	CrossOriginResourcePolicy string

	// Sample is a request that the router would run the route for; nil if none is
	// known. Its Method is "" where the route serves every method, its Pattern that of
	// the route with those of the mounts that lead to it.
	Sample *http.Request
}

// An OriginPolicy is one key of a Policy, with the options that it was given.
type OriginPolicy struct {
	Origin  string          // the key
	Layer   string          // that has it: "route", "view", "resource", "tree", "group" or "defaults"
	Options ResourceOptions // lists are sorted, header names spelled as they are sent
	Methods []string        // that the route allows this origin; {"*"} all but the forbidden ones; none with Deny

	// Dynamic says that the function of a Dynamic decides here, for every origin that
	// no key before this one matches. Origin is "(dynamic)", and there are no options.
	Dynamic bool
}

// A Sampler is a RouterAdapter that can make up requests for its routes.
type Sampler interface {
	RouterAdapter

	// Sampler returns a function that returns a request which the router would run
	// route for, with Method, Host, URL and Pattern; nil if none is known. What it needs of the
	// router as a whole it may read once.
	Sampler() func(route *Route) *http.Request
}

// place is where a layer was given.
type place uint8

const (
	inRoute place = iota
	inView
	inResource
	inTree
	inGroup
	inDefaults
)

func (p place) String() string {
	return [...]string{"route", "view", "resource", "tree", "group", "defaults"}[p]
}

// Routes returns what was added, and is in force now, in the order of Add; then the
// routes that resources and trees cover. What it does not list is private.
func (c *CorsConfig) Routes() RoutePolicies {
	routes := c.reg.enabledRoutes()
	sample := func(*Route) *http.Request { return nil }
	if s, ok := c.reg.adapter.(Sampler); ok {
		sample = s.Sampler()
	}
	list := make(RoutePolicies, 0, len(routes))
	for _, route := range routes {
		if e := route.enabled.Load(); e != nil { // still
			p := RoutePolicy{
				Route: route, Covered: e.covered, Origins: e.origins(route), Sample: sample(route),
				CrossOriginResourcePolicy: e.resourcePolicy.String(),
			}
			list = append(append(list, p), p.viewPolicies(e)...)
		}
	}
	return list
}

// origins lists the keys of e.
func (e *enabled) origins(route *Route) (list []OriginPolicy) {
	e.eachKey(func(l placed, key string, g *grant) {
		if g == nil {
			list = append(list, OriginPolicy{Origin: dynamicKey, Layer: l.place.String(), Dynamic: true})
			return
		}
		methods := slices.DeleteFunc(e.methods(route, g), func(m string) bool { return e.of(m) != e })
		list = append(list, OriginPolicy{key, l.place.String(), g.options(), methods, false})
	})
	return list
}

// dynamicKey stands for the key where a function decides.
const dynamicKey = "(dynamic)"

// eachKey calls f for the keys that can decide, in the order in which they are asked,
// and with no key and no grant where a function decides.
func (e *enabled) eachKey(f func(l placed, key string, g *grant)) {
	seen := map[string]bool{}
	layers := e.now()
	for i, l := range layers {
		if e.isDynamic(i) {
			f(l, "", nil)
			continue
		}
		for key, g := range l.keys {
			nearer := func(l placed) bool { return l.lookup(key) != nil }
			if seen[key] || slices.ContainsFunc(layers[:i], nearer) {
				continue
			}
			seen[key] = true
			f(l, key, g)
		}
	}
}

// keys yields the keys of l by precedence.
func (l *layer) keys(yield func(key string, g *grant) bool) {
	for key, index := range l.origins.All() {
		if !yield(key, l.grants[index]) {
			return
		}
	}
	if l.star != nil {
		yield("*", l.star)
	}
}

// methods lists what allowsMethod allows.
func (e *enabled) methods(route *Route, g *grant) []string {
	switch {
	case g.deny, e.covered && !g.covers(route.method):
		return nil
	case route.method != "":
		return []string{route.method}
	case g.anyMethod:
		return []string{"*"}
	case len(g.methods) == 0:
		return []string{"GET", "HEAD", "POST"}
	}
	methods := slices.Clone(g.methods)
	if slices.Contains(methods, "GET") {
		methods = append(methods, "HEAD")
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}

// options is the reverse of newGrant.
func (g *grant) options() ResourceOptions {
	o := ResourceOptions{
		Deny: g.deny, AllowCredentials: g.credentials,
		AllowTiming: g.timing, CrossOriginResourcePolicy: g.resourcePolicy.String(),
	}
	star := []string{"*"}
	switch {
	case g.anyMethod:
		o.AllowMethods = star
	case len(g.methods) > 0:
		o.AllowMethods = slices.Sorted(slices.Values(g.methods))
	}
	switch {
	case g.anyHeader:
		o.AllowHeaders = star
	case g.allowHeaders != "":
		o.AllowHeaders = strings.Split(g.allowHeaders, ",")
	}
	switch {
	case g.exposeAll, g.exposeHeaders == "*":
		o.ExposeHeaders = star
	case g.exposeHeaders != "":
		o.ExposeHeaders = strings.Split(g.exposeHeaders, ",")
	}
	switch g.maxAge {
	case "":
	case "0":
		o.MaxAge = -1
	default:
		o.MaxAge, _ = strconv.Atoi(g.maxAge) // newGrant wrote it
	}
	return o
}

// enabledRoutes returns the routes that were added, in order, then those that
// resources cover, then those that trees do.
func (reg *registry) enabledRoutes() []*Route {
	reg.settle()
	reg.mu.Lock()
	routes, resources := slices.Clone(reg.routes), slices.Clone(reg.resources)
	reg.mu.Unlock()
	for _, res := range resources {
		res.mu.Lock()
		for _, route := range res.routes {
			if e := route.enabled.Load(); e != nil && e.covered {
				routes = append(routes, route)
			}
		}
		res.mu.Unlock()
	}
	return reg.appendCovered(routes)
}
