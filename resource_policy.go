package routecors

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// What goes beyond CORS: Timing-Allow-Origin and Cross-Origin-Resource-Policy.
//
//  1. Timing-Allow-Origin belongs to the key. Where a response is shared it says what
//     Access-Control-Allow-Origin says, and nowhere else does it stand. A registry that
//     has AllowTiming for some route owns it: what a middleware further out has set is
//     removed from the responses of added routes. One that does not leaves it alone.
//  2. Cross-Origin-Resource-Policy belongs to the route. It is for requests that carry
//     no Origin, so that nobody can tell which key is theirs. The nearest layer that has
//     a key which does not deny decides, whole; its keys agree. Every response has it,
//     so that no cache needs to tell one from the other.
//
// The answer to a preflight has neither: nothing of it is timed or embedded.

const (
	tao  = "Timing-Allow-Origin"
	corp = "Cross-Origin-Resource-Policy"
)

// fixedResourcePolicy is why layers that are not fixed have none.
const fixedResourcePolicy = "belongs to the route, whatever the origin; name it in a policy of Add, of a Group or of Setup"

// A resourcePolicy is a Cross-Origin-Resource-Policy; the zero value is none.
type resourcePolicy uint8

var resourcePolicies = [...]string{"", "same-origin", "same-site", "cross-origin"}

func (p resourcePolicy) String() string { return resourcePolicies[p] }

// resourcePolicyOf returns that of value, or what equals none of them, of which nothing is
// made, where the check refuses value.
func resourcePolicyOf(value string) resourcePolicy {
	i := slices.Index(resourcePolicies[:], value)
	if i < 0 {
		i = len(resourcePolicies)
	}
	return resourcePolicy(i)
}

// beyond is what a layer, or a chain of them, says beyond CORS.
type beyond struct {
	opens          bool // some key does not deny
	timing         bool // some key has AllowTiming
	resourcePolicy resourcePolicy
}

// add adds the options of one more key of a layer, and reports whether they agree
// with the others.
func (b *beyond) add(o ResourceOptions) bool {
	if o.Deny {
		return true
	}
	policy := resourcePolicyOf(o.CrossOriginResourcePolicy)
	agrees := !b.opens || b.resourcePolicy == policy
	b.opens, b.timing, b.resourcePolicy = true, b.timing || o.AllowTiming, policy
	return agrees
}

// beyondOf returns what layers, nearest first, say together.
func beyondOf(layers []placed) (b beyond) {
	for _, l := range layers {
		if !b.opens {
			b.opens, b.resourcePolicy = l.opens, l.resourcePolicy
		}
		b.timing = b.timing || l.timing
	}
	return b
}

// resourcePolicyIn returns the Cross-Origin-Resource-Policy of a route with layers,
// nearest first; "inherited" if it is that of layers further away, which are not known.
func resourcePolicyIn(layers []*layer, more bool) string {
	for _, l := range layers {
		if l.opens {
			return l.resourcePolicy.String()
		}
		if l.star != nil {
			return ""
		}
	}
	if more {
		return inherited
	}
	return ""
}

// resourcePolicy adds what differs between two of them. Nothing is said where one is
// not known and the other absent: what changes then is which origins are allowed.
func (c *changes) resourcePolicy(old, now string) {
	if old == now || old == "" && now == inherited || old == inherited && now == "" {
		return
	}
	// Without one every page may embed, but for those that require it.
	widens := true
	switch now {
	case "same-origin":
		widens = false
	case "same-site", "":
		widens = old != "cross-origin"
	}
	c.add(Change{"*", "CrossOriginResourcePolicy", old, now, widens})
}

// timingOf returns the Timing-Allow-Origin beside an Access-Control-Allow-Origin of
// allowed; "" leaves the header out.
func (g *grant) timingOf(allowed string) string {
	if !g.timing {
		return ""
	}
	return allowed
}

// checkResourcePolicy returns why value is no Cross-Origin-Resource-Policy; "" if it
// is one, or empty. Browsers ignore all others, in another case, too, as if
// they were not there. See https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check.
func checkResourcePolicy(value string) string {
	known := resourcePolicies[1:]
	if value == "" || slices.Contains(known, value) {
		return ""
	}
	if meant := strings.ToLower(strings.TrimSpace(value)); slices.Contains(known, meant) {
		return "browsers ignore it; write " + strconv.Quote(meant)
	}
	return `browsers ignore it; write "same-origin", "same-site" or "cross-origin", or leave it out`
}

// checkSameResourcePolicy returns an error for each key of p, none that denies, that
// has another CrossOriginResourcePolicy than the first that has one.
func checkSameResourcePolicy(p Policy, route string) (errs []*ConfigError) {
	keys := slices.Sorted(maps.Keys(p))
	first := keys[slices.IndexFunc(keys, func(key string) bool { return p[key].CrossOriginResourcePolicy != "" })]
	want := p[first].CrossOriginResourcePolicy
	for key, o := range p {
		if o.Deny || o.CrossOriginResourcePolicy == want {
			continue
		}
		errs = append(errs, &ConfigError{
			Route: route, Origin: key, Field: "CrossOriginResourcePolicy", Value: o.CrossOriginResourcePolicy,
			Reason: "the requests that it is for carry no Origin, so that it is one for all keys of a policy; write " +
				strconv.Quote(want) + " as for origin " + strconv.Quote(first) + ", or give the route a policy of its own",
		})
	}
	return errs
}
