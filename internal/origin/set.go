package origin

import (
	"iter"
	"slices"
	"strings"
)

// Set finds the most specific of many patterns that matches a value. The zero value has no patterns. A Set
// is immutable, and safe for concurrent use.
//
// A look-up takes the kinds of patterns in the order of their precedence, and so may stop at the first
// match. Exact keys and the hosts of port patterns are one table look-up each. The subdomain patterns are
// found by their suffix: one look-up for each distinct length of a suffix, and not one for each label of
// the host, of which the sender can make 127. Regexps are run last, each once.
type Set struct {
	exact table[int32]
	wide  *wide // nil if every pattern is exact, as in most policies
}

// wide are the patterns of a Set that match several values.
type wide struct {
	hosts   table[[]rule] // by scheme://host
	bases   table[[]rule] // by the host after "*"
	lengths []int         // of the keys of bases, the longest first
	regexps []regexpRule

	plain []plain // of a few subdomain patterns with no port beside no port pattern

	patterns []Pattern // that are not exact, by precedence
	indexes  []int32   // of patterns
}

// rule is what remains of a pattern once its host is known.
type rule struct {
	scheme string
	port   portPattern
	index  int32
}

// plain is a subdomain pattern that is looked for as it stands, by precedence: of a few,
// that is faster than to parse what is looked up.
type plain struct {
	prefix, suffix string // "https://", ".example.com"
	index          int32
}

type regexpRule struct {
	pattern Pattern
	index   int32
}

// NewSet returns a Set of patterns. It keeps the keys, but not the slice.
func NewSet(patterns []Pattern) *Set {
	n := 0
	for i := range patterns {
		if patterns[i].Exact() {
			n++
		}
	}
	s := new(Set)
	if n > fewEntries {
		s.exact.many = make(map[string]int32, n)
	} else {
		s.exact.few = make([]entry[int32], 0, n)
	}
	others := make([]int32, 0, len(patterns)-n)
	for i := range patterns {
		if !patterns[i].Exact() {
			others = append(others, int32(i))
		}
	}
	// From the last to the first, which wins of equals.
	for i := len(patterns) - 1; i >= 0 && n > 0; i-- {
		if p := &patterns[i]; p.Exact() {
			s.exact.put(p.key, int32(i))
		}
	}
	if len(others) > 0 {
		s.wide = newWide(patterns, others)
	}
	return s
}

// newWide returns the patterns whose indexes are others.
func newWide(patterns []Pattern, others []int32) *wide {
	s := &wide{indexes: others}
	// By precedence, so that each list of rules ends up in that order; stable, so that the first of equals wins.
	slices.SortStableFunc(others, func(i, j int32) int { return patterns[i].Compare(patterns[j]) })
	hosts, bases := make(map[string][]rule), make(map[string][]rule)
	for _, i := range others {
		p := patterns[i]
		r := rule{scheme: p.scheme(), port: p.port(), index: i}
		s.patterns = append(s.patterns, p)
		switch p.kind {
		case ports:
			host := p.key[:p.hostEnd]
			hosts[host] = append(hosts[host], r)
		case subdomains:
			base := p.base()
			if n := len(s.lengths); n == 0 || s.lengths[n-1] != len(base) {
				s.lengths = append(s.lengths, len(base))
			}
			bases[base] = append(bases[base], r)
		case expression:
			s.regexps = append(s.regexps, regexpRule{p, i})
		}
	}
	s.hosts, s.bases = newTable(hosts), newTable(bases)
	if len(hosts) == 0 && len(bases) <= fewEntries/2 {
		s.plain = plains(patterns, others)
	}
	return s
}

// plains returns the subdomain patterns among those with the indexes others, which are
// in order; nil if one of them has a port.
func plains(patterns []Pattern, others []int32) (list []plain) {
	for _, i := range others {
		p := patterns[i]
		if p.kind != subdomains {
			continue
		}
		if int(p.hostEnd) != len(p.key) {
			return nil
		}
		list = append(list, plain{p.scheme() + "://", p.base(), i})
	}
	return list
}

