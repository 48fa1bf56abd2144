package routecors

import (
	"cmp"
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
// to Add with the route, in their order; those given with its resource; those of
// the groups, the innermost first; the defaults of Setup.
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
// covered by its resource alone. A preflight is asked for its header names, too.

// A layer is one compiled Policy. It is immutable; equal policies of a registry
// share one.
type layer struct {
	id      int
	origins origin.Set
	grants  []*grant // as the patterns in origins
	star    *grant

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
	constant bool
	always   *grant

	beyond // of its layers

	live *liveLayers // nil if all are fixed
}

// newChain returns the chain of layers, of which the first own were given with the
// route, the next nearest with its resource, and the last to Setup. live are all those
// that are not fixed.
func newChain(live map[*layer]*live, layers []*layer, own, nearest int) chain {
	c := chain{layers: make([]placed, 0, len(layers))}
	for i, l := range layers {
		if len(l.grants) == 0 && l.star == nil && live[l] == nil {
			continue
		}
		at := inDefaults
		switch {
		case i < own:
			at = inRoute
		case i < own+nearest:
			at = inResource
		case i < len(layers)-1:
			at = inGroup
		}
		c.layers = append(c.layers, placed{l, at})
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
	covered    bool // by its resource; the route itself was not added
	routes     int  // that have it now; guarded by registry.mu
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
	routes    []*Route    // that were added, in order
	resources []*Resource // that were added, in order
	key       []byte      // scratch space for what fingerprints stand for
	last      int         // id of a layer
	kept      int         // how much was left of layers, grants and enabled by tidy
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

// compile returns the layer of p, or everything that is wrong with it. Equal
// policies are checked and compiled once.
func (reg *registry) compile(p Policy, route string) (*layer, []error) {
	var print fingerprint
	var last ResourceOptions // as a rule the same for many origins
	n := 0
	for key, o := range p {
		if n == 0 || !o.is(last) {
			reg.key, last = appendOptions(reg.key[:0], o), o
			n = len(reg.key)
		}
		reg.key = appendString(reg.key[:n], key)
		print = print.add(reg.fingerprint(reg.key))
	}
	if l := reg.layers[print]; l != nil {
		return l, nil
	}
	reg.last++
	l := &layer{id: reg.last}
	var errs []*ConfigError
	patterns := make([]origin.Pattern, 0, len(p))
	l.grants = make([]*grant, 0, len(p))
	var g *grant
	mixed := false
	for key, o := range p {
		mixed = !l.beyond.add(o) || mixed
		var pattern origin.Pattern
		if key != "*" {
			var err error
			if pattern, err = origin.ParsePattern(key); err != nil {
				reason := err.Error()
				if key == "" {
					reason = `origin "": ` + reason
				}
				errs = append(errs, &ConfigError{Route: route, Origin: key, Reason: reason})
			}
		}
		var problems []*ConfigError
		trusted := o.AllowCredentials && saysWhose(key, pattern)
		if g == nil || key == "*" || !o.is(last) || trusted != g.trusted {
			g, problems = reg.grant(o, key == "*", trusted, route, key)
			last = o
		}
		errs = append(append(errs, problems...), o.checkCredentials(route, key, pattern, &reg.settings)...)
		if errs != nil {
			continue
		}
		if note := o.note(route, key); note != nil {
			reg.notes[l] = append(reg.notes[l], note)
		}
		if key == "*" {
			l.star, g = g, nil // options of this key are their own
			continue
		}
		patterns = append(patterns, pattern)
		l.grants = append(l.grants, g)
	}
	if mixed {
		errs = append(errs, checkSameResourcePolicy(p, route)...)
	}
	if errs != nil {
		delete(reg.notes, l)
		return nil, inOrder(errs)
	}
	slices.SortFunc(reg.notes[l], func(a, b *ConfigError) int { return cmp.Compare(a.Error(), b.Error()) })
	l.origins = *origin.NewSet(patterns)
	reg.layers[print] = l
	return l, nil
}

// inOrder sorts errs by their origins, since a Policy has no order.
func inOrder(errs []*ConfigError) []error {
	slices.SortStableFunc(errs, func(a, b *ConfigError) int { return cmp.Compare(a.Origin, b.Origin) })
	sorted := make([]error, len(errs))
	for i, err := range errs {
		sorted[i] = err
	}
	return sorted
}

// grant returns what o is made ready as, or what is wrong with it. Equal options are
// checked and made ready once.
func (reg *registry) grant(o ResourceOptions, star, trusted bool, route, key string) (*grant, []*ConfigError) {
	reg.key = strconv.AppendBool(strconv.AppendBool(appendOptions(reg.key[:0], o), star), trusted)
	print := reg.fingerprint(reg.key)
	if g := reg.grants[print]; g != nil {
		return g, nil
	}
	if errs := o.check(route, key); errs != nil {
		return nil, errs
	}
	g := newGrant(o, star)
	g.trusted = trusted
	reg.grants[print] = g
	return g, nil
}

// enable returns what routes with these layers have in common; own and nearest are
// as in newChain.
func (reg *registry) enable(layers []*layer, own, nearest int, covered bool) *enabled {
	reg.key = strconv.AppendBool(reg.key[:0], covered)
	for _, n := range [...]int{own, nearest} {
		reg.key = strconv.AppendInt(append(reg.key, ' '), int64(n), 10)
	}
	for _, l := range layers {
		reg.key = strconv.AppendInt(append(reg.key, ' '), int64(l.id), 10)
	}
	print := reg.fingerprint(reg.key)
	e := reg.enabled[print]
	if e == nil {
		e = &enabled{chain: newChain(reg.live, layers, own, nearest), preflights: reg.preflights, covered: covered}
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
	route.enabled.Store(e)
}
