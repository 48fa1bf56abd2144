package routecors

import (
	"errors"
	"slices"
	"strings"
)

// addTree adds t: from then on for routes that come, then for those that are there.
func (c *CorsConfig) addTree(t *Tree, policies []Policy) error {
	reg := c.reg
	t.adding.Lock()
	defer t.adding.Unlock()
	reg.applying.Lock()
	defer reg.applying.Unlock()
	layers, err := c.checkTree(t, policies)
	if err != nil {
		return err
	}
	trees := reg.adapter.(TreeAdapter).Trees()
	reg.mu.Lock()
	t.config, t.layers = c, layers
	reg.trees = append(reg.trees, t)
	reg.mu.Unlock()
	trees.note(reg)

	routes := trees.Routes()
	defer reg.lock(resourcesOf(routes)...)()
	var errs []error
	for _, route := range routes {
		if route.added.Load() || reg.failed[route] != nil || !reg.mayCover(route) {
			continue
		}
		errs = append(errs, reg.compileView(route)...)
		if err := reg.registerOPTIONS(route.adapter, route.String(), route.pattern); err != nil {
			errs = append(errs, err)
		}
	}
	if errs != nil {
		t.config, t.layers = nil, nil
		reg.trees = slices.DeleteFunc(reg.trees, func(other *Tree) bool { return other == t })
		reg.commit(reg.stepsOf(trees.Routes())) // with those that came meanwhile
		return errors.Join(errs...)
	}
	reg.commit(reg.stepsOf(routes))
	return nil
}

// checkTree returns the layers of policies, or all that is wrong.
func (c *CorsConfig) checkTree(t *Tree, policies []Policy) ([]*layer, error) {
	reg := c.reg
	reg.mu.Lock()
	defer reg.mu.Unlock()
	name := t.String()
	var errs []error
	fail := func(reason string) { errs = append(errs, &ConfigError{Route: name, Reason: reason}) }
	if outermost(t.adapter) != reg.adapter {
		fail("the tree is of another adapter; make it by the one that Setup was given")
	}
	if strings.ContainsAny(name, " \t") {
		fail("a tree is a prefix without a method; name methods in AllowMethods")
	} else if err := t.adapter.(TreeAdapter).CheckTree(t); err != nil {
		fail(err.Error())
	}
	twin := func(other *Tree) bool { return other.adapter == t.adapter && other.pattern == t.pattern }
	if t.config != nil || slices.ContainsFunc(reg.trees, twin) {
		fail("was added before; give one Add all its policies, the nearest first")
	}
	layers, policyErrs := c.compileAll(policies, name, nil)
	return layers, errors.Join(append(errs, policyErrs...)...)
}

func (c *CorsConfig) updateTree(t *Tree, policies []Policy, widen bool) error {
	reg := c.reg
	reg.settle()
	t.adding.Lock()
	defer t.adding.Unlock()
	reg.applying.Lock()
	defer reg.applying.Unlock()
	if t.config == nil || t.config.reg != reg {
		return &ConfigError{Route: t.String(), Reason: "was not added to this registry; call Add"}
	}
	routes := reg.adapter.(TreeAdapter).Trees().Routes()
	defer reg.lock(resourcesOf(routes)...)()
	defer reg.tidy()
	layers, errs := c.compileAll(policies, t.String(), nil)
	if errs != nil {
		return errors.Join(errs...)
	}
	config, before := t.config, t.layers
	t.config, t.layers = c, layers
	steps := reg.stepsOf(routes)
	err := reg.checkWidening(steps, widen)
	if err == nil {
		for _, route := range routes {
			if !route.added.Load() && reg.failed[route] == nil && reg.mayCover(route) {
				err = errors.Join(err, reg.registerOPTIONS(route.adapter, route.String(), route.pattern))
			}
		}
	}
	if err != nil {
		t.config, t.layers = config, before
		return err
	}
	reg.commit(steps)
	return nil
}

// stepsOf returns what becomes of routes whose trees have changed. Those whose place is not
// known are left for the first request; Depths may know by now.
func (reg *registry) stepsOf(routes []*Route) (steps []step) {
	reg.depth = reg.adapter.(TreeAdapter).Depths(false)
	defer func() { reg.depth = nil }()
	done := map[*Route]bool{}
	for _, route := range routes {
		if done[route] {
			continue
		}
		done[route] = true
		old := route.enabled.Load()
		if e, mine := reg.wanted(route); mine && e != old {
			steps = append(steps, step{route.String(), route, old, e})
		}
	}
	return steps
}

// resourcesOf returns the resources of routes, each once.
func resourcesOf(routes []*Route) (list []*Resource) {
	seen := map[*Resource]bool{nil: true}
	for _, route := range routes {
		if !seen[route.resource] {
			seen[route.resource] = true
			list = append(list, route.resource)
		}
	}
	return list
}
