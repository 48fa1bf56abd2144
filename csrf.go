package routecors

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
)

// Whom a request that changes something is taken from.
//
// The policy of a route says which pages may read its responses. A page that may do
// so with credentials acts for the user already, and it alone is trusted to send what
// http.CrossOriginProtection refuses from pages of other origins:
//
//  1. The route is the one that the router would run, and the options are those that
//     decide a CORS request to it; one function finds both. Nothing is trusted for a
//     private route, whatever stands beside it.
//  2. The options have AllowCredentials.
//  3. Their key says whose pages they are: an origin, a subdomain pattern, or a pattern
//     of ports, which names one host (and cookies do not tell ports apart, see RFC 6265,
//     section 8.5). Never "*", "null", a subdomain pattern over a public suffix, whatever
//     option of Setup accepted its credentials; nor a regexp, nor the function of a
//     Dynamic: that it takes nobody else cannot be checked, and a slip in it would take
//     away the last protection.
//
// For example, with
//
//	PUT /items/{id}    "https://*.example.com": {AllowCredentials: true}, "*": {}
//	PUT /items/all     private
//
// a page of https://app.example.com may send PUT /items/7, and no PUT /items/all. A page
// of https://other.example may send neither. It gets a preflight for /items/7 approved,
// for a request without credentials; but that the request came without any cannot be
// seen, since there are client certificates, and networks that are trusted.

// A CrossOriginProtection refuses what pages of other origins send without being
// trusted to: it is http.CrossOriginProtection, which knows browsers and methods, with
// the trust that follows from the policies. An origin is trusted for the methods of a
// route where the route allows it with AllowCredentials by an exact key, a subdomain
// pattern or a pattern of ports; never by "*", "null", a regexp or a pattern over a
// public suffix. What is added later counts at once.
//
// GET, HEAD and OPTIONS are not its business, so that preflights pass; nor are requests
// that no browser sent, and those of the site's own pages. What http.CrossOriginProtection
// lets through is never refused.
//
// The zero value trusts no other origin. All methods are safe for concurrent use. Requests
// that net/http lets through take no look-up in the router, all others one.
type CrossOriginProtection struct {
	reg  *registry
	std  http.CrossOriginProtection
	deny atomic.Pointer[http.Handler]

	bypasses atomic.Bool // some pattern was added
}

// CrossOriginProtection returns a new protection that trusts by the policies of all
// that was added, or will be.
//
//	protection := cors.CrossOriginProtection()
//	log.Fatal(http.ListenAndServe(":8080", cors.Handler(protection.Handler(mux))))
func (c *CorsConfig) CrossOriginProtection() *CrossOriginProtection {
	return &CrossOriginProtection{reg: c.reg}
}

// AddInsecureBypassPattern lets every request that matches pattern through, as that of
// http.CrossOriginProtection does, and panics where that does. It is for routes that any
// page may use without being trusted with the user's session: an API of the policy "*"
// that reads no cookie, or the place where a sign-on service posts to.
func (p *CrossOriginProtection) AddInsecureBypassPattern(pattern string) {
	p.std.AddInsecureBypassPattern(pattern)
	p.bypasses.Store(true)
}

// SetDenyHandler sets what answers a request that is refused: by default a 403
// (Forbidden) whose body is the text of the error of Check. A nil h restores that.
func (p *CrossOriginProtection) SetDenyHandler(h http.Handler) {
	if h == nil {
		p.deny.Store(nil)
		return
	}
	p.deny.Store(&h)
}

// Check returns nil if r is to be served, or an error that says why not. It wraps that
// of http.CrossOriginProtection.
func (p *CrossOriginProtection) Check(r *http.Request) error {
	err := p.std.Check(r)
	if err == nil {
		return nil
	}
	why := p.reg.mistrusts(r)
	if why == (mistrust{}) {
		return nil
	}
	return &crossOriginError{err, why, r.Method}
}

