package routecors

import (
	"errors"
	"strconv"
	"strings"
)

func (c *CorsConfig) addRoute(route *Route, policies []Policy) error {
	if res := route.resource; res != nil {
		res.mu.Lock()
		defer res.mu.Unlock()
	}
	reg := c.reg
	reg.mu.Lock()
	defer reg.mu.Unlock()

	name := route.String()
	var errs []error
	fail := func(reason string) { errs = append(errs, &ConfigError{Route: name, Reason: reason}) }
	if outermost(route.adapter) != reg.adapter {
		fail("the route is of another adapter; register it by the one that Setup was given")
	}
	if route.added.Load() {
		fail("was added before; give one Add all its policies, the nearest first")
	}
	if isNil(route.handler) {
		fail("nil handler; register the route with the handler that serves it")
	}
	if neverAllowed(route.method) {
		fail("no page can be allowed the method " + strconv.Quote(route.method) + "; leave the route private")
	}
	layers, policyErrs := c.compileAll(policies, name, func(p Policy) []error { return checkMethod(p, name, route.method) })
	errs = append(errs, policyErrs...)
	if errs = append(errs, reg.compileView(route)...); errs != nil {
		return errors.Join(errs...)
	}
	if err := reg.registerOPTIONS(route.adapter, name, route.pattern); err != nil {
		return err
	}
	if !route.added.CompareAndSwap(false, true) {
		return &ConfigError{Route: name, Reason: "was added at the same time to another registry"}
	}
	reg.routes = append(reg.routes, route)
	var trees []*Tree
	if !route.unplaced.Load() {
		trees = reg.treesOf(route)
	}
	reg.activate(route, c.enabledIn(trees, route, layers))
	return nil
}

func (c *CorsConfig) addResource(res *Resource, policies []Policy) error {
	res.mu.Lock()
	defer res.mu.Unlock()
	reg := c.reg
	reg.mu.Lock()
	defer reg.mu.Unlock()

	name := res.String()
	var errs []error
	fail := func(reason string) { errs = append(errs, &ConfigError{Route: name, Reason: reason}) }
	if outermost(res.adapter) != reg.adapter {
		fail("the resource is of another adapter; make it by the one that Setup was given")
	}
	if strings.ContainsAny(name, " \t") {
		fail("a resource is a pattern without a method; name the method in Handle")
	}
	if res.reg != nil {
		fail("was added before; give one Add all its policies, the nearest first")
	}
	for _, route := range res.routes {
		if route.added.Load() {
			fail("its route " + route.String() + " was added before it; add the resource first, so that it is a layer of its routes")
		}
	}
	for _, route := range res.routes {
		errs = append(errs, reg.compileView(route)...)
	}
	layers, policyErrs := c.compileAll(policies, name, nil)
	if errs = append(errs, policyErrs...); errs != nil {
		return errors.Join(errs...)
	}
	if err := reg.registerOPTIONS(res.adapter, name, res.pattern); err != nil {
		return err
	}
	res.reg, res.layers, res.nearest = reg, append(layers, c.layers...), len(layers)
	reg.resources = append(reg.resources, res)
	for _, route := range res.routes {
		res.cover(route)
	}
	return nil
}

// compileAll compiles the policies of one Add, and checks each with check, if any.
func (c *CorsConfig) compileAll(policies []Policy, name string, check func(Policy) []error) (layers []*layer, errs []error) {
	for _, p := range policies {
		l, policyErrs := c.reg.compile(p, name)
		errs = append(errs, policyErrs...)
		if check != nil {
			errs = append(errs, check(p)...)
		}
		if len(p) > 0 { // else it says nothing, and would keep equal routes apart
			layers = append(layers, l)
		}
	}
	return layers, errs
}