// Lookup returns the index, in the slice given to NewSet, of the most specific pattern that matches origin,
// or -1. Of equal patterns it is the first. An ill-formed origin has no match. Lookup does not allocate, and
// its time is bounded, whatever origin is.
func (s *Set) Lookup(origin string) (index int) {
	if len(origin) > MaxLen {
		return -1
	}
	// An exact key is well-formed, so a value that equals it need not be parsed.
	if i, ok := s.exact.get(origin); ok {
		return int(i)
	}
	if s.wide == nil {
		return -1
	}
	return s.wide.lookup(origin)
}

func (s *wide) lookup(origin string) (index int) {
	for i := range s.plain {
		p := &s.plain[i]
		end := len(origin) - len(p.suffix)
		if end <= len(p.prefix) || origin[end:] != p.suffix || origin[:len(p.prefix)] != p.prefix {
			continue
		}
		if len(origin)-len(p.prefix) > maxName || !validLabels(origin[len(p.prefix):end]) {
			break
		}
		return int(p.index)
	}
	host, end := bounds(origin)
	if host < 0 {
		return -1
	}
	scheme, port := origin[:host-len("://")], ""
	if end < len(origin) {
		port = origin[end+1:]
	}
	if rules, ok := s.hosts.get(origin[:end]); ok {
		if i := matchRules(rules, scheme, port); i >= 0 {
			return i
		}
	}
	for _, n := range s.lengths {
		base := end - n
		if base <= host || origin[base] != '.' {
			continue
		}
		rules, ok := s.bases.get(origin[base:end])
		if !ok {
			continue
		}
		// What follows is the end of a valid host, so these two checks make the whole one valid.
		if len(strings.TrimSuffix(origin[host:end], ".")) > maxName || !validLabels(origin[host:base]) {
			return -1
		}
		if i := matchRules(rules, scheme, port); i >= 0 {
			return i
		}
	}
	if len(s.regexps) == 0 {
		return -1
	}
	if _, ok := Parse(origin); !ok {
		return -1
	}
	for _, r := range s.regexps {
		if r.pattern.re.MatchString(origin) {
			return int(r.index)
		}
	}
	return -1
}

// All yields the keys with their indexes, by precedence; exact ones in the order of
// their bytes.
func (s *Set) All() iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for _, e := range s.exact.sorted() {
			if !yield(e.key, int(e.value)) {
				return
			}
		}
		if s.wide == nil {
			return
		}
		for i, p := range s.wide.patterns {
			if !yield(p.key, int(s.wide.indexes[i])) {
				return
			}
		}
	}
}

// matchRules returns the index of the first of rules that matches, or -1.
func matchRules(rules []rule, scheme, port string) int {
	for i := range rules {
		r := &rules[i]
		if r.scheme == scheme && r.port.match(port) && (port == "" || !r.port.open || validPort(scheme, port)) {
			return int(r.index)
		}
	}
	return -1
}

// table is a map that compares one by one while it is small, which is faster than to hash.
type table[V any] struct {
	few  []entry[V]
	many map[string]V
}

type entry[V any] struct {
	key   string
	value V
}

const fewEntries = 8

func newTable[V any](m map[string]V) table[V] {
	if len(m) > fewEntries {
		return table[V]{many: m}
	}
	t := table[V]{few: make([]entry[V], 0, len(m))}
	for k, v := range m {
		t.few = append(t.few, entry[V]{k, v})
	}
	return t
}

// sorted returns the entries by key.
func (t *table[V]) sorted() []entry[V] {
	all := slices.Clone(t.few)
	for k, v := range t.many {
		all = append(all, entry[V]{k, v})
	}
	slices.SortFunc(all, func(a, b entry[V]) int { return strings.Compare(a.key, b.key) })
	return all
}

// put sets what key stands for.
func (t *table[V]) put(key string, value V) {
	if t.many != nil {
		t.many[key] = value
		return
	}
	for i := range t.few {
		if t.few[i].key == key {
			t.few[i].value = value
			return
		}
	}
	t.few = append(t.few, entry[V]{key, value})
}

func (t *table[V]) get(key string) (V, bool) {
	if t.many != nil {
		v, ok := t.many[key]
		return v, ok
	}
	for i := range t.few {
		if t.few[i].key == key {
			return t.few[i].value, true
		}
	}
	var zero V
	return zero, false
}
