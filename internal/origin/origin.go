// Package origin parses serialized origins, compiles the origin patterns of a policy, and finds the
// most specific of many patterns for the value of an Origin header. It knows no policy.
package origin

import "strings"

const (
	// Schemes have no limit in the URL standard. The longest in use are those of browser extensions
	// ("safari-web-extension") and of applications in reverse domain notation; 64 leaves room.
	maxScheme = 64

	// A name has at most 253 bytes in its text form, and may end in the dot of the root beside;
	// see https://www.rfc-editor.org/rfc/rfc1035#section-3.1.
	maxName  = 253
	maxLabel = 63
)

// MaxLen is the length of the longest origin that is looked at, 327 bytes: a scheme of 64, "://", a
// host of 253 and the dot of the root, and ":65535". A longer value is refused unread, so that no
// Origin header costs more than a look at its length.
const MaxLen = maxScheme + len("://") + maxName + len(".") + len(":65535")

// Origin is a serialized tuple origin split in its parts; see
// https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin. The zero value is not an origin.
type Origin struct {
	Scheme string // lower case
	Host   string // domain, IPv4 address, or IPv6 address in its brackets
	Port   string // decimal; empty for the default port of Scheme, and where there is none
}

// Parse splits s, and reports whether s is a tuple origin exactly as a browser serialises it:
//
//	origin = scheme "://" host [ ":" port ]
//	scheme = lower-case letter *( lower-case letter | digit | "+" | "-" | "." )   ; 64 bytes at most
//	host   = ipv4 | "[" ipv6 "]" | label *( "." label ) [ "." ]
//	label  = 1*63( lower-case letter | digit | "-" | "_" )
//	port   = 1 to 65535, without leading zeros, and not the default port of scheme
//
// IP addresses are in the one form that the URL standard writes. A host whose last label is a number
// is an IPv4 address or nothing, in the schemes that the standard calls special; in others
// ("chrome-extension", "capacitor") the host is opaque, and only the bytes count. A trailing dot
// stays, and makes an origin of its own; an address has none. Punycode is not decoded, so that Parse also takes
// an "xn--" label that stands for nothing.
//
// Elsewhere Parse is narrower than the URL standard, which lets through bytes such as "!" and "," in a host,
// empty labels and labels of any length: no DNS has these, and the tolerance of browsers has been used against loose
// matchers. The standard writes port 0, which no page can have, as Fetch blocks it
// (https://fetch.spec.whatwg.org/#port-blocking). And it keeps upper case in an opaque host.
//
// "null" and "file://" are no tuple origins; see [Valid].
func Parse(s string) (Origin, bool) {
	if len(s) > MaxLen {
		return Origin{}, false
	}
	o, ok := split(s)
	if !ok || !validScheme(o.Scheme) || !validHost(o.Scheme, o.Host) ||
		o.Port != "" && !validPort(o.Scheme, o.Port) {
		return Origin{}, false
	}
	return o, true
}

// Valid reports whether s is what a browser may send as Origin: a tuple origin as Parse takes it, "null",
// or the "file://" of some browsers and web views. Any other value comes from no browser.
func Valid(s string) bool {
	if name, ok := strings.CutPrefix(s, "https://"); ok && len(name) <= maxName && validLabels(name) && isLower(name[strings.LastIndexByte(name, '.')+1]) {
		return true // a plain domain, as nearly all are; its last label is no number
	}
	if s == "null" || s == "file://" {
		return true
	}
	_, ok := Parse(s)
	return ok
}

// split cuts s where an origin is cut, and checks no part of it.
func split(s string) (Origin, bool) {
	host, end := bounds(s)
	if host < 0 {
		return Origin{}, false
	}
	o := Origin{Scheme: s[:host-len("://")], Host: s[host:end]}
	if end < len(s) {
		o.Port = s[end+1:]
	}
	return o, true
}

// bounds returns where the host of s starts and ends, or a negative host if s is not cut like an origin. What
// follows the host is nothing, or a colon and at least one byte. The colon of a port is looked for only where
// it can be; any other is left to the check of the host.
func bounds(s string) (host, end int) {
	i := strings.IndexByte(s, ':')
	if i < 0 || len(s) < i+len("://") || s[i+1] != '/' || s[i+2] != '/' {
		return -1, 0
	}
	host = i + len("://")
	if s[len(s)-1] == ']' {
		return host, len(s)
	}
	for i := len(s) - 1; i >= max(host, len(s)-len(":65535")); i-- {
		if s[i] == ':' {
			if i == len(s)-1 {
				return -1, 0
			}
			return host, i
		}
	}
	return host, len(s)
}

func validScheme(s string) bool {
	if s == "" || len(s) > maxScheme || !isLower(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !isLower(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	// The origin of a file is opaque; see https://url.spec.whatwg.org/#concept-url-origin.
	return s != "file"
}

func validHost(scheme, host string) bool {
	if strings.HasPrefix(host, "[") {
		return len(host) > 2 && host[len(host)-1] == ']' && canonicalIPv6(host[1:len(host)-1])
	}
	name := strings.TrimSuffix(host, ".")
	if len(name) > maxName || !validLabels(name) {
		return false
	}
	if special(scheme) && endsInNumber(name) {
		return canonicalIPv4(host)
	}
	return true
}

// labelBytes holds the bytes of a label.
var labelBytes = func() (t [256]bool) {
	for c := range t {
		t[c] = isLower(byte(c)) || isDigit(byte(c)) || c == '-' || c == '_'
	}
	return t
}()

// validLabels reports whether name is one or more labels joined by dots.
func validLabels(name string) bool {
	start := 0
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '.' {
			if i == start || i-start > maxLabel {
				return false
			}
			start = i + 1
			continue
		}
		if !labelBytes[c] {
			return false
		}
	}
	return len(name) > start && len(name)-start <= maxLabel
}

// validPort reports whether port is written as a browser writes it beside scheme.
func validPort(scheme, port string) bool {
	n, ok := portNumber(port)
	return ok && n > 0 && port[0] != '0' && port != defaultPort(scheme)
}

// portNumber returns the number that the digits of s stand for, where it is a port.
func portNumber(s string) (int, bool) {
	if s == "" || len(s) > len("65535") {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n, n <= 65535
}

// special reports whether scheme is special, "file" aside; see https://url.spec.whatwg.org/#special-scheme.
func special(scheme string) bool { return defaultPort(scheme) != "" }

// defaultPort returns the default port of scheme, or "".
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	case "ftp":
		return "21"
	}
	return ""
}

// endsInNumber reports whether the last label of name is a number; see
// https://url.spec.whatwg.org/#ends-in-a-number-checker.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" {
		return false
	}
	digit := isDigit
	if strings.HasPrefix(last, "0x") {
		last, digit = last[len("0x"):], isHex
	}
	for i := 0; i < len(last); i++ {
		if !digit(last[i]) {
			return false
		}
	}
	return true
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c && c <= 'f' }
