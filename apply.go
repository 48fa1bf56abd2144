package routecors

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/routecors/routecors/internal/policyjson"
)

// Apply has the routes of file share their responses as it says. The first time it
// adds them, as Add does. Later, with the file as it has become, it updates those whose
// policies have changed, adds those that are new, and makes private again those that
// are gone. It returns what has changed for pages, route by route in the order of
// AllRoutes.
//
// It fails, and opens nothing, with all that is wrong, each a *PolicyFileError: beside
// what Add refuses, a route that the router has not, that the program has added itself,
// or whose handler is none of ours. Where RefuseWidening was given, the second Apply and
// those after it may fail with a *WideningError.
//
// All routes are checked before the first one changes; then they change one after
// another, as in Update. A route that is new while the router serves is registered as
// Add would. One CorsConfig has one file; another file needs a Group.
func (c *CorsConfig) Apply(file *PolicyFile) ([]RouteChange, error) { return c.apply(file, false) }

// ApplyWidening is Apply for a file that is meant to let pages do more.
func (c *CorsConfig) ApplyWidening(file *PolicyFile) ([]RouteChange, error) {
	return c.apply(file, true)
}

// An applied is what the last Apply has done.
type applied struct {
	routes map[*Route]bool
	outer  *layer // the defaults, where they are in registry.outer by this Apply
}

// A target is a route that the file opens.
type target struct {
	route    *Route
	name     string // as AllRoutes has it
	at       policyjson.Place
	policies []*policyjson.Policy
	places   []policyjson.Place
	layers   []*layer
}

