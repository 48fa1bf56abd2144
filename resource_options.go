package routecors

import (
	"cmp"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/policyjson"
)

// ResourceOptions says what pages of one origin may do. The zero value lets a page
// send requests that need no permission beyond being answered at all: no
// credentials, no request header beside the CORS-safelisted ones, nothing exposed.
//
// In JSON, and by its struct tags in YAML, it has the names of aiohttp_cors.
//
// A ResourceOptions is a plain value. Setup, Add and Group copy what they are
// given, so that changing it afterwards changes nothing.
type ResourceOptions struct {
	// AllowCredentials lets requests carry cookies, HTTP authentication and client
	// certificates. It is refused together with the origin "*", "null", "file://",
	// and with plain http beyond loopback, unless an option of Setup names the danger.
	// See https://fetch.spec.whatwg.org/#http-access-control-allow-credentials.
	AllowCredentials bool `yaml:"allow_credentials,omitempty"`

	// ExposeHeaders names the response headers that the page may read beside the
	// CORS-safelisted ones. {"*"} exposes every header; together with
	// AllowCredentials, where Fetch takes no "*", the names of the headers that the
	// response really has are listed when it is written. Forbidden response-header
	// names are refused. See https://fetch.spec.whatwg.org/#http-access-control-expose-headers.
	ExposeHeaders []string `yaml:"expose_headers,omitempty"`

	// AllowHeaders names the request headers that the page may set beside the
	// CORS-safelisted ones, in any case. {"*"} allows every header, Authorization
	// included. Forbidden request-header names are refused.
	// See https://fetch.spec.whatwg.org/#http-access-control-allow-headers.
	AllowHeaders []string `yaml:"allow_headers,omitempty"`

	// AllowMethods is for routes that serve several methods. A route with a method
	// allows that one and needs none here; if given, the list must contain it. A
	// route without a method allows what is named here, GET, HEAD and POST if
	// nothing is, and with {"*"} every method but the forbidden CONNECT, TRACE and
	// TRACK. A Resource or a Tree that was added covers those of its routes whose method
	// is named here. Methods are case-sensitive; GET includes HEAD.
	// See https://fetch.spec.whatwg.org/#http-access-control-allow-methods.
	AllowMethods []string `yaml:"allow_methods,omitempty"`

	// MaxAge is how long, in seconds, a browser may keep the answer to a
	// preflight. 0 leaves the header out, which browsers take as 5 seconds; a
	// negative value sends 0, which switches the cache off. More than 86400, the
	// longest that any browser keeps, is refused.
	// See https://fetch.spec.whatwg.org/#http-access-control-max-age.
	MaxAge int `yaml:"max_age,omitempty"`

	// AllowTiming lets the page see how long the parts of a request took: where a
	// response is shared, Timing-Allow-Origin says the same as Access-Control-Allow-Origin.
	// An img or a script without crossorigin is asked for without an Origin, and gets
	// it only where the answer is "*" for every origin.
	// See https://w3c.github.io/resource-timing/#sec-timing-allow-origin.
	AllowTiming bool `yaml:"allow_timing,omitempty"`

	// CrossOriginResourcePolicy says which pages may embed the responses without
	// CORS, as an img or a script: "same-origin", "same-site" or "cross-origin"; ""
	// leaves the header out. Pages that require it (Cross-Origin-Embedder-Policy) embed
	// nothing of another origin without "cross-origin", or "same-site" on their own site.
	//
	// Requests of that kind carry no Origin. So this is no matter of the key: all keys
	// of a Policy that do not deny must have the same value, else it is refused. The nearest Policy
	// with such a key decides for every response of the route, shared or not.
	// See https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header.
	CrossOriginResourcePolicy string `yaml:"cross_origin_resource_policy,omitempty"`

	// Deny refuses the origin, whatever a layer further away says of it. It stands
	// alone: beside another field it is refused.
	Deny bool `yaml:"deny,omitempty"`
}

// maxMaxAge is the longest that a browser keeps a preflight: Firefox, 24 hours.
const maxMaxAge = 86400

