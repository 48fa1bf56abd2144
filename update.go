package routecors

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// How a policy changes while requests are served.
//
// A request asks a route for its policy once, an atomic load, and decides with what it
// got: it sees the old policy or the new one, whole. Two may ask for the same request,
// CorsConfig.Handler and then the route, and an Update may come between them. Then the
// route has the last word: it sets its headers in place of the others. What it does not
// set, it has to keep from coming through all the same:
//
//  1. http.TimeoutHandler copies the header of the route over what CorsConfig.Handler has
//     set, and a key that is not there leaves what was.
//  2. Where CorsConfig.Handler was to list all headers of the response, it does so unless
//     there is a list.
//
// So a route that was ever updated leaves the keys that it has no value for, with no
// value; for net/http that is no line. Vary stays, which is never wrong. A layer that is
// not fixed may have two answers, too, if what CorsConfig.Handler has asked does not hold
// for the route: its context is lost, or a header that Vary names is another one.

// RefuseWidening has Update and Apply refuse what lets some page do more than before,
// with a *WideningError that says what. Widen and ApplyWidening do it all the same.
//
// A route that loses a Cross-Origin-Resource-Policy of "same-origin" or "same-site" can
// be embedded by more pages, also where it loses it by becoming private.
// Whom CrossOriginProtection trusts is not compared: a key that allows what a regexp did
// before may be trusted where that was not.
func RefuseWidening() Option {
	return func(s *settings) error { s.refuseWidening = true; return nil }
}

// Update gives a route, a resource or a tree that was added other policies, in place of those
// that it was added with. It may be called while the router serves: each response is
// by the old policies or by the new ones. Layers further away are those of c, as in
// Add: Update on a Group moves a route there.
//
// The policies of a resource or a tree are a layer of its routes. All its routes change, one
// after another; those that were added keep their own policies in front.
//
// A browser keeps what preflights have told it, for MaxAge of the old policy: for so
// long a page may still send what it may not any more, also with a method or a header
// name that the new policy would allow only apart. The responses are not shared.
//
// It fails, and changes nothing, if entity was not added, and as Add fails for policies that
// are wrong; with a *WideningError where RefuseWidening forbids it.
func (c *CorsConfig) Update(entity Entity, policies ...Policy) error {
	return c.update(entity, policies, false)
}

// Widen is Update for a change that is meant to let pages do more: it is not refused.
func (c *CorsConfig) Widen(entity Entity, policies ...Policy) error {
	return c.update(entity, policies, true)
}

func (c *CorsConfig) update(entity Entity, policies []Policy, widen bool) error {
	switch e := entity.(type) {
	case *Route:
		if e != nil {
			return c.updateRoute(e, policies, widen)
		}
	case *Resource:
		if e != nil {
			return c.updateResource(e, policies, widen)
		}
	case *Tree:
		if e != nil {
			return c.updateTree(e, policies, widen)
		}
	}
	return &ConfigError{Route: "Update", Reason: fmt.Sprintf("unknown entity %T; pass a *Route, *Resource or *Tree that was added", entity)}
}

func (c *CorsConfig) updateRoute(route *Route, policies []Policy, widen bool) error {
	c.reg.settle()
	defer c.reg.lock(route.resource)()
	defer c.reg.tidy()
	name := route.String()
	old := c.reg.added(route)
	if old == nil {
		return &ConfigError{Route: name, Reason: "was not added to this registry; call Add"}
	}
	layers, errs := c.compileAll(policies, name, func(p Policy) []error { return checkMethod(p, name, route.method) })
	if errs != nil {
		return errors.Join(errs...)
	}
	steps := []step{{name, route, old, c.enabledBy(route, layers)}}
	if err := c.reg.checkWidening(steps, widen); err != nil {
		return err
	}
	c.reg.commit(steps)
	return nil
}

