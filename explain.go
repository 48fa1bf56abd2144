package routecors

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
)

// A Decision says what becomes of one request, and why: what Explain returns. It
// marshals to JSON; what clients send stands in it as they sent it.
type Decision struct {
	Preflight   bool     `json:"preflight"`         // the request is a CORS-preflight request
	Method      string   `json:"method"`            // of a preflight, the one that it announces
	URL         string   `json:"url"`               // absolute where the host is known
	Origin      string   `json:"origin"`            // the first Origin line
	Headers     []string `json:"headers,omitempty"` // CORS-unsafe request-header names: asked for, or those that the page must have set
	Credentials bool     `json:"credentials"`       // the request has a Cookie: its credentials mode is "include"

	// Allowed says whether the page gets what it asked for. A preflight is approved.
	// Of an actual request, the response is shared with the page, and the preflight
	// before it, if the browser sends one, is approved. Reason is what first stands
	// in the way, Sentence the same in words.
	Allowed  bool   `json:"allowed"`
	Reason   Reason `json:"reason"`
	Sentence string `json:"sentence"`

	Route  *Route  `json:"route"`  // that the router would run; nil if none, or if it cannot be told
	Added  bool    `json:"added"`  // Route was added, or its resource covers it
	Router Outcome `json:"router"` // what the router would do, Route or not

	Layers []LayerDecision `json:"layers"` // of Route, nearest first, up to the one that decides
	Steps  []Step          `json:"steps"`  // what the server, then the browser, looks at

	Console string `json:"console,omitempty"` // what Chromium prints for a fetch that fails so; "" if it prints nothing about CORS
	Remedy  string `json:"remedy,omitempty"`  // what to change so that it is allowed; "" if it is, or if nothing should be

	Response Answer `json:"response"` // of the server to this very request

	// Announced is the decision about the preflight that a browser sends before this
	// actual request; nil if it sends none.
	Announced *Decision `json:"announced,omitempty"`
}

// A LayerDecision is what one layer says of an origin.
type LayerDecision struct {
	Layer   string          `json:"layer"`             // "route", "resource", "group" or "defaults"
	Key     string          `json:"key"`               // that matches the origin; "" if none does
	Options ResourceOptions `json:"options,omitzero"`  // of Key
	Decides bool            `json:"decides,omitempty"` // no layer further away is asked
}

// An Answer is what the server answers, as far as it is ours to say.
type Answer struct {
	// Status is that of the answer to a preflight; 0 where a handler or a middleware
	// of the program decides, as it does for every actual request.
	Status int `json:"status,omitempty"`

	Header []Field `json:"header"`         // Vary and the CORS response headers, sorted
	Body   string  `json:"body,omitempty"` // of a preflight that is refused
}

// A Field is one line of a header.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Explain says what becomes of r, and why: of an actual request or of a
// CORS-preflight request, one that is served right now or one that is only
// described, made by http.NewRequest with a method, a URL and an Origin header. It
// runs no handler of the program, and its answers come from the functions that
// answer requests. It costs far more than they do.
//
// It explains what CorsConfig.Handler does, outermost or in the place where r is
// looked at. What a middleware answers ahead of the route is not known to it, nor
// whether preflights arrive where the router is served without CorsConfig.Handler:
// Verify tells that.
//
// A Cookie header stands for the credentials mode "include", in a preflight, too,
// though browsers send none there. Which request headers a page has set cannot be
// seen: those that browsers set themselves, or reverse proxies add, are taken not to
// be the page's.
func (c *CorsConfig) Explain(r *http.Request) Decision {
	r = described(r)
	credentials := len(r.Header["Cookie"]) > 0
	e := c.explanation(r, credentials)
	if r := e.announced(); r != nil {
		announced := c.explanation(r, credentials).finish(nil)
		return e.finish(&announced)
	}
	return e.finish(nil)
}

// An explanation is a Decision in the making.
type explanation struct {
	Decision
	c       *CorsConfig
	r       *http.Request
	enabled *enabled // of Route
	asked   *asking  // of layers that are not fixed
	why     refusal
}

