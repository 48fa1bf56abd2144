package routecors

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
)

// What is below a tree.
//
// A tree is a prefix: "/api/" has below it every route whose pattern is as long or
// longer, segment by segment, and matches nothing else. "/api/items", "/api/{id}" and
// "/api/" itself are below it; "/apiary", "/api", "/{any}/items" are not, though
// the last serves some paths under /api/, too. Segments of the prefix may be wildcards:
// "/v1/{tenant}/" has "/v1/acme/x" below it, and "/v1/{id}/x".
//
// It is decided by the patterns alone, the prefixes of mounts included, when a route is
// registered or mounted, never by the path of a request: the router says which route runs, and
// the route has its trees. So what is not a Route of the adapter is below no tree.

// A Tree is a prefix of patterns: a layer of policy between the groups, or the defaults,
// and the resources and routes below it. Trees are made by adapters, and must not be
// copied. All methods are safe for concurrent use.
//
// A tree that was added covers routes below it that were not added themselves, and that
// their Resource does not cover, where AllowMethods names their method: as a Resource
// does, and for routes registered before and after. A route that is to stay private
// there is one of the bare router, or is added with Policy{"*": {Deny: true}}.
//
// Of several trees above a route the innermost is the nearest layer: first the one that names
// a host, then the longer one, then the one with fewer wildcards, then the one added first.
type Tree struct {
	adapter  RouterAdapter
	pattern  string
	notFound func(h http.Handler) *Route

	config *CorsConfig // that it was added to; with what follows guarded by its registry.mu
	layers []*layer    // its own
	adding sync.Mutex  // guards config against a second registry
}

// NewTree returns the Tree of pattern, which is the adapter's own spelling. Its NotFound
// registers h by notFound, for every method and all that is below and has no other route.
func NewTree(a TreeAdapter, pattern string, notFound func(h http.Handler) *Route) *Tree {
	return &Tree{adapter: a, pattern: pattern, notFound: notFound}
}

// Pattern returns the pattern of the tree as its router writes it.
func (t *Tree) Pattern() string { return t.pattern }

// String returns the pattern.
func (t *Tree) String() string { return t.pattern }

// Adapter returns the adapter that made the tree.
func (t *Tree) Adapter() RouterAdapter { return t.adapter }

func (*Tree) entity() {}

// NotFound registers h for what is below the tree and has no other route, http.NotFound if
// h is nil, so that pages can read its 404. A path that is served for other methods is still
// answered with 405 and Allow. The route is one as any other: it has no method, so that it is
// open where the policy of the tree, or its own, names methods in AllowMethods; for
// these methods preflights to paths that do not exist are approved, else no page
// could come to read the 404.
// A View is no handler for it: its policies are not asked.
func (t *Tree) NotFound(h http.Handler) *Route {
	if isNil(h) {
		h = http.NotFoundHandler()
	}
	return t.notFound(h)
}

// A TreeAdapter is a RouterAdapter that has trees. It tells Trees of each route that it
// makes.
type TreeAdapter interface {
	RouterAdapter

	// Trees returns what the routes of the whole router are told to, the same each time.
	Trees() *Trees

	// Placed reports whether the pattern of route, with the prefixes of mounts, is known
	// when the route is made, and does not change. If not, Depths is asked again at the
	// first request to the route.
	Placed(route *Route) bool

	// Depths returns a function that returns 0 unless route is below tree: unless every
	// request that the router runs the route for is one that the prefix matches, as the
	// patterns tell. Of two trees above a route the one of the greater depth is the
	// nearer. What it needs of the router as a whole it may read once; serving says that
	// requests are served, so that it is complete.
	Depths(serving bool) func(tree *Tree, route *Route) int

	// CheckTree returns what is wrong with the pattern of tree; nil if nothing is.
	CheckTree(tree *Tree) error
}

// Trees knows the routes of a router, for the trees that are added. The zero value is
// ready for use, and safe for concurrent use.
type Trees struct {
	mu         sync.Mutex
	routes     []*Route
	registries []*registry // that have trees

	setups atomic.Pointer[[]*registry] // all of the adapter; replaced, and never changed
}

// setUp notes that reg is a registry of the adapter.
func (t *Trees) setUp(reg *registry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var setups []*registry
	if old := t.setups.Load(); old != nil {
		setups = slices.Clip(*old)
	}
	setups = append(setups, reg)
	t.setups.Store(&setups)
}

// Made tells of a route that is in the router now. The adapter holds no lock that it
// takes in RegisterOPTIONS or Depths. Routes that Resource.Handle makes are told of by
// that: the function given to NewResource leaves them out.
func (t *Trees) Made(route *Route) {
	a, ok := outermost(route.adapter).(TreeAdapter)
	if !ok {
		return
	}
	if !a.Placed(route) {
		route.unplaced.Store(true)
	}
	t.mu.Lock()
	t.routes = append(t.routes, route)
	registries := t.registries
	t.mu.Unlock()
	for _, reg := range registries {
		reg.made(route)
	}
}

// Routes returns the routes that Made told of, in that order.
func (t *Trees) Routes() []*Route {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.routes)
}

func (t *Trees) note(reg *registry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.registries, reg) {
		t.registries = append(slices.Clip(t.registries), reg)
	}
}

// policy returns what route shares its responses by, at a request.
func (route *Route) policy() *enabled {
	if route.unplaced.Load() {
		route.findPlace()
	}
	return route.enabled.Load()
}

