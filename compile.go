package routecors

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/routecors/routecors/internal/origin"
)

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
