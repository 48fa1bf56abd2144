package routecors

import (
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
)

// How the options for a request are found.
//
// A route that was added has layers of policy, nearest first: the policies given
// to Add with the route, in their order; those given with its resource; those given
// with the trees that it is below, the innermost first; those of the groups, the
// innermost first; the defaults of Setup.
//
//  1. The first layer in which some key matches the origin decides. What layers
//     further away say of the origin does not count.
//  2. Inside a layer an exact origin beats a pattern, the more specific pattern
//     beats the less, and "*" is last.
//  3. The options are taken whole from the key that matched. Nothing is merged.
//  4. Deny decides like any other key; it decides that the origin gets nothing.
//
// For example, with
//
//	defaults  "https://app.example.com": {AllowCredentials: true}, "*": {}
//	route     "https://*.example.com": {AllowHeaders: {"X-Trace"}}
//
// a page of https://app.example.com may send X-Trace but no credentials: the
// route's pattern is the nearer layer, and its options are taken whole. A page
// of https://other.example gets the "*" of the defaults.
//
// Then the method must be one that the route allows: its own, if it has one;
// what AllowMethods of these options says, if it serves every method or is
// covered by its resource or tree alone. A preflight is asked for its header names, too.

// A layer is one compiled Policy. It is immutable; equal policies of a registry
// share one.
type layer struct {
	origins origin.Set
	grants  []*grant // as the patterns in origins
	star    *grant
	id      int32

	beyond // of its keys
}

// lookup returns what the layer says of a page of origin o; nil if nothing.
func (l *layer) lookup(o string) *grant {
	if i := l.origins.Lookup(o); i >= 0 {
		return l.grants[i]
	}
	if l.star != nil && origin.Valid(o) {
		return l.star
	}
	return nil
}

// A placed layer is one of a route, with where it was given.
type placed struct {
	*layer
	place place
}

// A chain is the layers of a route, nearest first. It is immutable; routes with
// the same layers share one.
type chain struct {
	layers []placed

	// constant says that the answer is the same for every request whatever its
	// Origin, so that no cache needs to tell one from the other; always is that answer.
	always   *grant
	constant bool
	covered  bool // by its resource or a tree; the route itself was not added

	beyond // of its layers

	live *liveLayers // nil if all are fixed
}

// newChain returns the chain of layers, nearest first. live are all those that are not
// fixed.
func newChain(live map[*layer]*live, layers []placed) chain {
	c := chain{layers: make([]placed, 0, len(layers))}
	for _, l := range layers {
		if len(l.grants) == 0 && l.star == nil && live[l.layer] == nil {
			continue
		}
		c.layers = append(c.layers, l)
		if l.star != nil {
			break // it decides for every origin
		}
	}
	c.layers = slices.Clip(c.layers)
	c.beyond = beyondOf(c.layers)
	c.live = newLiveLayers(live, c.layers)
	switch {
	case len(c.layers) == 0:
		c.constant = true
	case live[c.layers[0].layer] == nil && len(c.layers[0].grants) == 0:
		star := c.layers[0].star
		if !star.credentials {
			c.constant, c.always = true, star
		}
	}
	return c
}

// lookup returns the options of a page of origin o; nil if no layer knows it.
func (c *chain) lookup(o string) *grant {
	for _, l := range c.layers {
		if g := l.lookup(o); g != nil {
			return g
		}
	}
	return nil
}

// names reports whether AllowMethods names method, or any if method is "", for
// some origin. Of a layer that is not fixed it may.
func (c *chain) names(method string) bool {
	if c.live != nil {
		return true
	}
	for _, l := range c.layers {
		for _, g := range l.grants {
			if g.covers(method) {
				return true
			}
		}
		if l.star != nil && l.star.covers(method) {
			return true
		}
	}
	return false
}

// enabled is what makes a Route share its responses. It is immutable; routes of
// the same chain share one.
type enabled struct {
	chain
	preflights *Preflights
	config     *CorsConfig // that the routes were added by, or one with the same layers; nil if covered
	id         int32
	routes     int32 // that have it now; guarded by registry.mu

	views map[string]*enabled // by method, in place of this one; nil unless a View has entries
}

