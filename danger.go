package routecors

import (
	"strconv"

	"github.com/routecors/routecors/internal/origin"
)

// A danger is what an option of Setup named Dangerously… accepts; a set of bits.
type danger uint8

const (
	everyOrigin danger = 1 << iota
	nullOrigin
	insecureOrigin
	publicSuffix
)

// dangers names, for each danger, the option and the code of a Finding.
var dangers = [...]struct {
	danger
	option, code string
}{
	{everyOrigin, "DangerouslyTrustEveryOrigin", "wide-pattern"},
	{nullOrigin, "DangerouslyTrustNullOrigin", "null-origin"},
	{insecureOrigin, "DangerouslyTrustInsecureOrigins", "insecure-origin"},
	{publicSuffix, "DangerouslyTrustPublicSuffixes", "public-suffix"},
}

// reason says why credentials for key are this danger, and what to write instead.
func (d danger) reason(key string, p origin.Pattern) string {
	switch {
	case d == everyOrigin && key == "*":
		return "any website could act as the user who visits it; list the origins"
	case d == everyOrigin:
		return "the pattern matches hosts that anyone can have, so any website could act as the user who visits it; name the host"
	case d == nullOrigin:
		return "any website can make a page of this origin, with a sandboxed frame; leave credentials out"
	case d == insecureOrigin:
		return "anyone on the network can put a page under a plain http origin; use https"
	}
	suffix, _ := p.PublicSuffix()
	return "anyone can register a name under " + strconv.Quote(suffix) + ", a public suffix; name the site"
}

// dangersOf returns what is dangerous about credentials for key.
func dangersOf(key string, p origin.Pattern) (d danger) {
	if key == "*" {
		return everyOrigin // and so all the others
	}
	if p.MatchesEveryHost() {
		d |= everyOrigin
	}
	if p.Null() {
		d |= nullOrigin
	}
	if p.Insecure() {
		d |= insecureOrigin
	}
	if _, ok := p.PublicSuffix(); ok {
		d |= publicSuffix
	}
	return d
}

// checkCredentials returns what is wrong with credentials for one origin key. p is
// the zero Pattern for "*".
func (o ResourceOptions) checkCredentials(route, key string, p origin.Pattern, s *settings) (errs []*ConfigError) {
	if !o.AllowCredentials || o.Deny {
		return nil
	}
	found := dangersOf(key, p)
	s.needed |= found
	for _, d := range dangers {
		if found&^s.trusted&d.danger != 0 {
			errs = append(errs, &ConfigError{Route: route, Origin: key, Field: "AllowCredentials", Value: "true", Reason: d.reason(key, p) + ", or set up with " + d.option})
		}
	}
	return errs
}

// DangerouslyTrustEveryOrigin accepts AllowCredentials for "*", and for patterns
// that match every host: any website may then act as the user who visits it.
func DangerouslyTrustEveryOrigin() Option { return trust(everyOrigin) }

// DangerouslyTrustNullOrigin accepts AllowCredentials for "null" and "file://":
// any website can make a page of the origin null, with a sandboxed frame.
func DangerouslyTrustNullOrigin() Option { return trust(nullOrigin) }

// DangerouslyTrustInsecureOrigins accepts AllowCredentials for plain http beyond
// loopback: anyone on the network can put a page there.
func DangerouslyTrustInsecureOrigins() Option { return trust(insecureOrigin) }

// DangerouslyTrustPublicSuffixes accepts AllowCredentials for a pattern such as
// "https://*.github.io", under which anyone can register a name.
// See https://publicsuffix.org.
func DangerouslyTrustPublicSuffixes() Option { return trust(publicSuffix) }

func trust(d danger) Option {
	return func(s *settings) error { s.trusted |= d; return nil }
}