// Handler returns a handler that hands on to next what Check lets through. It is an
// ordinary middleware, r.Use(protection.Handler) in chi.
//
// Its place is directly inside CorsConfig.Handler, so that a page that the policy knows
// can read the 403: cors.Handler(protection.Handler(mux)). There, or around
// CorsConfig.Handler, Audit sees it. As that, it stands after what rewrites the path,
// the host or the method of requests: what is rewritten behind it, by http.StripPrefix
// or an X-HTTP-Method-Override, it trusts for a route that does not run. It panics if
// next is nil.
func (p *CrossOriginProtection) Handler(next http.Handler) http.Handler {
	if isNil(next) {
		panic("routecors: nil handler; pass the router to CrossOriginProtection.Handler")
	}
	if f, ok := next.(*front); ok && f.reg == p.reg {
		p.reg.guards.guarded(f, p)
	}
	return &guard{p, next}
}

// A guard is what CrossOriginProtection.Handler returns.
type guard struct {
	p    *CrossOriginProtection
	next http.Handler
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := g.p.Check(r)
	if err == nil {
		g.next.ServeHTTP(w, r)
		return
	}
	if deny := g.p.deny.Load(); deny != nil {
		(*deny).ServeHTTP(w, r)
		return
	}
	http.Error(w, err.Error(), http.StatusForbidden)
}

// A mistrust says why a request of another origin is not trusted. The zero value is
// trust.
type mistrust struct {
	refusal
	key bool // it is allowed with credentials, but the key does not say whose page it is
}

// mistrusts returns why the page that sent r may not act for the user at the route that
// the router would run.
func (reg *registry) mistrusts(r *http.Request) mistrust {
	if reg == nil { // of a protection that CorsConfig.CrossOriginProtection did not return
		return mistrust{refusal: refusal{RouteNotAdded, r.Method}}
	}
	route, e := reg.resolve(r, r.Method)
	if e == nil {
		return mistrust{refusal: refusal{RouteNotAdded, r.Method}}
	}
	origins := r.Header["Origin"]
	var asked *asking
	if e.live != nil {
		asked = askedBefore(r)
	}
	g, why := e.decide(route, r, asked, origins, r.Method)
	switch {
	case len(origins) == 0: // yet net/http says that a page of another origin sent it
		return mistrust{refusal: refusal{reason: OriginMalformed}}
	case g == nil:
		return mistrust{refusal: why.precise()}
	case !g.credentials:
		return mistrust{refusal: refusal{CredentialsNotAllowed, origins[0]}}
	case !g.trusted:
		return mistrust{refusal{CredentialsNotAllowed, origins[0]}, true}
	}
	return mistrust{}
}

// saysWhose reports whether key, which p is compiled from, says whose pages it allows;
// p is the zero Pattern for "*".
func saysWhose(key string, p origin.Pattern) bool {
	if key == "*" || p.Null() || p.Regexp() {
		return false
	}
	_, anyone := p.PublicSuffix()
	return !anyone
}

// A crossOriginError is the error of Check. Its text is put together when it is asked
// for, since a deny handler may have one of its own.
type crossOriginError struct {
	error  // of http.CrossOriginProtection
	why    mistrust
	method string
}

func (e *crossOriginError) Unwrap() error { return e.error }

func (e *crossOriginError) Error() string {
	b := make([]byte, 0, 512)
	if e.why.key {
		b = headers.AppendQuote(append(b, "routecors: origin "...), e.why.value)
		b = append(b, " is allowed with credentials, but by a key that does not say whose page it is"...)
	} else {
		b = e.why.append(b, e.method)
	}
	return string(append(append(append(b, " ("...), e.error.Error()...), ')'))
}

// guards is what a registry knows of the protections before its routes.
type guards struct {
	mu    sync.Mutex
	bare  []*front // without one directly before or behind it
	known []*CrossOriginProtection
}

// note returns f, and notes that it was made.
func (k *guards) note(f *front) *front {
	if g, ok := f.next.(*guard); ok && g.p.reg == f.reg {
		k.guarded(f, g.p)
		return f
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bare = append(k.bare, f)
	return f
}

// guarded notes that p stands directly before or behind f.
func (k *guards) guarded(f *front, p *CrossOriginProtection) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bare = slices.DeleteFunc(k.bare, func(b *front) bool { return b == f })
	if !slices.Contains(k.known, p) {
		k.known = append(k.known, p)
	}
}

// all returns the protections of which one stands before every route; nil if that is
// not known.
func (k *guards) all() []*CrossOriginProtection {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.bare) > 0 {
		return nil
	}
	return slices.Clone(k.known)
}
