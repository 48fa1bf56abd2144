package routecors

import "net/http"

// A Describer is a RouterAdapter that can say what its router does with a request
// that none of its Routes serves. CorsConfig.Explain asks it; requests never do.
type Describer interface {
	RouterAdapter

	// Describe returns what the router would do with a request like r sent with
	// method. It agrees with Resolve, runs no handler or middleware of the program,
	// neither keeps nor changes r, and is safe for concurrent use.
	Describe(r *http.Request, method string) Outcome
}

// An Outcome is what a router does with a request, as far as it can be told without
// running the program's middlewares and handlers.
type Outcome struct {
	Kind     OutcomeKind `json:"kind"`
	Pattern  string      `json:"pattern,omitempty"`  // of the handler, as its router writes it
	Status   int         `json:"status,omitempty"`   // that the router answers itself; 0 if the program may have a say
	Allow    []string    `json:"allow,omitempty"`    // the methods that the router serves here, of OutcomeNoHandlerOfMethod
	Location string      `json:"location,omitempty"` // of OutcomeRedirects

	// Refuses says that a request which is a preflight comes to a handler for OPTIONS
	// that RegisterOPTIONS has put in, and which asks Preflights.Answer with refuse.
	Refuses bool `json:"-"`
}

// An OutcomeKind is one of the ways in which a router serves a request.
type OutcomeKind uint8

const (
	OutcomeUnknown           OutcomeKind = iota // "unknown": it cannot be told
	OutcomeRunsRoute                            // "route": one of the adapter's Routes
	OutcomeRunsHandler                          // "handler": one that is no Route, or our own for OPTIONS
	OutcomeNoHandler                            // "no-handler": 404
	OutcomeNoHandlerOfMethod                    // "no-handler-of-method": 405
	OutcomeRedirects                            // "redirect"

	outcomeKinds // how many there are
)

// String returns the code.
func (k OutcomeKind) String() string {
	if k >= outcomeKinds {
		return "unknown"
	}
	return [...]string{"unknown", "route", "handler", "no-handler", "no-handler-of-method", "redirect"}[k]
}

// MarshalText returns the code.
func (k OutcomeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// describe returns the route that serves r sent with method, by Resolve as every
// answer, and what becomes of r.
func (reg *registry) describe(r *http.Request, method string) (*Route, Outcome) {
	route := reg.adapter.Resolve(r, method)
	o := Outcome{Kind: OutcomeUnknown}
	describer, ok := reg.adapter.(Describer)
	switch {
	case ok:
		o = describer.Describe(r, method)
	case route == nil && reg.prober != nil:
		if _, runs := reg.prober.Probe(r, method); !runs {
			o.Kind = OutcomeNoHandler
		}
	}
	if route != nil {
		o = Outcome{Kind: OutcomeRunsRoute, Pattern: route.String(), Refuses: o.Refuses}
	}
	return route, o
}