// findPlace has route answer by its trees, once and for all. It is called before
// a request is decided by the route, so that none has been by less. No registry adds the
// route meanwhile: it would do so without the trees.
func (route *Route) findPlace() {
	a := outermost(route.adapter).(TreeAdapter) // it was told of the route
	trees := a.Trees()
	trees.mu.Lock()
	registries := trees.registries
	trees.mu.Unlock()
	if res := route.resource; res != nil {
		res.mu.Lock()
		defer res.mu.Unlock()
	}
	for _, reg := range registries { // always in the same order
		reg.mu.Lock()
		defer reg.mu.Unlock()
	}
	if !route.unplaced.Load() {
		return // another request was first
	}
	for _, reg := range registries {
		reg.place(route, a.Depths(true))
	}
	route.unplaced.Store(false)
}

// place has route answer by its trees, as far as depth knows them. The caller holds
// registry.mu, and mu of the resource.
func (reg *registry) place(route *Route, depth func(*Tree, *Route) int) {
	reg.depth = depth
	defer func() { reg.depth = nil }()
	if e, mine := reg.wanted(route); mine && e != route.enabled.Load() {
		if e == nil {
			route.enabled.Load().add(-1)
			route.enabled.Store(nil)
			return
		}
		reg.activate(route, e)
	}
}

// settle places the routes whose place was not known, for who looks at all of them. It
// may change until the first request.
func (reg *registry) settle() {
	reg.mu.Lock()
	n := len(reg.trees)
	reg.mu.Unlock()
	if n == 0 {
		return
	}
	a := reg.adapter.(TreeAdapter)
	depth := a.Depths(false)
	for _, route := range a.Trees().Routes() {
		if route.unplaced.Load() {
			func() {
				defer reg.lock(route.resource)() // a View may panic
				reg.place(route, depth)
			}()
		}
	}
}

// made covers route, which is new, where a tree does.
func (reg *registry) made(route *Route) {
	defer reg.lock(route.resource)()
	if route.added.Load() || !reg.mayCover(route) {
		return
	}
	if err := reg.registerOPTIONS(route.adapter, route.String(), route.pattern); err != nil {
		reg.failed[route] = err
		return
	}
	if route.unplaced.Load() {
		return // the router may not be mounted yet
	}
	if e, mine := reg.wanted(route); mine && e != nil && e != route.enabled.Load() {
		reg.activate(route, e)
	}
}

// mayCover reports whether some tree covers route, or would if that was below it, as
// long as that is not known: the router must have a handler for preflights before it serves.
func (reg *registry) mayCover(route *Route) bool {
	if !route.unplaced.Load() {
		return len(reg.treesOf(route)) > 0 && reg.coveringLayers(route) != nil
	}
	return !neverAllowed(route.method) && slices.ContainsFunc(reg.trees, func(t *Tree) bool {
		list := appendOuter(appendTrees(nil, []*Tree{t}), t.config.layers)
		return reg.enable(list, nil).names(route.method)
	})
}

// wanted returns what route has by all that was added; nil if nothing. It is another
// registry's, if mine is false. The caller holds registry.mu, and mu of the resource.
func (reg *registry) wanted(route *Route) (e *enabled, mine bool) {
	e = route.enabled.Load()
	if e != nil && e.preflights.reg != reg {
		return nil, false
	}
	if route.added.Load() {
		if e == nil || e.covered {
			return nil, false // about to be added
		}
		return e.config.enabledBy(route, e.own()), true
	}
	return reg.covering(route), true
}

// covering returns what route, which was not added, has by its resource and its trees; nil
// if that is nothing, or cannot be.
func (reg *registry) covering(route *Route) *enabled {
	if reg.failed[route] != nil {
		return nil
	}
	list := reg.coveringLayers(route)
	if list == nil {
		return nil
	}
	return reg.coverView(route, list)
}

// coveringLayers returns the layers that cover route; nil if none of them names its method.
func (reg *registry) coveringLayers(route *Route) []placed {
	if neverAllowed(route.method) {
		return nil
	}
	trees := reg.treesOf(route)
	var list []placed
	switch res := route.resource; {
	case res != nil && res.reg == reg:
		list = appendPlaced(list, inResource, res.layers[:res.nearest])
		list = appendOuter(appendTrees(list, trees), res.layers[res.nearest:])
	case trees != nil:
		list = appendOuter(appendTrees(list, trees), trees[0].config.layers)
	default:
		return nil
	}
	if !reg.enable(list, nil).names(route.method) {
		return nil
	}
	return list
}

// treesOf returns the trees that route is below, the nearest first. The caller holds
// registry.mu.
func (reg *registry) treesOf(route *Route) (trees []*Tree) {
	if len(reg.trees) == 0 {
		return nil
	}
	depth := reg.depth
	if depth == nil {
		depth = reg.adapter.(TreeAdapter).Depths(false)
	}
	depths := map[*Tree]int{}
	for _, t := range reg.trees {
		if depths[t] = depth(t, route); depths[t] > 0 {
			trees = append(trees, t)
		}
	}
	slices.SortStableFunc(trees, func(a, b *Tree) int { return depths[b] - depths[a] })
	return trees
}

// appendCovered appends the routes that trees cover.
func (reg *registry) appendCovered(routes []*Route) []*Route {
	reg.mu.Lock()
	n := len(reg.trees)
	reg.mu.Unlock()
	if n == 0 {
		return routes
	}
	listed := map[*Route]bool{}
	for _, route := range routes {
		listed[route] = true
	}
	for _, route := range reg.adapter.(TreeAdapter).Trees().Routes() {
		if e := route.enabled.Load(); e != nil && e.covered && e.preflights.reg == reg && !listed[route] {
			routes, listed[route] = append(routes, route), true
		}
	}
	return routes
}
