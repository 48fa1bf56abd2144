package routecors

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// A View is a handler that carries policies for the methods that it serves. They are one
// more layer of a route that has it as its handler, nearer than that of its resource,
// further than those given to Add. They do nothing until the route is added, or covered.
//
// A View inside another handler, such as a middleware, is not seen.
type View interface {
	http.Handler

	// CORSPolicies returns the policies by method; "" is that of all other methods. It
	// is asked once, when the route is opened. An entry for a method allows that method
	// to the origins that it lists, without AllowMethods; GET includes HEAD, where HEAD has
	// no entry, and on a route whose method is GET. Under "" AllowMethods says what it does
	// for any route without a method. It must not call methods of the CorsConfig.
	CORSPolicies() map[string]Policy
}

// A viewLayers is what a View says, compiled.
type viewLayers struct {
	rest     *layer // nil if there is no entry ""
	byMethod map[string]*layer
}

// compileView asks the View of route, if its handler is one. The caller holds registry.mu.
func (reg *registry) compileView(route *Route) (errs []error) {
	view, ok := route.handler.(View)
	if !ok || isNil(view) || reg.views[route] != nil {
		return nil
	}
	v := &viewLayers{byMethod: map[string]*layer{}}
	policies := view.CORSPolicies()
	for _, m := range slices.Sorted(maps.Keys(policies)) {
		p, name := policies[m], route.String()+": CORSPolicies "+strconv.Quote(m)
		if m == "" {
			l, policyErrs := reg.compile(p, name)
			v.rest, errs = l, append(errs, policyErrs...)
			continue
		}
		at := m
		if _, own := policies[http.MethodHead]; m == http.MethodGet && route.method == http.MethodHead && !own {
			at = http.MethodHead
		}
		if route.method != "" && at != route.method {
			continue // of another route with the same handler
		}
		if reason := (ResourceOptions{AllowMethods: []string{m}}).check(name, ""); reason != nil || neverAllowed(m) {
			errs = append(errs, &ConfigError{Route: name, Reason: "no page can be allowed this method; write one of those that the handler serves, in upper case"})
			continue
		}
		errs = append(errs, checkMethod(p, name, m)...)
		named := Policy{}
		for key, o := range p {
			if !o.Deny && len(o.AllowMethods) == 0 {
				o.AllowMethods = []string{m}
			}
			named[key] = o
		}
		l, policyErrs := reg.compile(named, name)
		v.byMethod[at], errs = l, append(errs, policyErrs...)
	}
	if errs == nil {
		if reg.views == nil {
			reg.views = map[*Route]*viewLayers{}
		}
		reg.views[route] = v
	}
	return errs
}

// enableFor returns what route shares its responses by: its own layers, those of its View,
// and further. The View was compiled.
func (reg *registry) enableFor(route *Route, own []*layer, further []placed, config *CorsConfig) *enabled {
	with := func(l *layer) *enabled {
		list := appendPlaced(make([]placed, 0, len(own)+1+len(further)), inRoute, own)
		if l != nil {
			list = append(list, placed{l, inView})
		}
		return reg.enable(append(list, further...), config)
	}
	v := reg.views[route]
	if v == nil {
		return with(nil)
	}
	if l := v.byMethod[route.method]; l != nil {
		return with(l)
	}
	base := with(v.rest)
	if len(v.byMethod) == 0 {
		return base
	}
	key := strconv.AppendInt([]byte("view "), int64(v.id()), 10)
	e := *base
	e.routes, e.views = 0, map[string]*enabled{}
	for _, m := range slices.Sorted(maps.Keys(v.byMethod)) {
		e.views[m] = with(v.byMethod[m])
		key = appendString(append(key, ' '), m)
		key = e.views[m].appendID(key)
	}
	print := reg.fingerprint(base.appendID(key))
	if same := reg.enabled[print]; same != nil {
		return same
	}
	reg.last++
	e.id = reg.last
	reg.enabled[print] = &e
	return &e
}

func (v *viewLayers) id() int32 {
	if v.rest == nil {
		return 0
	}
	return v.rest.id
}

func (e *enabled) appendID(b []byte) []byte {
	return strconv.AppendInt(append(b, ' '), int64(e.id), 10)
}

// of returns what decides about method.
func (e *enabled) of(method string) *enabled {
	if e == nil || e.views == nil {
		return e
	}
	if v := e.views[method]; v != nil {
		return v
	}
	if v := e.views[http.MethodGet]; v != nil && method == http.MethodHead {
		return v
	}
	return e
}

// viewsInOrder returns views by method.
func (e *enabled) viewsInOrder() (list []*enabled) {
	for _, m := range slices.Sorted(maps.Keys(e.views)) {
		list = append(list, e.views[m])
	}
	return list
}

// coverView returns what route has, which was not added, by further, the layers that
// cover it.
func (reg *registry) coverView(route *Route, further []placed) *enabled {
	if errs := reg.compileView(route); errs != nil {
		reg.failed[route] = errors.Join(errs...)
		return nil
	}
	return reg.enableFor(route, nil, further, nil)
}

// viewPolicies returns what is in force for each method that the View has an entry for.
func (p RoutePolicy) viewPolicies(e *enabled) (list []RoutePolicy) {
	for _, m := range slices.Sorted(maps.Keys(e.views)) {
		v := e.views[m]
		p.Method, p.Origins, p.CrossOriginResourcePolicy = m, nil, v.resourcePolicy.String()
		v.eachKey(func(l placed, key string, g *grant) {
			if g == nil {
				p.Origins = append(p.Origins, OriginPolicy{Origin: dynamicKey, Layer: l.place.String(), Dynamic: true})
				return
			}
			var methods []string
			if !g.deny && v.allowsMethod(p.Route, g, m) {
				methods = []string{m}
			}
			p.Origins = append(p.Origins, OriginPolicy{key, l.place.String(), g.options(), methods, false})
		})
		list = append(list, p)
	}
	return list
}
