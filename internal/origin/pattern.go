package origin

import (
	"cmp"
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// A key of a policy, "*" aside, is one of these:
//
//	https://a.example            that origin, byte for byte
//	null, file://                these values, byte for byte
//	https://*.a.example          one or more labels before .a.example; never https://a.example
//	http://a.example:*           any port, or none
//	http://a.example:80*         each port that is written out and starts so; never the default port,
//	                             which is not written
//	https://*.a.example:80*      both
//	regexp:RE                    each origin that RE matches from its first byte to its last
//
// No two of them match the same origins, regexps aside. No key but a regexp matches every host of a scheme.
//
// Precedence. Of the patterns that match an origin, the most specific decides. The first rule that tells
// two patterns apart settles it:
//
//  1. An exact key, then a key without "*.", then one with, then a regexp.
//  2. The longer host: a key that names more of the host.
//  3. A port (no port is one too), then the longer start of a port, then ":*".
//  4. Of two regexps the longer text.
//  5. The order of their bytes.
//
// The host goes before the port, because it is the host that says who is trusted. For
// https://x.b.example:8443 all of these match, the most specific first:
//
//	https://x.b.example:8443
//	https://x.b.example:84*
//	https://x.b.example:*
//	https://*.b.example:*
//	https://*.example:8443
//	https://*.example:*
//	regexp:https://[a-z]+\.b\.example:8443

// Pattern is one compiled key of a policy. The zero value matches nothing. A Pattern is immutable: copies
// share what it holds, and any number of goroutines may use it.
type Pattern struct {
	key  string
	re   *regexp.Regexp // only of a regexp
	kind kind

	// The host, "*" left out, is key[host:hostEnd]. Of a subdomain pattern it starts with the dot.
	host, hostEnd uint16

	// anyPort says that key ends in "*", which stands for the rest of a port.
	anyPort bool
}

// kind classifies patterns, in the order of rule 1.
type kind uint8

const (
	invalid kind = iota
	exact        // a tuple origin
	opaque       // "null" or "file://"
	ports        // one host, several ports
	subdomains
	expression
)

const regexpPrefix = "regexp:"

// ParsePattern compiles key. The text of its error is a reason and a remedy, without key in front:
//
//	trailing slash; write "https://a.example"
func ParsePattern(key string) (Pattern, error) {
	if re, ok := strings.CutPrefix(key, regexpPrefix); ok {
		return parseRegexp(key, re)
	}
	if p, ok := compile(key); ok {
		return p, nil
	}
	return Pattern{}, errors.New(diagnose(key))
}

// compile compiles any key but a regexp.
func compile(key string) (Pattern, bool) {
	if key == "null" || key == "file://" {
		return Pattern{key: key, kind: opaque}, true
	}
	if len(key) > MaxLen {
		return Pattern{}, false
	}
	o, ok := split(key)
	if !ok || !validScheme(o.Scheme) {
		return Pattern{}, false
	}
	p := Pattern{key: key, kind: exact, host: uint16(len(o.Scheme) + len("://"))}
	p.hostEnd = p.host + uint16(len(o.Host))
	host := o.Host
	if start, ok := strings.CutSuffix(o.Port, "*"); ok {
		p.kind, p.anyPort = ports, true
		if start != "" && !validPortStart(o.Scheme, start) {
			return Pattern{}, false
		}
	} else if o.Port != "" && !validPort(o.Scheme, o.Port) {
		return Pattern{}, false
	}
	if base, ok := strings.CutPrefix(host, "*."); ok {
		p.kind = subdomains
		p.host++
		// An address has no subdomains, and the shortest needs two bytes more.
		name := strings.TrimSuffix(base, ".")
		if len("a.")+len(name) > maxName || strings.HasPrefix(base, "[") || special(o.Scheme) && endsInNumber(name) {
			return Pattern{}, false
		}
		host = base
	}
	return p, validHost(o.Scheme, host)
}

// validPortStart reports whether more than one port starts with start. Where it is but one, that port
// written out is the only spelling.
func validPortStart(scheme, start string) bool {
	n, ok := portNumber(start)
	return ok && n > 0 && start[0] != '0' && 10*n <= 65535
}

func parseRegexp(key, re string) (Pattern, error) {
	if re == "" {
		return Pattern{}, errors.New(`empty regexp; write what it is to match, such as "regexp:https://[a-z]+\\.a\\.example"`)
	}
	if strings.HasPrefix(re, "/") && strings.HasSuffix(re, "/") && len(re) > 1 {
		return Pattern{}, errors.New("slashes around the regexp, but no origin starts with one; write " +
			strconv.Quote(regexpPrefix+re[1:len(re)-1]))
	}
	// Alone first, so that no unbalanced parenthesis escapes from the group below.
	if _, err := regexp.Compile(re); err != nil {
		return Pattern{}, errors.New(regexpReason(err))
	}
	anchored, err := regexp.Compile(`\A(?:` + re + `)\z`)
	if err != nil {
		// \Q without \E quotes to the end of the text, and has swallowed the end of ours.
		anchored, err = regexp.Compile(`\A(?:` + re + `\E)\z`)
	}
	if err != nil {
		return Pattern{}, errors.New(regexpReason(err))
	}
	return Pattern{key: key, kind: expression, re: anchored}, nil
}

func regexpReason(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ") +
		"; see https://go.dev/s/re2syntax for what a regexp may hold"
}

// String returns the key as it was written.
func (p Pattern) String() string { return p.key }

// Exact reports whether p matches one value only: one tuple origin, "null" or "file://".
func (p Pattern) Exact() bool { return p.kind == exact || p.kind == opaque }

// Null reports whether p is "null" or "file://", which any document can make a browser send.
func (p Pattern) Null() bool { return p.kind == opaque }

// Match reports whether p matches s. It follows the definition and not the clock: [Set] is for requests,
// and its tests compare it with Match.
func (p Pattern) Match(s string) bool {
	if p.Exact() {
		return s == p.key
	}
	o, ok := Parse(s)
	switch {
	case !ok:
		return false
	case p.kind == expression:
		return p.re.MatchString(s)
	case p.kind == ports:
		return o.Scheme == p.scheme() && o.Host == p.base() && p.port().match(o.Port)
	case p.kind == subdomains:
		// The base starts with a dot and the host, which is well-formed, does not: there are labels before the base.
		return o.Scheme == p.scheme() && strings.HasSuffix(o.Host, p.base()) && p.port().match(o.Port)
	}
	return false
}

// Compare returns a negative number where p is more specific than q, zero where they are the same key,
// and a positive number otherwise. It is a total order; see the rules above.
func (p Pattern) Compare(q Pattern) int {
	return cmp.Or(
		cmp.Compare(p.rank(), q.rank()),
		cmp.Compare(len(q.base()), len(p.base())),
		p.port().compare(q.port()),
		cmp.Compare(q.textLen(), p.textLen()),
		strings.Compare(p.key, q.key),
	)
}

func (p Pattern) rank() kind {
	if p.kind == opaque {
		return exact
	}
	return p.kind
}

// textLen is what rule 4 compares.
func (p Pattern) textLen() int {
	if p.kind == expression {
		return len(p.key)
	}
	return 0
}

func (p Pattern) scheme() string {
	scheme, _, _ := strings.Cut(p.key, "://")
	return scheme
}

// base returns the host of p; that of a subdomain pattern is its part after "*", dot included.
func (p Pattern) base() string { return p.key[p.host:p.hostEnd] }

func (p Pattern) port() portPattern {
	text := strings.TrimPrefix(p.key[p.hostEnd:], ":")
	return portPattern{text: strings.TrimSuffix(text, "*"), open: p.anyPort}
}

// portPattern is the port part of a Pattern: a port, or "" for none; if it is open, the start of one, or
// "" for any and none.
type portPattern struct {
	text string
	open bool
}

// match reports whether port, of a well-formed origin, is one that p stands for.
func (p portPattern) match(port string) bool {
	if !p.open {
		return port == p.text
	}
	return strings.HasPrefix(port, p.text)
}

// compare orders by rule 3.
func (p portPattern) compare(q portPattern) int {
	if p.open != q.open {
		if q.open {
			return -1
		}
		return 1
	}
	if !p.open {
		return 0
	}
	return cmp.Compare(len(q.text), len(p.text))
}

// Example returns an origin that p matches; "" if none is at hand, as for some regexps.
func (p Pattern) Example() string {
	s := p.key
	switch p.kind {
	case subdomains:
		s = p.key[:p.host-1] + "any" + p.key[p.host:]
		fallthrough
	case ports:
		if !p.anyPort {
			return s
		}
		s = strings.TrimSuffix(s, "*")
		if strings.HasSuffix(s, ":") {
			return strings.TrimSuffix(s, ":")
		}
		for _, more := range []string{"", "0", "00"} {
			if p.Match(s + more) { // "80" alone is the default port of http
				return s + more
			}
		}
		return ""
	case expression:
		for a := range p.samples {
			if p.Match(a) {
				return a
			}
		}
		return ""
	}
	return s
}
