package routecors

import (
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
	"github.com/routecors/routecors/internal/strictjson"
)

// ResourceOptions says what pages of one origin may do. The zero value lets a page
// send requests that need no permission beyond being answered at all: no
// credentials, no request header beside the CORS-safelisted ones, nothing exposed.
//
// A ResourceOptions is a plain value. Setup, Add and Group copy what they are
// given, so that changing it afterwards changes nothing.
type ResourceOptions struct {
	// AllowCredentials lets requests carry cookies, HTTP authentication and client
	// certificates. It is refused together with the origin "*", "null", "file://",
	// and with plain http beyond loopback, unless an option of Setup names the danger.
	// See https://fetch.spec.whatwg.org/#http-access-control-allow-credentials.
	AllowCredentials bool

	// ExposeHeaders names the response headers that the page may read beside the
	// CORS-safelisted ones. {"*"} exposes every header; together with
	// AllowCredentials, where Fetch takes no "*", the names of the headers that the
	// response really has are listed when it is written. Forbidden response-header
	// names are refused. See https://fetch.spec.whatwg.org/#http-access-control-expose-headers.
	ExposeHeaders []string

	// AllowHeaders names the request headers that the page may set beside the
	// CORS-safelisted ones, in any case. {"*"} allows every header, Authorization
	// included. Forbidden request-header names are refused.
	// See https://fetch.spec.whatwg.org/#http-access-control-allow-headers.
	AllowHeaders []string

	// AllowMethods is for routes that serve several methods. A route with a method
	// allows that one and needs none here; if given, the list must contain it. A
	// route without a method allows what is named here, GET, HEAD and POST if
	// nothing is, and with {"*"} every method but the forbidden CONNECT, TRACE and
	// TRACK. A Resource that was added covers those of its routes whose method is
	// named here. Methods are case-sensitive; GET includes HEAD.
	// See https://fetch.spec.whatwg.org/#http-access-control-allow-methods.
	AllowMethods []string

	// MaxAge is how long, in seconds, a browser may keep the answer to a
	// preflight. 0 leaves the header out, which browsers take as 5 seconds; a
	// negative value sends 0, which switches the cache off. More than 86400, the
	// longest that any browser keeps, is refused.
	// See https://fetch.spec.whatwg.org/#http-access-control-max-age.
	MaxAge int

	// Deny refuses the origin, whatever a layer further away says of it. It stands
	// alone: beside another field it is refused.
	Deny bool
}

// maxMaxAge is the longest preflight cache of a browser: Firefox's 24 hours.
const maxMaxAge = 86400

// A grant is a ResourceOptions made ready to answer with. It is immutable and
// shared by every route and origin that has the same options.
type grant struct {
	deny        bool
	star        bool // of the key "*"
	credentials bool

	methods   []string // AllowMethods, without "*"
	anyMethod bool

	headers   *headers.Set // AllowHeaders; nil if anyHeader
	anyHeader bool

	// The values of the response headers; "" leaves the header out.
	allowHeaders  string
	exposeHeaders string
	maxAge        string

	exposeAll bool // the names are listed when the response is written
}

// newGrant makes checked options ready.
func newGrant(o ResourceOptions, star bool) *grant {
	g := &grant{
		deny:        o.Deny,
		star:        star,
		credentials: o.AllowCredentials,
		anyMethod:   isStar(o.AllowMethods),
		anyHeader:   isStar(o.AllowHeaders),
	}
	if !g.anyMethod {
		g.methods = slices.Clone(o.AllowMethods)
	}
	switch {
	case !g.anyHeader:
		g.headers = headers.NewSet(o.AllowHeaders)
		g.allowHeaders = g.headers.Value()
	case !g.credentials:
		// "*" does not cover Authorization: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
		g.allowHeaders = "*,authorization"
	}
	switch {
	case !isStar(o.ExposeHeaders):
		g.exposeHeaders = exposeValue(o.ExposeHeaders)
	case g.credentials:
		g.exposeAll = true
	default:
		g.exposeHeaders = "*"
	}
	switch {
	case o.MaxAge > 0:
		g.maxAge = strconv.Itoa(o.MaxAge)
	case o.MaxAge < 0:
		g.maxAge = "0"
	}
	return g
}

func exposeValue(names []string) string {
	canonical := make([]string, len(names))
	for i, name := range names {
		canonical[i] = headers.Canonical(name)
	}
	sort.Strings(canonical)
	return strings.Join(slices.Compact(canonical), ",")
}

// names reports whether AllowMethods names m. A page that may GET may HEAD: the
// two differ in nothing but the body, see RFC 9110, section 9.3.2.
func (g *grant) names(m string) bool {
	return g.anyMethod || slices.Contains(g.methods, m) || m == "HEAD" && slices.Contains(g.methods, "GET")
}

// covers reports whether AllowMethods names m, or any method if m is "", for an
// origin that is not denied.
func (g *grant) covers(m string) bool {
	if m == "" {
		return !g.deny && (g.anyMethod || len(g.methods) > 0)
	}
	return !g.deny && g.names(m)
}

// allowsMethod is names for a route without a method, whose default is the
// CORS-safelisted methods.
func (g *grant) allowsMethod(m string) bool {
	if headers.IsForbiddenMethod(m) {
		return false
	}
	if len(g.methods) == 0 && !g.anyMethod {
		return headers.IsSafelistedMethod(m)
	}
	return g.names(m)
}

func isStar(list []string) bool { return len(list) == 1 && list[0] == "*" }