func (c *CorsConfig) updateResource(res *Resource, policies []Policy, widen bool) error {
	reg := c.reg
	reg.settle()
	defer reg.lock(res)()
	defer reg.tidy()
	if res.reg != reg {
		return &ConfigError{Route: res.String(), Reason: "was not added to this registry; call Add"}
	}
	layers, errs := c.compileAll(policies, res.String(), nil)
	if errs != nil {
		return errors.Join(errs...)
	}
	before, nearest := res.layers, res.nearest
	res.layers, res.nearest = append(layers, c.layers...), len(layers)
	var steps []step
	for _, route := range res.routes {
		if old := reg.added(route); old != nil {
			steps = append(steps, step{route.String(), route, old, old.config.enabledBy(route, old.own())})
		} else if e := route.enabled.Load(); !route.added.Load() && (e == nil || e.preflights.reg == reg) {
			steps = append(steps, step{route.String(), route, e, reg.covering(route)})
		}
	}
	if err := reg.checkWidening(steps, widen); err != nil {
		res.layers, res.nearest = before, nearest
		return err
	}
	reg.commit(steps)
	return nil
}

// enabledBy returns what makes route share its responses by the layers that are its
// own, those of its resource and its trees, and those of c. The caller holds registry.mu,
// and mu of the resource.
func (c *CorsConfig) enabledBy(route *Route, layers []*layer) *enabled {
	return c.enabledIn(c.reg.treesOf(route), route, layers)
}

// enabledIn is enabledBy where the trees of route are known.
func (c *CorsConfig) enabledIn(trees []*Tree, route *Route, layers []*layer) *enabled {
	list := make([]placed, 0, 8)
	if res := route.resource; res != nil && res.reg == c.reg {
		list = appendPlaced(list, inResource, res.layers[:res.nearest])
	}
	return c.reg.enableFor(route, layers, appendOuter(appendTrees(list, trees), c.layers), c)
}

func appendPlaced(list []placed, at place, layers []*layer) []placed {
	for _, l := range layers {
		list = append(list, placed{l, at})
	}
	return list
}

func appendTrees(list []placed, trees []*Tree) []placed {
	for _, t := range trees {
		list = appendPlaced(list, inTree, t.layers)
	}
	return list
}

// appendOuter appends the layers of a CorsConfig.
func appendOuter(list []placed, layers []*layer) []placed {
	last := len(layers) - 1
	return append(appendPlaced(list, inGroup, layers[:last]), placed{layers[last], inDefaults})
}

// own returns the layers that were given with the route. Those behind a "*", which
// decide nothing, are left out.
func (e *enabled) own() (layers []*layer) {
	for _, l := range e.layers {
		if l.place == inRoute {
			layers = append(layers, l.layer)
		}
	}
	return layers
}

// added returns what route was added with; nil if it was not added to reg.
func (reg *registry) added(route *Route) *enabled {
	e := route.enabled.Load()
	if e == nil || e.covered || e.preflights.reg != reg {
		return nil
	}
	return e
}

// lock locks reg, and before it the resources that are not nil, and returns what
// unlocks them. Of several it is called by Apply alone, which is never at work twice.
func (reg *registry) lock(resources ...*Resource) (unlock func()) {
	for _, res := range resources {
		if res != nil {
			res.mu.Lock()
		}
	}
	reg.mu.Lock()
	return func() {
		reg.mu.Unlock()
		for _, res := range resources {
			if res != nil {
				res.mu.Unlock()
			}
		}
	}
}

// A step is what becomes of one route: old and new are nil where it is private.
type step struct {
	name     string
	route    *Route
	old, new *enabled
}

// views returns what the View of the route says; nil if its handler is none.
func (s step) views() *viewLayers {
	e := s.new
	if e == nil {
		e = s.old
	}
	return e.preflights.reg.views[s.route]
}

// diff returns what the step changes for pages.
func (s step) diff() RouteChange {
	if s.old == s.new {
		return RouteChange{}
	}
	change := RouteChange{s.name, diff(s.old.side(s.route), s.new.side(s.route))}
	if s.old == nil && s.new == nil || s.views() == nil {
		return change
	}
	for _, m := range slices.Sorted(maps.Keys(s.views().byMethod)) {
		for _, more := range diff(s.old.of(m).side(s.route), s.new.of(m).side(s.route)) {
			if !slices.Contains(change.Changes, more) {
				change.Changes = append(change.Changes, more)
			}
		}
	}
	return change
}

