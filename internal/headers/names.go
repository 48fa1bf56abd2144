// Package headers checks the names of methods and headers that a CORS policy
// lists, and reads and writes the lists that travel in CORS headers. It knows
// no policy.
package headers

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// IsToken reports whether s is a token, which is what methods and header names
// are made of. See https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2.
func IsToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	// One bit a character, in two halves: a constant, where a table would be a
	// variable.
	const mask = 0 |
		(1<<10-1)<<'0' |
		(1<<26-1)<<'a' |
		(1<<26-1)<<'A' |
		1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' | 1<<'+' |
		1<<'-' | 1<<'.' | 1<<'^' | 1<<'_' | 1<<'`' | 1<<'|' | 1<<'~'
	// A shift by 64 or more gives 0, so one operand is always 0, and both are
	// where c is not ASCII.
	return (uint64(1)<<c)&(mask&(1<<64-1))|(uint64(1)<<(c-64))&(mask>>64) != 0
}

// checkToken refuses what is not a token, with the remedy for the slips that
// configurations are known for, and "*", which only means something alone.
func checkToken(s string) error {
	trimmed := strings.TrimSpace(s)
	name, _, _ := strings.Cut(trimmed, ":")
	switch {
	case s == "*":
		return errors.New("stands for every name; write it alone")
	case IsToken(s):
		return nil
	case trimmed == "":
		return errors.New("empty; remove it")
	case IsToken(trimmed):
		return fmt.Errorf("white space around it; write %q", trimmed)
	case strings.Contains(s, ","):
		return errors.New("several names in one string; write one string a name")
	case IsToken(name):
		return fmt.Errorf("has a colon; write %q", name)
	}
	return errors.New("not a token (RFC 9110, section 5.6.2); use letters, digits and !#$%&'*+-.^_`|~")
}

// CheckMethod returns nil if m may stand in AllowMethods, or an error that says
// why not and what to do, without m itself. Methods are compared byte by byte
// (see https://fetch.spec.whatwg.org/#concept-method), so that "patch" would be
// a method that no client sends.
func CheckMethod(m string) error {
	if err := checkToken(m); err != nil {
		return err
	}
	if IsForbiddenMethod(m) {
		return errors.New("browsers refuse to send it (forbidden method); remove it")
	}
	if upper := strings.ToUpper(m); upper != m && isRegisteredMethod(upper) {
		return fmt.Errorf("methods are case-sensitive; write %q", upper)
	}
	return nil
}

// IsForbiddenMethod reports whether m is a forbidden method, in any case.
// See https://fetch.spec.whatwg.org/#forbidden-method.
func IsForbiddenMethod(m string) bool {
	switch len(m) {
	case len("trace"):
		return compareFold("trace", m) == 0 || compareFold("track", m) == 0
	case len("connect"):
		return compareFold("connect", m) == 0
	}
	return false
}

// IsSafelistedMethod reports whether m is a CORS-safelisted method.
// See https://fetch.spec.whatwg.org/#cors-safelisted-method.
func IsSafelistedMethod(m string) bool {
	return m == "GET" || m == "POST" || m == "HEAD"
}

// isRegisteredMethod reports whether m stands in
// https://www.iana.org/assignments/http-methods, or is QUERY
// (https://datatracker.ietf.org/doc/draft-ietf-httpbis-safe-method-w-body).
// The forbidden methods are left out: they never get this far.
func isRegisteredMethod(m string) bool {
	switch m {
	case "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY",
		"ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL",
		"LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL",
		"MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PRI", "PROPFIND",
		"PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT",
		"UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL":
		return true
	}
	return false
}

// CheckRequestHeader returns nil if name may stand in AllowHeaders, or an error
// that says why not and what to do, without name itself.
//
// Names such as Content-Type are fine: whether a request that carries them needs
// permission depends on the value, as it does for X-HTTP-Method-Override. See
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header.
func CheckRequestHeader(name string) error {
	if err := checkToken(name); err != nil {
		return err
	}
	lower := strings.ToLower(name)
	switch {
	case lower == "origin", strings.HasPrefix(lower, "access-control-request-"):
		return errors.New("part of the CORS protocol itself, which needs no permission; remove it")
	case strings.HasPrefix(lower, "access-control-"):
		return errors.New("a response header of the CORS protocol; remove it")
	case lower == "cookie", lower == "cookie2":
		return errors.New("cookies travel by AllowCredentials, and no script may set them (forbidden request-header name); remove it")
	case lower == "etag":
		return errors.New("a response header; in a request it is If-Match or If-None-Match")
	case lower == "last-modified":
		return errors.New("a response header; in a request it is If-Modified-Since or If-Unmodified-Since")
	case lower == "set-cookie", lower == "set-cookie2":
		return errors.New("a response header that no script may see; remove it")
	case isResponseOnly(lower):
		return errors.New("a response header; remove it, or move it to ExposeHeaders")
	case IsForbiddenRequestHeader(lower):
		return errors.New("no script may set it (forbidden request-header name); remove it")
	}
	return nil
}

// IsForbiddenRequestHeader leaves out the names that are forbidden only with
// some values. See https://fetch.spec.whatwg.org/#forbidden-request-header.
func IsForbiddenRequestHeader(lower string) bool {
	switch lower {
	case "accept-charset", "accept-encoding", "access-control-request-headers",
		"access-control-request-method", "connection", "content-length", "cookie",
		"cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin",
		"referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade",
		"via":
		return true
	}
	return strings.HasPrefix(lower, "proxy-") || strings.HasPrefix(lower, "sec-")
}