// check returns what is wrong with the options of one origin key. p is the zero
// Pattern for "*".
func (o ResourceOptions) check(route, key string, p origin.Pattern, s *settings) (errs []error) {
	fail := func(field, value, reason string) {
		errs = append(errs, &ConfigError{Route: route, Origin: key, Field: field, Value: value, Reason: reason})
	}
	if o.Deny {
		if o.AllowCredentials || o.ExposeHeaders != nil || o.AllowHeaders != nil || o.AllowMethods != nil || o.MaxAge != 0 {
			fail("Deny", "true", "an origin that is denied has no other options; leave them out")
		}
		return errs
	}
	if o.AllowCredentials {
		if reason := untrusted(key, p, s); reason != "" {
			fail("AllowCredentials", "true", reason)
		}
	}
	checkList(o.ExposeHeaders, "ExposeHeaders", fail, headers.CheckResponseHeader)
	checkList(o.AllowHeaders, "AllowHeaders", fail, headers.CheckRequestHeader)
	checkList(o.AllowMethods, "AllowMethods", fail, headers.CheckMethod)
	if o.MaxAge > maxMaxAge {
		fail("MaxAge", strconv.Itoa(o.MaxAge), "longer than any browser keeps it; write 86400 (24 hours) or less")
	}
	return errs
}

func checkList(list []string, field string, fail func(field, value, reason string), check func(string) error) {
	for _, v := range list {
		if v == "*" {
			if len(list) > 1 {
				fail(field, v, `"*" already stands for all; write {"*"} alone or leave it out`)
			}
			continue
		}
		if err := check(v); err != nil {
			fail(field, v, err.Error())
		}
	}
}

// untrusted says why key must not be given credentials, and what to do; "" if it may.
func untrusted(key string, p origin.Pattern, s *settings) string {
	if key == "*" {
		if s.trustEveryOrigin {
			return ""
		}
		return `any website could act as the user who visits it; list the origins, or set up with DangerouslyTrustEveryOrigin`
	}
	if p.MatchesEveryHost() && !s.trustEveryOrigin {
		return `the pattern matches every host, so any website could act as the user who visits it; name the host, or set up with DangerouslyTrustEveryOrigin`
	}
	if p.Null() && !s.trustNullOrigin {
		return `any website can make a page of this origin, with a sandboxed frame; leave credentials out, or set up with DangerouslyTrustNullOrigin`
	}
	if p.Insecure() && !s.trustInsecureOrigins {
		return `anyone on the network can put a page under a plain http origin; use https, or set up with DangerouslyTrustInsecureOrigins`
	}
	if suffix, ok := p.PublicSuffix(); ok && !s.trustPublicSuffixes {
		return `anyone can register a name under ` + strconv.Quote(suffix) + `, a public suffix; name the site, or set up with DangerouslyTrustPublicSuffixes`
	}
	return ""
}

// optionsJSON is ResourceOptions as JSON writes it, by the names of aiohttp_cors.
type optionsJSON struct {
	AllowCredentials bool `json:"allow_credentials,omitempty"`
	ExposeHeaders    any  `json:"expose_headers,omitempty"`
	AllowHeaders     any  `json:"allow_headers,omitempty"`
	AllowMethods     any  `json:"allow_methods,omitempty"`
	MaxAge           int  `json:"max_age,omitempty"`
	Deny             bool `json:"deny,omitempty"`
}

// MarshalJSON writes the options that are set, by the names allow_credentials,
// expose_headers, allow_headers, allow_methods, max_age and deny. {"*"} is "*".
func (o ResourceOptions) MarshalJSON() ([]byte, error) {
	list := func(l []string) any {
		if isStar(l) {
			return "*"
		}
		if l == nil {
			return nil
		}
		return l
	}
	return json.Marshal(optionsJSON{
		o.AllowCredentials, list(o.ExposeHeaders), list(o.AllowHeaders), list(o.AllowMethods), o.MaxAge, o.Deny,
	})
}

// UnmarshalJSON reads what MarshalJSON writes. An unknown or repeated name and a
// value of the wrong type are errors that give line and column.
func (o *ResourceOptions) UnmarshalJSON(text []byte) error {
	return o.unmarshal(strictjson.Text(text))
}

func (o *ResourceOptions) unmarshal(v strictjson.Value) error {
	var read ResourceOptions
	err := v.Object(func(name string, at, value strictjson.Value) error {
		switch name {
		case "allow_credentials":
			return value.Decode(&read.AllowCredentials, "true or false")
		case "expose_headers":
			return unmarshalList(value, &read.ExposeHeaders)
		case "allow_headers":
			return unmarshalList(value, &read.AllowHeaders)
		case "allow_methods":
			return unmarshalList(value, &read.AllowMethods)
		case "max_age":
			return value.Decode(&read.MaxAge, "a whole number of seconds")
		case "deny":
			return value.Decode(&read.Deny, "true or false")
		}
		return at.Errorf("unknown option %q; there are allow_credentials, expose_headers, allow_headers, allow_methods, max_age and deny", name)
	})
	if err != nil {
		return err
	}
	*o = read
	return nil
}

func unmarshalList(v strictjson.Value, list *[]string) error {
	var star string
	if v.Decode(&star, "") == nil {
		if star != "*" {
			return v.Errorf(`want "*" or a list of names, have %q; write [%q]`, star, star)
		}
		*list = []string{"*"}
		return nil
	}
	return v.Decode(list, `"*" or a list of names`)
}

// UnmarshalJSON reads an object of ResourceOptions by origin. A repeated origin is
// an error, and so is all that ResourceOptions refuses; each gives line and column.
func (p *Policy) UnmarshalJSON(text []byte) error {
	read := Policy{}
	err := strictjson.Text(text).Object(func(key string, _, value strictjson.Value) error {
		var o ResourceOptions
		if err := o.unmarshal(value); err != nil {
			return err
		}
		read[key] = o
		return nil
	})
	if err != nil {
		return err
	}
	*p = read
	return nil
}
