package routecors

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/routecors/routecors/internal/headers"
)

// A Step is one thing that the server or the browser looks at.
type Step struct {
	Name  string    `json:"name"`
	Link  string    `json:"link"` // into the Fetch standard
	State StepState `json:"state"`
	Text  string    `json:"text,omitempty"` // what was found; "" if it was not reached
}

// A StepState says what came of a Step.
type StepState uint8

const (
	StepNotReached StepState = iota // "not-reached": an earlier one failed
	StepPassed                      // "passed"
	StepFailed                      // "failed"

	stepStates // how many there are
)

// String returns the code.
func (s StepState) String() string {
	if s >= stepStates {
		return "unknown"
	}
	return [...]string{"not-reached", "passed", "failed"}[s]
}

// MarshalText returns the code.
func (s StepState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// The names of the steps, in order. The server takes those up to the headers.
const (
	stepRequest      = "CORS request"
	stepPreflight    = "preflight"
	stepAsked        = "request method"
	stepRoute        = "route"
	stepAdded        = "added"
	stepOrigin       = "origin"
	stepListed       = "origin listed"
	stepNotDenied    = "origin not denied"
	stepMethod       = "method"
	stepHeaders      = "headers"
	stepCheck        = "CORS check"
	stepCredentials  = "credentials"
	stepStatus       = "ok status"
	stepAllowMethods = "Access-Control-Allow-Methods"
	stepAllowHeaders = "Access-Control-Allow-Headers"
)

// failing returns the name of the step that fails.
func (e *explanation) failing() string {
	if e.Announced != nil && !e.Announced.Allowed {
		return stepPreflight
	}
	switch e.why.reason {
	case NotCORS:
		return stepRequest
	case RequestMethodMalformed:
		return stepAsked
	case RouteNotFound, Redirected:
		return stepRoute
	case RouteNotAdded:
		if e.Router.Kind == OutcomeUnknown && e.Route == nil {
			return stepRoute
		}
		return stepAdded
	case OriginMalformed:
		return stepOrigin
	case OriginNotListed, OriginUndecided:
		return stepListed
	case OriginDenied:
		return stepNotDenied
	case MethodNotAllowed:
		return stepMethod
	case HeaderNotAllowed, HeadersTooLong:
		return stepHeaders
	case CredentialsWithWildcard:
		return stepCheck
	case CredentialsNotAllowed:
		return stepCredentials
	}
	return ""
}

// ladder returns what the server and the browser look at, in their order.
func (e *explanation) ladder() (steps []Step) {
	failing, state := e.failing(), StepPassed
	step := func(name, anchor, text string) {
		switch {
		case state == StepFailed, state == StepNotReached:
			state, text = StepNotReached, ""
		case name == failing:
			state, text = StepFailed, e.failure()
		}
		steps = append(steps, Step{name, "https://fetch.spec.whatwg.org/#" + anchor, state, text})
	}
	text := "its origin is " + quoted(e.Origin)
	if e.sameOrigin() {
		text += ", the server's own by its host: browsers send it, and need no permission"
	}
	step(stepRequest, "cors-request", text)
	if e.Preflight {
		step(stepAsked, "http-access-control-request-method", "it announces "+quoted(e.Method))
	}
	if e.Announced != nil {
		step(stepPreflight, "cors-preflight-fetch-0", "the preflight before it is approved")
	}
	step(stepRoute, "http-responses", e.routerText())
	added := "it was added"
	if e.enabled != nil && e.enabled.covered {
		added = "its " + e.coveredBy().String() + " was added, and names its method"
	}
	step(stepAdded, "http-responses", added)
	layer, key := e.decisive()
	step(stepOrigin, "origin-header", "it is one serialized origin, or does not matter")
	decides, named := "the key", " "+quoted(key)
	if key == dynamicKey {
		decides, named = "the function", ""
	}
	step(stepListed, "http-access-control-allow-origin", fmt.Sprintf("%s%s of the layer %q decides", decides, named, layer))
	step(stepNotDenied, "http-access-control-allow-origin", decides+" does not deny it")
	step(stepMethod, "http-access-control-allow-methods", "the route allows "+quoted(e.Method))
	if !e.Preflight {
		step(stepCheck, "concept-cors-check", "the browser sees Access-Control-Allow-Origin "+quoted(e.Response.get(acao)))
		step(stepCredentials, "cors-protocol-and-credentials", e.credentialsText())
		return steps
	}
	names := "it asks for no header"
	if len(e.Headers) > 0 {
		names = decides + " allows " + list(e.Headers)
	}
	step(stepHeaders, "http-access-control-allow-headers", names)
	step(stepCheck, "concept-cors-check", "the browser sees Access-Control-Allow-Origin "+quoted(e.Response.get(acao)))
	step(stepCredentials, "cors-protocol-and-credentials", e.credentialsText())
	step(stepStatus, "ok-status", "the browser sees the status "+strconv.Itoa(e.Response.Status))
	methods := "the browser sees " + quoted(e.Response.get(acam))
	if headers.IsSafelistedMethod(e.Method) {
		methods = "a CORS-safelisted method need not be listed"
	}
	step(stepAllowMethods, "http-access-control-allow-methods", methods)
	listed := "no header need be listed"
	if len(e.Headers) > 0 {
		listed = "the browser sees " + quoted(e.Response.get(acah))
	}
	step(stepAllowHeaders, "http-access-control-allow-headers", listed)
	return steps
}

// failure is what the step that fails says.
func (e *explanation) failure() string {
	switch {
	case e.Announced != nil && !e.Announced.Allowed:
		return "the preflight before it is refused: " + e.Announced.Sentence
	case e.why.reason == RouteNotAdded, e.why.reason == RouteNotFound, e.why.reason == Redirected:
		return e.routerText()
	case e.why.reason == CredentialsWithWildcard, e.why.reason == CredentialsNotAllowed:
		return e.Sentence + "; the server sends the other headers all the same, and the browser refuses them"
	}
	return e.Sentence
}

func (e *explanation) credentialsText() string {
	if !e.Credentials {
		return "the request has no Cookie"
	}
	return "the browser sees Access-Control-Allow-Credentials " + quoted(e.Response.get(acac))
}

// routerText says what the router does.
func (e *explanation) routerText() string {
	switch o := e.Router; o.Kind {
	case OutcomeRunsRoute:
		if !e.Added {
			return "the router runs the route " + quoted(o.Pattern) + ", which was not added"
		}
		return "the router runs the route " + quoted(o.Pattern)
	case OutcomeRunsHandler:
		return "the router runs the handler of " + quoted(o.Pattern) + ", which is none of the adapter's routes"
	case OutcomeNoHandler:
		return "the router has no handler here: 404"
	case OutcomeNoHandlerOfMethod:
		return "the router has no handler for " + quoted(e.Method) + " here: 405, and it allows " + strings.Join(o.Allow, ", ")
	case OutcomeRedirects:
		return "the router redirects to " + quoted(o.Location)
	}
	return "what the router does here cannot be told: it leads to what the adapter cannot see into"
}

// decisive returns the layer and the key that decide; "" if none does.
func (e *explanation) decisive() (layer, key string) {
	for _, l := range e.Layers {
		if l.Decides {
			return l.Layer, l.Key
		}
	}
	return "", ""
}

// quoted quotes what clients may have sent.
func quoted(s string) string { return string(headers.AppendQuote(nil, s)) }

// list quotes the first few of names.
func list(names []string) string {
	const most = 8
	var b []byte
	for i, name := range names {
		if i > 0 {
			b = append(b, ", "...)
		}
		if i == most {
			return fmt.Sprintf("%sand %d more", b, len(names)-most)
		}
		b = headers.AppendQuote(b, name)
	}
	return string(b)
}