// described returns a copy of r as a server would see it.
func described(r *http.Request) *http.Request {
	if r == nil {
		r = &http.Request{}
	}
	r = r.WithContext(r.Context())
	if r.Method == "" {
		r.Method = http.MethodGet // as in http.Client
	}
	u := url.URL{}
	if r.URL != nil {
		u = *r.URL
	}
	r.URL = &u
	if r.Host == "" {
		r.Host = u.Host
	}
	if r.RequestURI != "" {
		return r
	}
	if u.Path == "" && r.Method != http.MethodConnect {
		u.Path = "/"
	}
	u.Fragment, u.RawFragment = "", ""
	r.RequestURI = u.RequestURI()
	return r
}

// explanation finds out what stands in the way of r itself.
func (c *CorsConfig) explanation(r *http.Request, credentials bool) *explanation {
	origins := r.Header["Origin"]
	c.reg.settle()
	e := &explanation{c: c, r: r, Decision: Decision{Layers: []LayerDecision{}}} // in JSON a list, if there are none
	e.Preflight, e.Credentials = r.Method == http.MethodOptions && origins != nil && r.Header[acrm] != nil, credentials
	e.Method, e.URL, e.Origin = r.Method, urlOf(r), first(origins)
	if e.Preflight {
		e.Method, e.Headers = first(r.Header[acrm]), askedNames(r.Header[acrh])
	} else {
		e.Headers = unsafeNames(r.Header)
	}
	e.why = refusedMethod([]string{e.Method})
	if e.Preflight {
		e.why = refusedMethod(r.Header[acrm])
	}
	if e.why.reason != RequestMethodMalformed {
		e.Route, e.Router = c.reg.describe(r, e.Method)
	}
	if e.Route != nil {
		e.enabled = e.Route.enabled.Load().of(e.Method)
	}
	e.Added = e.enabled != nil
	e.why = e.decide(origins)
	e.Response = e.answer()
	return e
}

// decide returns what stands in the way; e.why is that no route does.
func (e *explanation) decide(origins []string) (why refusal) {
	switch {
	case origins == nil:
		return refusal{reason: NotCORS}
	case e.why.reason == RequestMethodMalformed:
		return e.why
	case e.enabled == nil:
		switch e.Router.Kind {
		case OutcomeNoHandler, OutcomeNoHandlerOfMethod:
			return refusal{RouteNotFound, e.Method}
		case OutcomeRedirects:
			return refusal{Redirected, e.Method}
		}
		return e.why
	}
	var g *grant
	e.asked = new(asking)
	if e.Preflight {
		g, _, why = e.enabled.decidePreflight(e.Route, e.r, e.asked, origins, e.Method)
	} else {
		g, why = e.enabled.decide(e.Route, e.r, e.asked, origins, e.Method)
		why = why.precise()
	}
	e.Layers = e.layersOf(origins)
	switch {
	case why.reason != Allowed:
		return why
	case !e.Credentials || g.credentials:
		return refusal{Allowed, e.Origin}
	case g.star:
		return refusal{CredentialsWithWildcard, e.Origin}
	}
	return refusal{CredentialsNotAllowed, e.Origin}
}

// announced returns the preflight that a browser sends before e; nil if it sends none.
func (e *explanation) announced() *http.Request {
	if e.Preflight || e.why.reason == NotCORS || e.sameOrigin() || !headers.IsToken(e.Method) || headers.IsForbiddenMethod(e.Method) ||
		headers.IsSafelistedMethod(e.Method) && len(e.Headers) == 0 {
		return nil
	}
	r := e.r.WithContext(e.r.Context())
	r.Method = http.MethodOptions
	r.Header = http.Header{"Origin": e.r.Header["Origin"], acrm: {e.Method}}
	if len(e.Headers) > 0 {
		r.Header[acrh] = []string{strings.Join(e.Headers, ",")}
	}
	for _, name := range e.enabled.declared() {
		if values := e.r.Header[name]; values != nil && headers.IsSetOnTheWay(strings.ToLower(name)) {
			r.Header[name] = values // a proxy adds it to the preflight, too
		}
	}
	return r
}