func (c *CorsConfig) apply(file *PolicyFile, widen bool) ([]RouteChange, error) {
	if file == nil || file.doc == nil {
		return nil, &ConfigError{Route: "Apply", Reason: "nil file; pass what ReadPolicyFile returned"}
	}
	reg := c.reg
	if _, ok := reg.adapter.(RouteLister); !ok {
		return nil, &ConfigError{Route: "Apply", Reason: fmt.Sprintf("an adapter of type %T cannot list its routes, so that a file cannot name them; use Add", reg.adapter)}
	}
	reg.applying.Lock()
	defer reg.applying.Unlock()
	all, _ := c.AllRoutes()
	var resources []*Resource
	for _, r := range all {
		if r.Route != nil && r.Route.resource != nil && !slices.Contains(resources, r.Route.resource) {
			resources = append(resources, r.Route.resource)
		}
	}
	defer reg.lock(resources...)()
	defer reg.tidy()

	targets, errs := c.targets(file, all)
	defaults, compileErrs := c.compileFile(file, targets)
	if errs = append(errs, compileErrs...); errs != nil {
		slices.SortStableFunc(errs, func(a, b *PolicyFileError) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		joined := make([]error, len(errs))
		for i, err := range errs {
			joined[i] = err
		}
		return nil, errors.Join(joined...)
	}

	group := c
	if defaults != nil {
		group = &CorsConfig{reg: reg, layers: slices.Concat([]*layer{defaults}, c.layers)}
	}
	steps, routes := c.steps(all, targets, group)
	if err := reg.checkWidening(steps, widen || c.file.routes == nil); err != nil {
		return nil, err
	}
	if err := reg.open(file, targets); err != nil {
		return nil, err
	}
	var changes []RouteChange
	for _, s := range steps {
		if change := s.diff(); len(change.Changes) > 0 {
			changes = append(changes, change)
		}
	}
	reg.commit(steps)
	for _, s := range steps {
		if s.new == nil || s.new.covered {
			s.route.added.Store(false)
			reg.routes = slices.DeleteFunc(reg.routes, func(r *Route) bool { return r == s.route })
		}
	}
	c.remember(routes, defaults)
	return changes, nil
}

// steps returns what becomes of the routes of the file, those that are gone from it
// among them, and which routes it has now.
func (c *CorsConfig) steps(all []Registered, targets []target, group *CorsConfig) (steps []step, routes map[*Route]bool) {
	routes = map[*Route]bool{}
	layers := map[*Route][]*layer{}
	for _, t := range targets {
		routes[t.route], layers[t.route] = true, t.layers
	}
	done := map[*Route]bool{nil: true}
	for _, r := range all {
		route := r.Route
		if done[route] || !routes[route] && !c.file.routes[route] {
			continue
		}
		done[route] = true
		s := step{name: r.name(), route: route, old: route.enabled.Load()}
		if routes[route] {
			s.new = group.enabledBy(route, layers[route])
		} else {
			s.new = c.reg.covering(route)
		}
		steps = append(steps, s)
	}
	return steps, routes
}

// name returns the method and the pattern.
func (r Registered) name() string { return strings.TrimPrefix(r.Method+" "+r.Pattern, " ") }

// remember notes what was applied, for the next time.
func (c *CorsConfig) remember(routes map[*Route]bool, defaults *layer) {
	reg := c.reg
	if old := c.file.outer; old != nil && old != defaults {
		reg.outer = slices.DeleteFunc(reg.outer, func(l placed) bool { return l == placed{old, inGroup} })
		c.file.outer = nil
	}
	if at := (placed{defaults, inGroup}); defaults != nil && !slices.Contains(reg.outer, at) {
		reg.outer, c.file.outer = append(reg.outer, at), defaults
	}
	c.file.routes = routes
}

// targets returns the routes that file opens, in the order of all.
func (c *CorsConfig) targets(file *PolicyFile, all []Registered) (targets []target, errs []*PolicyFileError) {
	fail := func(at policyjson.Place, format string, args ...any) {
		errs = append(errs, file.errorAt(at, fmt.Errorf(format, args...)))
	}
	entries := file.entries()
	seen := map[*Route]string{}
	for _, r := range all {
		name := r.name()
		e := entries.find(r, name)
		if e == nil {
			continue
		}
		e.found = true
		foreign := r.Route != nil && r.Route.added.Load() && !c.file.routes[r.Route]
		switch {
		case e.below && (r.Route == nil || foreign || neverAllowed(r.Method)), e.asab && !asabOpens(r.Method):
			continue
		case r.Route == nil:
			fail(e.Place, "the handler of %q is none of ours; register it by the adapter", name)
		case isNil(r.Route.handler):
			fail(e.Place, "%q has a nil handler; register the route with the handler that serves it", name)
		case foreign:
			fail(e.Place, "the program has added %q itself; leave it out here or there", name)
		case neverAllowed(r.Method):
			fail(e.Place, "no page can be allowed the method %q; leave the route private", r.Method)
		case seen[r.Route] == "":
			seen[r.Route] = name
			targets = append(targets, target{route: r.Route, name: name, at: e.Place, policies: e.Policies, places: e.Places})
		case !e.below && seen[r.Route] != name:
			fail(e.Place, "%q is the same route as %q, mounted twice; name it once", name, seen[r.Route])
		}
	}
	for _, e := range entries.list {
		switch {
		case e.found:
		case e.below:
			fail(e.Place, "the router has no route below %q", e.Text)
		default:
			fail(e.Place, "the router has no route %q; %s", e.Text, similar(all, e.Text))
		}
	}
	return targets, errs
}

// similar says which routes name may have meant.
func similar(all []Registered, name string) string {
	_, path, _ := strings.Cut(" "+name, "/")
	path, _, _ = strings.Cut(path, " ")
	var names []string
	for _, r := range all {
		if _, rest, ok := strings.Cut(r.Pattern, "/"); ok && strings.EqualFold(rest, path) {
			names = append(names, fmt.Sprintf("%q", r.name()))
		}
	}
	if names == nil {
		return `write it as the router does, "GET /articles/{id}"`
	}
	return "there is " + strings.Join(names, ", ")
}

// compileFile makes the policies of file ready, each once, and gives targets theirs.
func (c *CorsConfig) compileFile(file *PolicyFile, targets []target) (defaults *layer, errs []*PolicyFileError) {
	layers := map[*policyjson.Policy]*layer{}
	compile := func(p *policyjson.Policy, name string) *layer {
		if l, ok := layers[p]; ok {
			return l
		}
		l, problems := c.reg.compile(file.policies[p], name)
		for _, err := range problems {
			at := p.Place
			var config *ConfigError
			if errors.As(err, &config) {
				if place, ok := p.Keys[config.Origin]; ok {
					at = place
				}
			}
			errs = append(errs, file.errorAt(at, err))
		}
		if len(p.Options) == 0 {
			l = nil // it says nothing, and would keep equal routes apart
		}
		layers[p] = l
		return l
	}
	if file.doc.Defaults != nil {
		defaults = compile(file.doc.Defaults, "defaults")
	}
	names := map[*policyjson.Policy]string{}
	for name, p := range file.doc.Policies {
		names[p] = "policy " + name
	}
	for i := range targets {
		t := &targets[i]
		for j, p := range t.policies {
			if l := compile(p, cmp.Or(names[p], t.name)); l != nil {
				t.layers = append(t.layers, l)
			}
			for _, err := range checkMethod(file.policies[p], t.name, t.route.method) {
				errs = append(errs, file.errorAt(t.places[j], err))
			}
		}
		for _, err := range c.reg.compileView(t.route) {
			errs = append(errs, file.errorAt(t.at, err))
		}
	}
	return defaults, errs
}

// open marks the targets that are new as added, and has the router answer their
// preflights. Until they are enabled they stay private.
func (reg *registry) open(file *PolicyFile, targets []target) error {
	for i, t := range targets {
		if reg.added(t.route) != nil {
			continue
		}
		err := reg.registerOPTIONS(t.route.adapter, t.name, t.route.pattern)
		if err == nil && !t.route.added.CompareAndSwap(false, true) {
			err = &ConfigError{Route: t.name, Reason: "was added at the same time to another registry"}
		}
		if err == nil {
			reg.routes = append(reg.routes, t.route)
			continue
		}
		for _, t := range targets[:i] {
			if reg.added(t.route) == nil {
				t.route.added.Store(false)
				reg.routes = slices.DeleteFunc(reg.routes, func(r *Route) bool { return r == t.route })
			}
		}
		return file.errorAt(t.at, err)
	}
	return nil
}
