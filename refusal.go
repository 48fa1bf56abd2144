package routecors

import (
	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
)

// A refusal says why a request gets no CORS header. The zero value is no refusal.
type refusal struct {
	reason reason
	value  string // what the request asked for, where the reason names it
}

type reason uint8

const (
	allowed         reason = iota
	routeNotAdded          // nothing that was added serves this method here
	originMalformed        // not one serialized origin
	originNotListed
	originDenied
	methodNotAllowed
	headerNotAllowed
	headersTooLong
)

func refusedHeader(rejected string) refusal {
	if rejected == "" {
		return refusal{reason: headersTooLong}
	}
	return refusal{headerNotAllowed, rejected}
}

// precise tells an origin that is ill-formed from one that is not listed. Only who
// is told why has a use for the difference, which costs more than a look-up.
func (why refusal) precise() refusal {
	if why.reason == originNotListed && !origin.Valid(why.value) {
		why.reason = originMalformed
	}
	return why
}

// append appends what to say to whoever sent the preflight for method: why it was
// refused, and nothing of what others may do.
func (why refusal) append(b []byte, method string) []byte {
	before, after := "", ""
	switch why.reason {
	case originMalformed:
		before, after = "routecors: Origin ", " is not one serialized origin"
	case originNotListed:
		b = headers.AppendQuote(append(b, "routecors: origin "...), why.value)
		b = headers.AppendQuote(append(b, " is not allowed to "...), method)
		return append(b, " here; no policy of the route lists it"...)
	case originDenied:
		before, after = "routecors: origin ", " is denied by the policy of the route"
	case methodNotAllowed:
		before, after = "routecors: method ", " is not among the AllowMethods of this origin here"
	case headerNotAllowed:
		before, after = "routecors: request header ", " is not among the AllowHeaders of this origin here"
	case headersTooLong:
		return append(b, "routecors: Access-Control-Request-Headers is too long"...)
	case routeNotAdded:
		if why.value == "" {
			return append(b, "routecors: Access-Control-Request-Method is empty"...)
		}
		before, after = "routecors: no route that is open to other origins serves ", " here"
	}
	return append(headers.AppendQuote(append(b, before...), why.value), after...)
}