// isResponseOnly reports whether a standard gives the header a meaning in
// responses and none in requests: a browser has no cause to ask for it, and a
// list that holds it was meant for ExposeHeaders. What describes a
// representation (Content-Disposition, Expires, Link and the like) travels with
// a PUT as well, and is not here.
func isResponseOnly(lower string) bool {
	switch lower {
	// RFC 9110, sections 10.2, 11.6, 12.5.5 and 14.3; RFC 9111, section 5.1.
	case "accept-ranges", "age", "allow", "authentication-info", "location",
		"retry-after", "server", "vary", "www-authenticate":
		return true
	// RFC 8942, 5789, 7838, 9745, 7240 and 8594; Linked Data Platform.
	case "accept-ch", "accept-patch", "accept-post", "alt-svc", "deprecation",
		"preference-applied", "sunset":
		return true
	// What a server tells browsers: HTML, Fetch, CSP and their neighbours.
	case "clear-site-data", "content-security-policy",
		"content-security-policy-report-only", "cross-origin-embedder-policy",
		"cross-origin-embedder-policy-report-only", "cross-origin-opener-policy",
		"cross-origin-opener-policy-report-only", "cross-origin-resource-policy",
		"nel", "origin-agent-cluster", "permissions-policy", "referrer-policy",
		"refresh", "report-to", "reporting-endpoints", "server-timing",
		"sourcemap", "strict-transport-security", "timing-allow-origin",
		"x-content-type-options", "x-frame-options", "x-xss-protection":
		return true
	}
	return false
}

// CheckResponseHeader returns nil if name may stand in ExposeHeaders, or an
// error that says why not and what to do, without name itself.
//
// CORS-safelisted response-header names are refused as meaningless.
// Authorization is not: servers that hand out tokens answer with it, and scripts
// do read it there.
func CheckResponseHeader(name string) error {
	if err := checkToken(name); err != nil {
		return err
	}
	lower := strings.ToLower(name)
	switch {
	case lower == "set-cookie", lower == "set-cookie2":
		// https://fetch.spec.whatwg.org/#forbidden-response-header-name
		return errors.New("no script may read it (forbidden response-header name); remove it")
	case strings.HasPrefix(lower, "access-control-"):
		return errors.New("part of the CORS protocol itself; remove it")
	case IsSafelistedResponseHeader(name):
		return errors.New("scripts may read it anyway (CORS-safelisted response-header name); remove it")
	case isRequestOnly(lower) && IsForbiddenRequestHeader(lower):
		return errors.New("a request header; remove it")
	case isRequestOnly(lower):
		return errors.New("a request header; remove it, or move it to AllowHeaders")
	}
	return nil
}

// isRequestOnly is to responses what isResponseOnly is to requests, with one
// liberty: RFC 9110, section 12.3, lets a response carry Accept and
// Accept-Encoding as advice for the next request. Servers whose pages read that
// are unheard of; lists that were copied from AllowHeaders are not.
func isRequestOnly(lower string) bool {
	switch lower {
	case "accept", "accept-charset", "accept-encoding", "accept-language",
		"cookie", "cookie2", "dnt", "early-data", "expect", "forwarded", "from",
		"host", "if-match", "if-modified-since", "if-none-match", "if-range",
		"if-unmodified-since", "last-event-id", "max-forwards", "origin", "prefer",
		"proxy-authorization", "range", "referer", "save-data", "te",
		"upgrade-insecure-requests", "user-agent":
		return true
	}
	// Sec-WebSocket-Accept and its like belong to responses, but to handshakes,
	// which no script sees.
	return strings.HasPrefix(lower, "sec-")
}

// IsSafelistedResponseHeader reports whether name, in any case, is a
// CORS-safelisted response-header name: one that scripts may read without its
// being exposed.
// See https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func IsSafelistedResponseHeader(name string) bool {
	switch Canonical(name) {
	case "Cache-Control", "Content-Language", "Content-Length", "Content-Type",
		"Expires", "Last-Modified", "Pragma":
		return true
	}
	return false
}

// Canonical returns name as the keys of an http.Header spell it.
func Canonical(name string) string {
	return textproto.CanonicalMIMEHeaderKey(name)
}

// AppendQuote appends the first 64 bytes of s, or a few less so as not to split a
// character, in Go syntax: what clients send may be of any length and hold any
// byte, and is quoted in an answer that a terminal may show.
func AppendQuote(dst []byte, s string) []byte {
	const maxLen = 64
	if len(s) > maxLen {
		cut := maxLen
		for cut > maxLen-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return strconv.AppendQuote(dst, s)
		}
	}
	return append(append(append(dst, '"'), s...), '"') // as it does, sooner
}

// Expose returns the list of the names in h that Access-Control-Expose-Headers
// can make readable, and of Date, which net/http adds later. It is what "*" stands
// for where credentials are on, and "*" would be an ordinary name:
// https://fetch.spec.whatwg.org/#cors-protocol-and-credentials.
func Expose(h http.Header) string {
	names := []string{"Date"}
	for key, values := range h {
		if len(values) == 0 || !IsToken(key) || IsSafelistedResponseHeader(key) {
			continue
		}
		name := Canonical(key)
		// See https://fetch.spec.whatwg.org/#forbidden-response-header-name.
		if name != "Set-Cookie" && name != "Set-Cookie2" && !strings.HasPrefix(name, "Access-Control-") {
			names = append(names, name)
		}
	}
	return ExposeValue(names)
}

// ExposeValue returns the value of Access-Control-Expose-Headers for names:
// canonical, sorted, each once.
func ExposeValue(names []string) string {
	canonical := make([]string, len(names))
	for i, name := range names {
		canonical[i] = Canonical(name)
	}
	slices.Sort(canonical)
	return strings.Join(slices.Compact(canonical), ",")
}