// A grant is a ResourceOptions made ready to answer with. It is immutable and
// shared by every route and origin that has the same options.
type grant struct {
	deny        bool
	star        bool // of the key "*"
	credentials bool
	trusted     bool // to act for the user: it has credentials, and a key that says whose pages they are

	methods   []string // AllowMethods, without "*"
	anyMethod bool

	headers   *headers.Set // AllowHeaders; nil if anyHeader
	anyHeader bool

	// The values of the response headers; "" leaves the header out.
	allowHeaders  string
	exposeHeaders string
	maxAge        string

	timing         bool           // Timing-Allow-Origin says what Access-Control-Allow-Origin does
	resourcePolicy resourcePolicy // CrossOriginResourcePolicy; the chain says which is in force

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

		timing:         o.AllowTiming,
		resourcePolicy: resourcePolicyOf(o.CrossOriginResourcePolicy),
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
		g.exposeHeaders = headers.ExposeValue(o.ExposeHeaders)
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

// names reports whether AllowMethods names m, which a preflight may have made up.
// A page that may GET may HEAD: the two differ in nothing but the body, see RFC
// 9110, section 9.3.2.
func (g *grant) names(m string) bool {
	return g.anyMethod && headers.IsToken(m) || slices.Contains(g.methods, m) || m == "HEAD" && slices.Contains(g.methods, "GET")
}

// covers reports whether AllowMethods names m, or any method if m is "", for an
// origin that is not denied.
func (g *grant) covers(m string) bool {
	if m == "" {
		return !g.deny && (g.anyMethod || len(g.methods) > 0)
	}
	return !g.deny && g.names(m)
}

// decideHeaders completes decide for a preflight: lines are those of
// Access-Control-Request-Headers. It returns the value to answer with.
func (g *grant) decideHeaders(lines []string) (allowHeaders string, why refusal) {
	if !g.anyHeader {
		if rejected, ok := g.headers.Allows(lines); !ok {
			return "", refusedHeader(rejected)
		}
		return g.allowHeaders, refusal{}
	}
	if g.credentials {
		// "*" is an ordinary name here: https://fetch.spec.whatwg.org/#cors-protocol-and-credentials.
		value, ok := headers.Echo(lines)
		if !ok {
			rejected, _ := headers.AllTokens(lines)
			return "", refusedHeader(rejected)
		}
		return value, refusal{}
	}
	if rejected, ok := headers.AllTokens(lines); !ok {
		return "", refusedHeader(rejected)
	}
	return g.allowHeaders, refusal{}
}

// neverAllowed reports whether no policy can allow method. A method called "*"
// would have to be answered with "Access-Control-Allow-Methods: *", which allows
// every method, of private routes too.
func neverAllowed(method string) bool {
	return headers.IsForbiddenMethod(method) || method == "*"
}

func isStar(list []string) bool { return len(list) == 1 && list[0] == "*" }

// check returns what is wrong with the options, whatever the origin.
func (o ResourceOptions) check(route, key string) (errs []*ConfigError) {
	fail := func(field, value, reason string) {
		errs = append(errs, &ConfigError{Route: route, Origin: key, Field: field, Value: value, Reason: reason})
	}
	if o.Deny {
		if o.AllowCredentials || len(o.ExposeHeaders)+len(o.AllowHeaders)+len(o.AllowMethods) > 0 || o.MaxAge != 0 || o.AllowTiming || o.CrossOriginResourcePolicy != "" {
			fail("Deny", "true", "an origin that is denied has no other options; leave them out")
		}
		return errs
	}
	checkList(o.ExposeHeaders, "ExposeHeaders", fail, headers.CheckResponseHeader)
	checkList(o.AllowHeaders, "AllowHeaders", fail, headers.CheckRequestHeader)
	checkList(o.AllowMethods, "AllowMethods", fail, headers.CheckMethod)
	if o.MaxAge > maxMaxAge {
		fail("MaxAge", strconv.Itoa(o.MaxAge), "longer than any browser keeps it; write 86400 (24 hours) or less")
	}
	if reason := checkResourcePolicy(o.CrossOriginResourcePolicy); reason != "" {
		fail("CrossOriginResourcePolicy", o.CrossOriginResourcePolicy, reason)
	}
	return errs
}

func checkList(list []string, field string, fail func(field, value, reason string), check func(string) error) {
	for i, v := range list {
		if v == "*" {
			if len(list) > 1 && slices.Index(list, v) == i {
				fail(field, v, `"*" already stands for all; write {"*"} alone or leave it out`)
			}
			continue
		}
		if err := check(v); err != nil {
			fail(field, v, err.Error())
		}
	}
}

// checkMethod reports where AllowMethods leaves out the method that the route has.
func checkMethod(p Policy, name, method string) (errs []error) {
	if method == "" {
		return nil
	}
	for key, o := range p {
		if len(o.AllowMethods) == 0 || isStar(o.AllowMethods) || (&grant{methods: o.AllowMethods}).names(method) {
			continue
		}
		errs = append(errs, &ConfigError{
			Route: name, Origin: key, Field: "AllowMethods", Value: strings.Join(o.AllowMethods, ", "),
			Reason: "does not contain the method of the route; add " + strconv.Quote(method) + " or leave AllowMethods out",
		})
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errs
}

// settings are what the options of Setup set.
type settings struct {
	preflightStatus int
	withoutOPTIONS  bool
	debug           bool
	refuseWidening  bool
	logger          *slog.Logger // nil if there is none
	trusted         danger
	needed          danger // of the policies so far; guarded by registry.mu
}

// is reports whether o is a copy of p, with the same lists. Equal ones need not be.
func (o ResourceOptions) is(p ResourceOptions) bool {
	same := func(a, b []string) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }
	return o.AllowCredentials == p.AllowCredentials && o.Deny == p.Deny && o.MaxAge == p.MaxAge &&
		o.AllowTiming == p.AllowTiming && o.CrossOriginResourcePolicy == p.CrossOriginResourcePolicy &&
		same(o.ExposeHeaders, p.ExposeHeaders) && same(o.AllowHeaders, p.AllowHeaders) && same(o.AllowMethods, p.AllowMethods)
}

// appendOptions appends o so that no two options read alike.
func appendOptions(b []byte, o ResourceOptions) []byte {
	b = strconv.AppendBool(b, o.AllowCredentials)
	b = strconv.AppendBool(b, o.Deny)
	b = strconv.AppendBool(b, o.AllowTiming)
	b = strconv.AppendInt(b, int64(o.MaxAge), 10)
	b = appendString(append(b, ' '), o.CrossOriginResourcePolicy)
	for _, list := range [...][]string{o.ExposeHeaders, o.AllowHeaders, o.AllowMethods} {
		b = append(strconv.AppendInt(append(b, '['), int64(len(list)), 10), ' ')
		for _, v := range list {
			b = appendString(b, v)
		}
	}
	return b
}

// appendString appends s so that no two sequences of strings read alike.
func appendString(b []byte, s string) []byte {
	b = append(strconv.AppendInt(b, int64(len(s)), 10), ':')
	return append(b, s...)
}

// MarshalJSON writes the options that are set, by the names allow_credentials,
// expose_headers, allow_headers, allow_methods, max_age, allow_timing,
// cross_origin_resource_policy and deny. {"*"} is "*".
func (o ResourceOptions) MarshalJSON() ([]byte, error) {
	return policyjson.Options(o).MarshalJSON()
}

// UnmarshalJSON reads what MarshalJSON writes. An unknown or repeated name and a
// value of the wrong type are errors that give line and column.
func (o *ResourceOptions) UnmarshalJSON(text []byte) error {
	return (*policyjson.Options)(o).UnmarshalJSON(text)
}

// UnmarshalJSON reads an object of ResourceOptions by origin. A repeated origin is
// an error, and so is all that ResourceOptions refuses; each gives line and column.
func (p *Policy) UnmarshalJSON(text []byte) error {
	read := Policy{}
	err := policyjson.Unmarshal(text, func(origin string, o policyjson.Options) { read[origin] = ResourceOptions(o) })
	if err != nil {
		return err
	}
	*p = read
	return nil
}