// finish makes the Decision. announced is that about the preflight before it, if any.
func (e *explanation) finish(announced *Decision) Decision {
	e.Reason, e.Allowed = e.why.reason, e.why.reason == Allowed
	e.Sentence = string(e.why.sentence(nil, e.Method))
	if !e.Allowed && e.why.reason != NotCORS && e.sameOrigin() {
		e.Sentence += "; but it is the server's own, whose pages need no permission"
	}
	e.Announced = announced
	e.Steps = e.ladder()
	if announced != nil && !announced.Allowed {
		e.Reason, e.Allowed, e.Sentence = announced.Reason, false, announced.Sentence
		e.Console, e.Remedy = announced.Console, announced.Remedy
		return e.Decision
	}
	if !e.Allowed && !e.sameOrigin() {
		e.Console, e.Remedy = e.console(), e.remedy()
	}
	return e.Decision
}

// layersOf returns what the layers say of a page whose request has these Origin lines.
func (e *explanation) layersOf(origins []string) []LayerDecision {
	list := []LayerDecision{}
	for i, l := range e.enabled.layers {
		d := LayerDecision{Layer: l.place.String()}
		var g *grant
		undecided := false
		switch {
		case !e.Preflight && e.enabled.constant:
			d.Key, g = "*", e.enabled.always // whatever the Origin
		case len(origins) == 1:
			d.Key, g, undecided = e.match(i, origins[0])
		}
		switch {
		case undecided:
			d.Decides = true
		case g != nil:
			d.Options, d.Decides = g.options(), true
		}
		list = append(list, d)
		if d.Decides {
			break
		}
	}
	return list
}

// match returns what layer i says of o, and whether a function could not.
func (e *explanation) match(i int, o string) (key string, g *grant, undecided bool) {
	l := e.enabled.layers[i].layer
	if e.enabled.live != nil && e.enabled.live.of[i] != nil {
		live := e.enabled.live.of[i]
		if live.dynamic != nil {
			if !origin.Valid(o) {
				return "", nil, false
			}
			g, ok := e.asked.grant(live, e.Route, e.r, o, e.Method)
			if g == nil && ok {
				return "", nil, false
			}
			return dynamicKey, g, !ok
		}
		l = e.asked.policy(live)
	}
	key, g = l.match(o)
	return key, g, false
}

// match is lookup with the key that matches.
func (l *layer) match(o string) (key string, g *grant) {
	if g = l.lookup(o); g == nil {
		return "", nil
	}
	index := l.origins.Lookup(o)
	for key, i := range l.origins.All() {
		if i == index {
			return key, g
		}
	}
	return "*", g
}

// sameOrigin reports whether the page is the server's own, as far as can be told
// behind a proxy that ends TLS. Browsers then send Origin, but ask for no CORS.
func (e *explanation) sameOrigin() bool {
	scheme, host, ok := strings.Cut(e.Origin, "://")
	if !ok || !strings.EqualFold(host, e.r.Host) {
		return false
	}
	switch {
	case e.r.URL.Scheme != "":
		return scheme == e.r.URL.Scheme
	case e.r.TLS != nil:
		return scheme == "https"
	}
	return scheme == "https" || scheme == "http"
}

// urlOf returns the URL of r, absolute where the host is known. What the client sent
// tells more than r.URL, which handlers cut.
func urlOf(r *http.Request) string {
	scheme := r.URL.Scheme
	switch {
	case scheme != "":
	case r.TLS != nil:
		scheme = "https"
	default:
		scheme = "http"
	}
	if strings.HasPrefix(r.RequestURI, "/") {
		if r.Host == "" {
			return r.RequestURI
		}
		return scheme + "://" + r.Host + r.RequestURI
	}
	u := *r.URL
	u.User = nil
	if r.Host != "" {
		u.Scheme, u.Host = scheme, r.Host
	}
	return u.String()
}

// maxAsked is how many of the names that a preflight asks for are listed: more
// than are ever allowed.
const maxAsked = 256

// askedNames lists the elements of Access-Control-Request-Headers.
func askedNames(lines []string) (names []string) {
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.Trim(name, " \t"); name == "" {
				continue
			}
			if len(names) == maxAsked {
				return names
			}
			names = append(names, name)
		}
	}
	return names
}

// unsafeNames lists the CORS-unsafe request-header names that a page must have set.
func unsafeNames(h http.Header) []string {
	return headers.UnsafeNames(func(yield func(name, value string) bool) {
		for name, values := range h {
			if headers.IsSetOnTheWay(strings.ToLower(name)) {
				continue
			}
			if slices.ContainsFunc(values, func(v string) bool { return !yield(name, v) }) {
				return
			}
		}
	})
}
