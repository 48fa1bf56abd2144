package routecors

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/routecors/routecors/internal/headers"
)

// A Dynamic is a layer of policy that a function decides, where origins and what they
// may do are not known when routes are added. It is for decisions that need the
// request; a Source is simpler, and faster, where a table of origins says all.
//
//	tenants, err := cors.Dynamic(routecors.Dynamic{
//		Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
//			if ok, err := db.IsOriginOf(r.Context(), r.Host, origin); !ok || err != nil {
//				return nil, err
//			}
//			return &routecors.ResourceOptions{AllowHeaders: []string{"Content-Type"}}, nil
//		},
//	})
//	…
//	err = tenants.Add(router.HandleFunc("PUT /articles/{id}", put))
//
// A preflight and the actual request ask the same question, and nothing but the
// question can be read, so that both get the same answer and no cache hands it to
// another:
//
//   - Method is that of the actual request, also in a preflight. A HEAD is a HEAD.
//   - URL, Host and Header["Origin"] are those of the request.
//   - Header has, beside Origin, the fields that Vary names. A preflight carries none
//     that the page sets, and no cookies.
//   - Context has the time limit, and no values: a middleware may have put there who the
//     user is, of whom a preflight knows nothing.
//   - All else has its zero value: the client's address, TLS, the pattern of the router.
//
// The function is called for a well-formed origin that no nearer layer knows, and once
// for a request, though CorsConfig.Handler and the route both decide (a
// CrossOriginProtection that is not behind CorsConfig.Handler asks by itself); a preflight that
// names headers may also ask for other methods at the same URL, where they are other
// routes (see the package documentation, Vocabulary). It runs in a goroutine of its own:
// with the request and the context that is some twenty small allocations.
//
// If it returns nil options, the layer does not know the origin, and the next one
// decides. An error, a panic, runtime.Goexit, options that Add would refuse for the
// origin, or no answer in time decide that the origin gets nothing, with the reason
// OriginUndecided, whatever layers further away say. WithLogger has it logged at level
// Error, "routecors: origin undecided", with the text of the error, for the Dynamic one in
// 10 seconds at most; the client is told nothing of it.
type Dynamic struct {
	// Origin returns what pages of origin may do with what r asks for; nil if the layer
	// does not know it. AllowMethods counts as in a Group: a route with a method has that
	// one, whatever the list says. What is returned must not be changed afterwards.
	// Origin is called concurrently. It should heed the context of r: one that does not
	// is left behind when the time is over, and while 256 are, no more are called.
	Origin func(r *http.Request, origin string) (*ResourceOptions, error)

	// Vary names the request headers that Origin reads beside Origin itself, such as
	// X-Forwarded-Host. Responses name them in Vary. Those that a preflight never has as
	// the actual request has them are refused: Cookie, Authorization, Content-Type.
	Vary []string

	// Timeout is how long a request waits for Origin; 0 is one second. Negative is refused.
	Timeout time.Duration
}

// Dynamic returns the same registry with d as one more layer of defaults, nearer than
// those that c has: as Group does, for the routes that are added through it. It fails
// with all that is wrong in d, each a *ConfigError.
//
// Routes, Audit and Verify show that there is such a layer, and cannot show what it
// decides.
func (c *CorsConfig) Dynamic(d Dynamic) (*CorsConfig, error) {
	var errs []error
	fail := func(field, value, reason string) {
		errs = append(errs, &ConfigError{Route: "dynamic", Field: field, Value: value, Reason: reason})
	}
	if d.Origin == nil {
		errs = append(errs, &ConfigError{Route: "dynamic", Reason: "nil Origin; give the function that decides"})
	}
	if d.Timeout < 0 {
		fail("Timeout", d.Timeout.String(), "negative; leave it out for one second")
	}
	vary := make([]string, 0, len(d.Vary))
	for _, name := range d.Vary {
		if reason := checkVary(name); reason != "" {
			fail("Vary", name, reason)
		} else if name = http.CanonicalHeaderKey(name); !slices.Contains(vary, name) {
			vary = append(vary, name)
		}
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	if d.Timeout == 0 {
		d.Timeout = time.Second
	}
	d.Vary = vary
	return c.withLive(&live{dynamic: &dynamic{Dynamic: d, reg: c.reg}}), nil
}

// checkVary returns why a Dynamic must not read the request header name; "" if it may.
func checkVary(name string) string {
	if !headers.IsToken(name) || name == "*" {
		return "not the name of a header; name each one that is read"
	}
	switch key := http.CanonicalHeaderKey(name); key {
	case "Origin", acrm, acrh:
		return "is among Vary as it is; leave it out"
	case "Host":
		return "every cache tells hosts apart; leave it out, and read r.Host"
	case "Cookie", "Authorization", "Content-Type":
		return "a preflight never carries it, so that its answer would not hold for the request; leave it out"
	default:
		if strings.HasPrefix(key, "Sec-Fetch-") {
			return "a preflight and its request may differ in it; leave it out"
		}
	}
	return ""
}

// findings of what a function decides, for Audit.
func (a *audit) dynamic() {
	var routes []*Route
	for _, g := range a.groups {
		if g.live != nil && g.live.asks {
			routes = append(routes, g.routes...)
		}
	}
	a.report(Finding{
		Severity: SeverityNote, Code: "dynamic-origins",
		Reason: "a function decides which origins the route is open to, of which nothing can be audited",
		Remedy: "see to it that it knows its origins, and never echoes what it is asked",
	}, names(routes))
}

// A dynamic is a Dynamic at work.
type dynamic struct {
	Dynamic
	reg      *registry
	known    knownGrants
	lost     lostCalls
	failures cell // for the log
}

// grant returns what options of the function for a page of o are made ready as, or
// what is wrong with them.
func (d *dynamic) grant(options ResourceOptions, o string) (*grant, error) {
	g, errs := d.known.grant(options, o)
	if errs == nil && g.credentials {
		errs = options.checkOrigin(o, d.reg.settings.trusted)
	}
	if errs != nil {
		return nil, errors.Join(inOrder(errs)...)
	}
	if g.timing {
		d.reg.timing.Store(true)
	}
	return g, nil
}

func timedOut(limit time.Duration) error {
	return errors.New("no answer within " + limit.String())
}

func tooManyLost(n int) error {
	return errors.New(strconv.Itoa(n) + " calls have not returned though their time is over")
}
