package routecors

import (
	"slices"

	"github.com/routecors/routecors/internal/origin"
)

// How two policies are compared.
//
// Not key by key: a narrower key may shut out what a wider one gives, so that to add a key
// can narrow, and to remove one can widen. Both policies are asked about a sample of
// each class of origins that the keys of both can tell apart (package origin makes the
// samples), each by its own look-up; what they give is compared field by field. All
// fields that widen do so on their own: a page may send a request where the method and
// each header and the credentials are allowed, whatever the others are.
//
// Regular expressions are not told apart. A sample of several origins may be matched by
// any of them or by none, and each outcome that both policies can come to at the same
// time is compared: the same expression matches in both, or in neither.

// A side is one of the two that are compared.
type side struct {
	layers  []*layer
	end     *grant // where no layer knows the origin
	asks    *live  // whose function has the last word, of which nothing is known
	covered bool   // by a resource, where AllowMethods counts
	methods func(*grant) [][]string

	resourcePolicy string // CrossOriginResourcePolicy, "inherited" where it is not known
}

// outOfSight stands for what a layer gives that is not known.
var outOfSight = &grant{}

// anyRoute returns what g allows a route without a method, and one that is covered by
// its resource. A route with a method allows it, whatever AllowMethods says.
func anyRoute(g *grant) [][]string {
	covered := []string{}
	if g.covers("") {
		covered = (&enabled{}).methods(&Route{}, g)
	}
	return [][]string{(&enabled{}).methods(&Route{}, g), covered}
}

// side returns what route has by e, which is nil if it is private.
func (e *enabled) side(route *Route) side {
	s := side{}
	if e == nil {
		return s
	}
	s.covered, s.resourcePolicy = e.covered, e.resourcePolicy.String()
	for i, l := range e.now() {
		if e.isDynamic(i) {
			s.end, s.asks = outOfSight, e.live.of[i]
			break
		}
		s.layers = append(s.layers, l.layer)
	}
	s.methods = func(g *grant) [][]string { return [][]string{e.methods(route, g)} }
	return s
}

// A verdict is what a side gives an origin.
type verdict struct {
	state string
	*grant
	methods [][]string // what it allows, for each kind of route
}

func (s *side) verdict(g *grant) verdict {
	switch {
	case g == nil:
		return verdict{state: unlisted}
	case g == outOfSight:
		return verdict{state: inherited}
	case g.deny:
		return verdict{state: denied}
	}
	v := verdict{allowed, g, s.methods(g)}
	if len(v.methods) == 1 && len(v.methods[0]) == 0 {
		return verdict{state: unlisted} // the route is covered, but not for this origin
	}
	return v
}

// defaultMethods is what goes without saying where an origin becomes allowed.
func (v *verdict) defaultMethods() [][]string {
	if len(v.methods) == 1 || !v.covers("") {
		return v.methods
	}
	return make([][]string, len(v.methods))
}

// An outcome is what a look-up may come to: grant, by key, if the regexp pattern
// matches, or for certain if pattern is the zero one.
type outcome struct {
	key     string
	pattern origin.Pattern
	grant   *grant
	regexp  bool // it is not known whether it matches
}

// keys are the patterns of a layer.
type keys struct {
	patterns []origin.Pattern // as the grants of the layer
	regexps  []int            // those that are regexps, by precedence
}

func (l *layer) patterns() *keys {
	k := &keys{patterns: make([]origin.Pattern, len(l.grants))}
	for key, i := range l.origins.All() {
		k.patterns[i], _ = origin.ParsePattern(key) // it is in the set
		if k.patterns[i].Regexp() {
			k.regexps = append(k.regexps, i)
		}
	}
	return k
}

// diff compares what two sides give.
func diff(a, b side) []Change {
	if b.asks != nil && (a.asks != b.asks || a.covered && !b.covered) {
		a.end = nil // for all that is known, it gave nothing: it may name no method
	}
	known := map[*layer]*keys{}
	var patterns []origin.Pattern
	for _, l := range slices.Concat(a.layers, b.layers) {
		if known[l] == nil {
			known[l] = l.patterns()
			patterns = append(patterns, known[l].patterns...)
		}
	}
	c := changes{seen: map[Change]bool{}}
	c.resourcePolicy(a.resourcePolicy, b.resourcePolicy)
	for _, sample := range origin.Samples(patterns) {
		before, after := a.outcomes(sample, known), b.outcomes(sample, known)
		for i, x := range before {
			for j, y := range after {
				if together(before[:i], after[:j], x, y) {
					c.compare(moreSpecific(x, y), a.verdict(x.grant), b.verdict(y.grant))
				}
			}
		}
	}
	return c.sorted()
}

// outcomes lists what the look-up of sample may come to, in the order in which it asks.
func (s *side) outcomes(sample origin.Sample, known map[*layer]*keys) (list []outcome) {
	for _, l := range s.layers {
		k := known[l]
		i := l.origins.Lookup(sample.Origin)
		if i >= 0 && (sample.Alone || !k.patterns[i].Regexp()) {
			return append(list, outcome{k.patterns[i].String(), k.patterns[i], l.grants[i], false})
		}
		if !sample.Alone {
			for _, i := range k.regexps {
				list = append(list, outcome{k.patterns[i].String(), k.patterns[i], l.grants[i], true})
			}
		}
		if l.star != nil {
			return append(list, outcome{key: "*", grant: l.star})
		}
	}
	return append(list, outcome{key: "", grant: s.end})
}

// together reports whether some origin may come to x and y at the same time, which
// those before and after them have been passed over for.
func together(before, after []outcome, x, y outcome) bool {
	matches := func(o outcome) bool {
		return o.regexp && (x.regexp && o.key == x.key || y.regexp && o.key == y.key)
	}
	return !slices.ContainsFunc(before, matches) && !slices.ContainsFunc(after, matches)
}

// moreSpecific returns the key that says more of the origin.
func moreSpecific(x, y outcome) string {
	switch {
	case x.key == "", x.key == "*" && y.key != "":
		return y.key
	case y.key == "", y.key == "*", x.pattern.Compare(y.pattern) < 0:
		return x.key
	}
	return y.key
}

// looseLayer compiles p for a comparison, without what is wrong in it.
func looseLayer(p Policy) *layer {
	l := &layer{}
	var patterns []origin.Pattern
	for key, o := range p {
		l.beyond.add(o)
		if key == "*" {
			l.star = newGrant(o, true)
			continue
		}
		if pattern, err := origin.ParsePattern(key); err == nil {
			patterns = append(patterns, pattern)
			l.grants = append(l.grants, newGrant(o, false))
		}
	}
	l.origins = *origin.NewSet(patterns)
	return l
}