// decide is the one place where it is decided whether pages of an origin may use
// a route with a method. origins are the values of the Origin lines. It answers
// for the preflight and for the actual request alike; that is what keeps the two
// in step. Layers that are not fixed are asked about r, whatever its own method is;
// asked keeps what they say, and may be nil.
func (e *enabled) decide(route *Route, r *http.Request, asked *asking, origins []string, method string) (*grant, refusal) {
	g := e.always
	if !e.constant {
		if len(origins) != 1 {
			return nil, noOrigin(origins)
		}
		if e.live == nil {
			g = e.lookup(origins[0])
		} else {
			var ok bool
			if g, ok = e.find(route, r, asked, origins[0], method); !ok {
				return nil, refusal{OriginUndecided, origins[0]}
			}
		}
	}
	if g == nil {
		return nil, refusal{OriginNotListed, first(origins)}
	}
	if g.deny {
		return nil, refusal{OriginDenied, first(origins)}
	}
	if !e.allowsMethod(route, g, method) {
		return nil, refusal{MethodNotAllowed, method}
	}
	return g, refusal{}
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func (e *enabled) allowsMethod(route *Route, g *grant, method string) bool {
	if route.method == "" {
		if neverAllowed(method) {
			return false
		}
		if len(g.methods) == 0 && !g.anyMethod && !e.covered {
			return headers.IsSafelistedMethod(method)
		}
		return g.names(method)
	}
	// The router runs a GET route for HEAD only where it serves HEAD by GET.
	if method != route.method && (method != "HEAD" || route.method != "GET") {
		return false
	}
	return !e.covered || g.names(route.method)
}

// A registry is what the CorsConfigs of one Setup share.
type registry struct {
	adapter    RouterAdapter
	prober     Prober // adapter, if it is one
	shared     *Trees // with other registries of adapter; nil if it has no trees
	settings   settings
	preflights *Preflights
	fronted    atomic.Bool // Handler was called
	timing     atomic.Bool // some route has AllowTiming
	unsafe     atomic.Pointer[[]unsafeMethod]
	sentences  sync.Pool // of buffers for the bodies of refusals
	started    time.Time
	unrouted   atomic.Pointer[tally] // of refusals where no route was added; nil before the first
	guards     guards

	applying  sync.Mutex // taken before mu of several resources
	mu        sync.Mutex // guards what follows; requests never take it
	layers    map[fingerprint]*layer
	grants    map[fingerprint]*grant
	enabled   map[fingerprint]*enabled
	notes     map[*layer][]*ConfigError // for Verify
	outer     []placed                  // the defaults, the groups
	live      map[*layer]*live          // of each Dynamic and Source; nil before the first
	seeds     [2]maphash.Seed
	routes    []*Route                // that were added, in order
	resources []*Resource             // that were added, in order
	trees     []*Tree                 // that were added, in order
	depth     func(*Tree, *Route) int // while many routes are looked at; nil else
	failed    map[*Route]error        // not covered by resource or tree, since this is in the way
	key       []byte                  // scratch space for what fingerprints stand for
	last      int32                   // id of a layer, or of an enabled
	views     map[*Route]*viewLayers  // of those whose handler is a View; nil before the first
	kept      int                     // how much was left of layers, grants and enabled by tidy
}

// A fingerprint stands for a policy, or a part of one: two that differ have the
// same one with a probability of 2^-128. What it stands for need not be kept.
type fingerprint [2]uint64

func (reg *registry) fingerprint(b []byte) fingerprint {
	return fingerprint{maphash.Bytes(reg.seeds[0], b), maphash.Bytes(reg.seeds[1], b)}
}

// add makes f that of a set with one more element, in whatever order they come.
func (f fingerprint) add(element fingerprint) fingerprint {
	return fingerprint{f[0] + element[0], f[1] + element[1]}
}

// enable returns what routes with these layers have in common, which were added through
// config, or one with the same layers; it is nil for those that are covered.
func (reg *registry) enable(layers []placed, config *CorsConfig) *enabled {
	reg.key = strconv.AppendBool(reg.key[:0], config == nil)
	for _, l := range layers {
		reg.key = strconv.AppendInt(append(reg.key, ' ', byte('0'+l.place)), int64(l.id), 10)
	}
	print := reg.fingerprint(reg.key)
	e := reg.enabled[print]
	if e == nil {
		reg.last++
		e = &enabled{chain: newChain(reg.live, layers), preflights: reg.preflights, config: config, id: reg.last}
		e.covered = config == nil
		reg.enabled[print] = e
		if e.timing {
			reg.timing.Store(true)
		}
	}
	return e
}

// registerOPTIONS has the router of a answer preflights to pattern, if it can.
func (reg *registry) registerOPTIONS(a RouterAdapter, name, pattern string) error {
	registrar, ok := a.(OPTIONSRegistrar)
	if !ok || reg.settings.withoutOPTIONS {
		return nil
	}
	if err := registrar.RegisterOPTIONS(pattern, reg.preflights); err != nil {
		return &ConfigError{Route: name, Reason: err.Error()}
	}
	return nil
}

// activate has route answer by e.
func (reg *registry) activate(route *Route, e *enabled) {
	if route.receivesOPTIONS() {
		reg.preflights.Attach(route)
	}
	e.count(route.enabled.Load())
	reg.noteMethods(route, e)
	for m, v := range e.views {
		reg.noteMethods(route, v)
		reg.noteMethod(m, v, false) // AllowMethods of the entry may be "*"
	}
	route.enabled.Store(e)
}