// checkWidening returns what of the steps widens, if Setup was told to refuse that.
func (reg *registry) checkWidening(steps []step, widen bool) error {
	if !reg.settings.refuseWidening || widen {
		return nil
	}
	var wider []RouteChange
	for _, s := range steps {
		change := s.diff()
		change.Changes = slices.DeleteFunc(change.Changes, func(c Change) bool { return !c.Widens })
		if len(change.Changes) > 0 {
			wider = append(wider, change)
		}
	}
	if wider == nil {
		return nil
	}
	return &WideningError{wider}
}

// commit takes the steps, which nothing refuses any more.
func (reg *registry) commit(steps []step) {
	for _, s := range steps {
		if s.old == s.new {
			continue
		}
		if s.old != nil {
			s.route.noteUpdate(s.old) // before a request can decide by the new one
		}
		if s.new != nil {
			reg.activate(s.route, s.new)
			continue
		}
		s.old.add(-1)
		s.route.enabled.Store(nil)
	}
}

// count counts the routes that share what they answer by, one of which goes from old
// to e.
func (e *enabled) count(old *enabled) {
	e.add(1)
	if old != nil && old.preflights == e.preflights { // else it is another registry's to count
		old.add(-1)
	}
}

func (e *enabled) add(routes int32) {
	e.routes += routes
	for _, v := range e.views {
		v.routes += routes
	}
}

// What Route.updated says.
const (
	neverUpdated uint32 = iota
	wasUpdated
	hadResourcePolicy // was updated, and had a Cross-Origin-Resource-Policy at some time
)

// noteUpdate notes that route no longer answers by old.
func (route *Route) noteUpdate(old *enabled) {
	if old.resourcePolicy != 0 {
		route.updated.Store(hadResourcePolicy)
		return
	}
	route.updated.CompareAndSwap(neverUpdated, wasUpdated)
}

// noValue has h say that there is no value for what g, of route, does not set. A
// Cross-Origin-Resource-Policy may be that of a middleware, unless the route had one.
func (e *enabled) noValue(route *Route, g *grant, h http.Header) {
	no := func(key string) {
		if _, ok := h[key]; !ok {
			h[key] = nil
		}
	}
	no(acao)
	no(acac)
	if g == nil || !g.exposeAll {
		no(aceh)
	}
	if e.preflights.reg.timing.Load() {
		no(tao)
	}
	if e.resourcePolicy == 0 && route.updated.Load() == hadResourcePolicy {
		h[corp] = nil
	}
}

// tidy forgets what no route has any more, once there is as much of it as of the rest:
// equal policies are no longer found then, and compiled again.
func (reg *registry) tidy() {
	if len(reg.layers)+len(reg.grants)+len(reg.enabled) < 2*reg.kept+64 {
		return
	}
	maps.DeleteFunc(reg.enabled, func(_ fingerprint, e *enabled) bool { return e.routes == 0 })
	layers := map[*layer]bool{}
	for _, e := range reg.enabled {
		for _, l := range e.layers {
			layers[l.layer] = true
		}
	}
	for _, l := range reg.outer {
		layers[l.layer] = true
	}
	for _, res := range reg.resources {
		for _, l := range res.layers {
			layers[l] = true
		}
	}
	for _, t := range reg.trees {
		for _, l := range t.layers {
			layers[l] = true
		}
	}
	grants := map[*grant]bool{}
	for l := range layers {
		for _, g := range l.grants {
			grants[g] = true
		}
		grants[l.star] = true
	}
	maps.DeleteFunc(reg.layers, func(_ fingerprint, l *layer) bool { return !layers[l] })
	maps.DeleteFunc(reg.notes, func(l *layer, _ []*ConfigError) bool { return !layers[l] })
	maps.DeleteFunc(reg.grants, func(_ fingerprint, g *grant) bool { return !grants[g] })
	named := map[string]bool{} // by some policy
	for g := range grants {
		if g != nil {
			for _, m := range g.methods {
				named[m] = true
			}
		}
	}
	for _, e := range reg.enabled {
		for m := range e.views {
			named[m] = true
		}
	}
	methods := slices.Clone(*reg.unsafe.Load()) // requests read it
	methods = slices.DeleteFunc(methods, func(u unsafeMethod) bool {
		if u.only != nil {
			return u.only.routes == 0
		}
		return !u.fixed && !named[u.method] && !slices.Contains(anyMethods[:], u.method)
	})
	reg.unsafe.Store(&methods)
	reg.kept = len(reg.layers) + len(reg.grants) + len(reg.enabled)
}
