package routecors

import (
	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
)

// A Reason is a stable code that says why a page gets nothing, or that it gets what
// it asked for.
type Reason uint8

const (
	Allowed                 Reason = iota // "allowed"
	NotCORS                               // "not-cors": no Origin, so that no page of another origin asked
	RouteNotFound                         // "route-not-found": the router runs no handler, a 404 or a 405
	Redirected                            // "redirected": the router answers with a redirect, which no preflight may follow
	RouteNotAdded                         // "route-not-added": what the router would run was not added, or cannot be told
	RequestMethodMalformed                // "request-method-malformed": not one line of Access-Control-Request-Method, or an empty one
	OriginMalformed                       // "origin-malformed": not one serialized origin
	OriginNotListed                       // "origin-not-listed": no layer has a key that matches
	OriginDenied                          // "origin-denied": the key that decides says Deny
	MethodNotAllowed                      // "method-not-allowed": not among the AllowMethods of the key that decides
	HeaderNotAllowed                      // "header-not-allowed": a name is not among its AllowHeaders
	HeadersTooLong                        // "headers-too-long": Access-Control-Request-Headers is beyond all bounds
	CredentialsNotAllowed                 // "credentials-not-allowed": a credentialed request, and the key has no AllowCredentials
	CredentialsWithWildcard               // "credentials-with-wildcard": the same, and the answer is "*"
	OriginUndecided                       // "origin-undecided": the function of a Dynamic failed, or did not answer in time

	reasons // how many there are
)

// String returns the code.
func (r Reason) String() string {
	if r >= reasons {
		return "unknown"
	}
	return [...]string{
		"allowed", "not-cors", "route-not-found", "redirected", "route-not-added", "request-method-malformed",
		"origin-malformed", "origin-not-listed", "origin-denied", "method-not-allowed", "header-not-allowed",
		"headers-too-long", "credentials-not-allowed", "credentials-with-wildcard",
		"origin-undecided",
	}[r]
}

// MarshalText returns the code.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// A refusal says why a request gets no CORS header. The zero value is no refusal.
type refusal struct {
	reason Reason
	value  string // what the request asked for, where the reason names it
}

// refusedMethod is the refusal where no added route serves what methods, the lines
// of Access-Control-Request-Method, ask for.
func refusedMethod(methods []string) refusal {
	if len(methods) != 1 || methods[0] == "" {
		return refusal{reason: RequestMethodMalformed}
	}
	return refusal{RouteNotAdded, methods[0]}
}

// noOrigin is the refusal where the lines of Origin are not one.
func noOrigin(origins []string) refusal {
	if len(origins) == 0 {
		return refusal{reason: NotCORS}
	}
	return refusal{reason: OriginMalformed}
}

func refusedHeader(rejected string) refusal {
	if rejected == "" {
		return refusal{reason: HeadersTooLong}
	}
	return refusal{HeaderNotAllowed, rejected}
}

// precise tells an origin that is ill-formed from one that is not listed. Only who
// is told why has a use for the difference, which costs more than a look-up.
func (why refusal) precise() refusal {
	if why.reason == OriginNotListed && !origin.Valid(why.value) {
		why.reason = OriginMalformed
	}
	return why
}

// append appends what to say to whoever sent the preflight for method: why it was
// refused, and nothing of what others may do.
func (why refusal) append(b []byte, method string) []byte {
	return why.sentence(append(b, "routecors: "...), method)
}

// sentence appends why in one sentence; method is the one that was asked for.
func (why refusal) sentence(b []byte, method string) []byte {
	before, after := "", ""
	switch why.reason {
	case Allowed:
		before, after = "origin ", " is allowed to "
	case NotCORS:
		return append(b, "the request has no Origin, so that no page of another origin asked"...)
	case OriginMalformed:
		before, after = "Origin ", " is not one serialized origin"
	case OriginNotListed:
		before, after = "origin ", " is not allowed to "
	case OriginDenied:
		before, after = "origin ", " is denied by the policy of the route"
	case OriginUndecided:
		before, after = "whether origin ", " is allowed could not be decided now"
	case MethodNotAllowed:
		before, after = "method ", " is not among the AllowMethods of this origin here"
	case HeaderNotAllowed:
		before, after = "request header ", " is not among the AllowHeaders of this origin here"
	case HeadersTooLong:
		return append(b, "Access-Control-Request-Headers is too long"...)
	case RequestMethodMalformed:
		return append(b, "Access-Control-Request-Method is not one method"...)
	case RouteNotFound:
		before, after = "the router runs no handler for ", " here"
	case Redirected:
		before, after = "the router answers ", " here with a redirect, which has no CORS header"
	case RouteNotAdded:
		before, after = "no route that is open to other origins serves ", " here"
	case CredentialsNotAllowed:
		before, after = "origin ", " is allowed, but not with credentials: its options have no AllowCredentials"
	case CredentialsWithWildcard:
		before, after = "origin ", ` is allowed by "*", which browsers do not take for a credentialed request`
	}
	b = append(headers.AppendQuote(append(b, before...), why.value), after...)
	switch why.reason {
	case Allowed:
		b = append(headers.AppendQuote(b, method), " here"...)
	case OriginNotListed:
		b = append(headers.AppendQuote(b, method), " here; no policy of the route lists it"...)
	}
	return b
}
