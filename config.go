// Package routecors decides, for each route of a Go router, which pages of other
// origins may use it.
//
//	mux := http.NewServeMux()
//	router := stdmux.New(mux) // chicors.New(r) for chi
//
//	cors, err := routecors.Setup(router, routecors.Policy{ // the defaults
//		"https://app.example.com": {AllowHeaders: []string{"Content-Type"}, MaxAge: 600},
//	})
//	…
//	err = cors.Add(router.HandleFunc("GET /articles", list)) // by the defaults
//	err = cors.Add(router.HandleFunc("PUT /articles/{id}", put), routecors.Policy{
//		"https://admin.example.com": {AllowCredentials: true, AllowHeaders: []string{"X-CSRF-Token"}},
//	})
//	mux.HandleFunc("DELETE /articles/all", purge) // private
//
//	log.Fatal(http.ListenAndServe(":8080", cors.Handler(mux)))
//
// A preflight is approved if and only if the request that it announces would be served
// by a route that was added, and whose policy allows it; an actual response is shared
// if and only if its route allows that. Both are decided by one function, for the
// route that the router itself says it would run. A route that was not added is
// private, whatever stands beside it.
//
// # Precedence
//
// The policies of a route are layers, nearest first: those given to Add with the
// route, those of its handler if that is a View, those of its Resource, those of the
// trees that it is below (the innermost first), those of the groups, the defaults of
// Setup. The first layer in which some key matches the origin decides; in a layer an
// exact origin beats a pattern, and "*" is last. The options of that key are taken
// whole, never merged. Deny decides like any other, that the origin gets nothing:
// Policy{"*": {Deny: true}} shuts off all layers further away. A layer of Dynamic is a
// function of the request; one of Source is loaded, and replaced while requests run.
//
// A route with a method allows that method (GET with HEAD, where the router serves
// HEAD by it). A route without one allows what AllowMethods says.
//
// # What Add registers
//
// The Route is in the router already. The first Add of a pattern puts a handler for
// OPTIONS beside it, which answers preflights by asking the router for the method that
// they announce, and hands on what is none: to the user's own OPTIONS handler, to a
// handler without a method, or else to 204 (No Content) with a right Allow. Adapters
// say what they do where the router cannot take it.
//
// # Serving
//
// The router itself can be served: added routes set their headers, and preflights
// arrive at the handlers for OPTIONS. CorsConfig.Handler around it, outermost or as a
// chi middleware, is the exact way: preflights are answered ahead of auth and rate
// limits, and a page can read a 401, a 429 or a time-out. It must stand after what
// rewrites the path, the host or the method of requests: where something rewrites them
// behind it (a StripSlashes in a sub-router), it answers for a route that does not
// run.
//
// Responses whose answer depends on the origin say "Vary: Origin", always. It is kept
// under the key "vary" of the header map, so that a handler's Header().Set("Vary", …)
// does not lose it; on the wire it is one more line. A middleware or an
// httptest.ResponseRecorder sees it as header["vary"], not by header.Get("Vary"). A
// middleware that answers ahead of the route a request without Origin sets its own.
//
// A handler that sets Access-Control headers itself overrides ours; those that a
// middleware further out has set are removed from the responses of added routes. An
// httputil.ReverseProxy adds the upstream's to ours, and clears ours where the
// upstream sends 1xx: Proxy mends both. The ResponseWriter is the router's own, but
// for routes that expose every header with credentials; the wrapper keeps
// http.Flusher, http.Hijacker and io.ReaderFrom.
//
// # Why is my preflight 403?
//
// The body of the answer says why, in one sentence: the origin is in no policy of the
// route; it is denied; the method is not among AllowMethods (of a route without a
// method); a request header is not among AllowHeaders; or no route that was added
// serves the method at that URL, because it was not added, lies under a private one,
// or is a redirect; or the function of a Dynamic failed. A 405 comes from the router:
// the preflight did not arrive, and Verify says why. A 401 comes from a middleware
// before CorsConfig.Handler. CorsConfig.Explain says of any request what is looked at,
// step by step, and what to change.
//
// Counters counts refusals by route and reason, WithLogger logs them, and WithDebug
// has the console of the browser name the method or the header that is refused.
//
// # Vocabulary
//
// The terms are those of the Fetch standard, https://fetch.spec.whatwg.org/. Beside
// them, the actual request is the one that a CORS-preflight request announces, or any
// other CORS request; a credentialed request is one whose credentials mode is
// "include".
//
// A browser keeps the header names of an approved preflight for the URL, whatever the
// method was, and never asks for GET, HEAD and POST. Where the names would let the
// page send what a preflight of its own would not allow (a POST to a private route,
// say), the answer says "Access-Control-Max-Age: 0", and nothing is kept.
//
// CORS keeps answers from pages; it does not keep pages from sending. A POST with a
// form's content type runs the handler, whatever the policy: that is the business of
// CorsConfig.CrossOriginProtection. A WebSocket asks for no permission at all: see
// CorsConfig.CheckOrigin.
//
// # Concurrency
//
// Everything here is safe for concurrent use. Requests take no lock (but the first one
// to a chi route below a mount, which finds the trees that the route is below). Update
// and Apply change policies while the router serves; a response is by the old policy
// or by the new one, never by both. Add while the router serves works where the router
// itself allows registration then: ServeMux does, chi does not. The same holds for a
// route that is new to Apply.
package routecors

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Policy maps origins to what pages of them may do. A key is a serialized
// origin such as "https://app.example.com", a pattern, or "*" for every origin
// that no other key matches. See https://fetch.spec.whatwg.org/#origin-header.
type Policy map[string]ResourceOptions

// A ConfigError says what is wrong in one place of the configuration. Setup, Add
// and Group join all that they find; errors.As and errors.Is see each of them.
type ConfigError struct {
	Route  string // the entity as its String gives it, "defaults" or "group"
	Origin string // the key of the policy; "" if the error is not about one
	Field  string // the field of ResourceOptions; "" if the key itself is wrong
	Value  string // the offending value of the field
	Reason string // what is wrong, and what to write instead
}

// Error returns all of it in one line, from which alone the mistake can be mended.
func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString("routecors: ")
	if e.Route != "" {
		b.WriteString(e.Route + ": ")
	}
	if e.Origin != "" {
		b.WriteString("origin " + strconv.Quote(e.Origin) + ": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field + " " + strconv.Quote(e.Value) + ": ")
	}
	b.WriteString(e.Reason)
	return b.String()
}

// An Option is an option of Setup.
type Option func(*settings) error

// WithPreflightStatus sets the status of an approved preflight: 204 (No Content),
// the default, or 200 for clients that know no other.
// See https://fetch.spec.whatwg.org/#ok-status.
func WithPreflightStatus(status int) Option {
	return func(s *settings) error {
		if status != http.StatusOK && status != http.StatusNoContent {
			return &ConfigError{Route: "WithPreflightStatus", Reason: fmt.Sprintf("status %d: write 200 or 204", status)}
		}
		s.preflightStatus = status
		return nil
	}
}

// WithoutSyntheticOPTIONS leaves the router alone: Add registers nothing in it.
// Preflights are then answered by CorsConfig.Handler, and nowhere else but on
// added routes that receive OPTIONS requests themselves.
func WithoutSyntheticOPTIONS() Option {
	return func(s *settings) error { s.withoutOPTIONS = true; return nil }
}

// A CorsConfig is the registry of the routes that share their responses with
// pages of other origins. Setup and Group return one; the zero value is of no use.
// All methods are safe for concurrent use.
type CorsConfig struct {
	reg    *registry
	layers []*layer // nearest first: the groups, the defaults
	file   applied  // guarded by registry.applying
}

// Setup returns a registry for the routes of adapter. The defaults hold for
// every route that is added, where nothing nearer decides; nil is fine.
//
// It fails if adapter is nil, or with all that is wrong in defaults and options,
// each a *ConfigError.
func Setup(adapter RouterAdapter, defaults Policy, options ...Option) (*CorsConfig, error) {
	reg := &registry{
		settings: settings{preflightStatus: http.StatusNoContent},
		layers:   map[fingerprint]*layer{},
		grants:   map[fingerprint]*grant{},
		enabled:  map[fingerprint]*enabled{},
		notes:    map[*layer][]*ConfigError{},
		failed:   map[*Route]error{},
		seeds:    [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		started:  time.Now(),
	}
	reg.preflights = &Preflights{reg}
	reg.unsafe.Store(new([]unsafeMethod))
	var errs []error
	if isNil(adapter) {
		errs = append(errs, &ConfigError{Route: "Setup", Reason: "nil adapter; pass stdmux.New(mux) or chicors.New(router)"})
	} else if !reflect.ValueOf(outermost(adapter)).Comparable() {
		errs = append(errs, &ConfigError{Route: "Setup", Reason: fmt.Sprintf("an adapter of type %T cannot be compared; pass a pointer", adapter)})
	} else {
		reg.adapter = outermost(adapter)
		reg.prober, _ = reg.adapter.(Prober)
	}
	for _, option := range options {
		if option == nil {
			errs = append(errs, &ConfigError{Route: "Setup", Reason: "nil option; leave it out"})
			continue
		}
		if err := option(&reg.settings); err != nil {
			errs = append(errs, err)
		}
	}
	l, policyErrs := reg.compile(defaults, "defaults")
	if errs = append(errs, policyErrs...); errs != nil {
		return nil, errors.Join(errs...)
	}
	reg.outer = []placed{{l, inDefaults}}
	if a, ok := reg.adapter.(TreeAdapter); ok {
		reg.shared = a.Trees()
		reg.shared.setUp(reg)
	}
	return &CorsConfig{reg: reg, layers: []*layer{l}}, nil
}

// Group returns the same registry with policy as one more layer of defaults,
// nearer than those that c has: for a sub-tree, or a team. It fails with all that
// is wrong in policy, each a *ConfigError.
func (c *CorsConfig) Group(policy Policy) (*CorsConfig, error) {
	c.reg.mu.Lock()
	defer c.reg.mu.Unlock()
	l, errs := c.reg.compile(policy, "group")
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	if at := (placed{l, inGroup}); !slices.Contains(c.reg.outer, at) {
		c.reg.outer = append(c.reg.outer, at)
	}
	return &CorsConfig{reg: c.reg, layers: slices.Concat([]*layer{l}, c.layers)}, nil
}

// Add enables CORS for a *Route, a *Resource or a *Tree: its responses are shared with the
// origins that its policies, or a layer further away, allow. Of several policies
// the first is the nearest layer. With none, the groups and the defaults say all.
//
// On the first Add of a pattern the adapter registers a handler for OPTIONS
// beside it. Add may be called while the router serves, where the router itself
// allows registration then: ServeMux does, chi does not.
//
// It fails, and changes nothing, if entity is nil, of another adapter, without a
// handler, or was added before; if a policy is wrong, with all that is wrong in
// it; if a handler for OPTIONS that is not ours stands in the way. Each is a
// *ConfigError.
func (c *CorsConfig) Add(entity Entity, policies ...Policy) error {
	switch e := entity.(type) {
	case *Route:
		if e != nil {
			return c.addRoute(e, policies)
		}
	case *Resource:
		if e != nil {
			return c.addResource(e, policies)
		}
	case *Tree:
		if e != nil {
			return c.addTree(e, policies)
		}
	}
	return &ConfigError{Route: "Add", Reason: fmt.Sprintf("unknown entity %T; pass the *Route, *Resource or *Tree that the adapter returned", entity)}
}

// Handler returns a handler that answers the preflights of added routes and
// hands everything else on to next, which must end in the router of the adapter.
// It sets the CORS response headers before next runs, so that a page can also
// read what a middleware answers ahead of the route: a 401, a 429, a time-out.
//
// It stands outermost, or after what rewrites the path, the host or the method of
// requests; it is an ordinary middleware, r.Use(cors.Handler) in chi. It panics if
// next is nil.
func (c *CorsConfig) Handler(next http.Handler) http.Handler {
	if isNil(next) {
		panic("routecors: nil handler; pass the router to CorsConfig.Handler")
	}
	c.reg.fronted.Store(true)
	return c.reg.guards.note(&front{c.reg, next})
}

// A part is an adapter for a part of a router, such as a chi sub-router.
type part interface {
	// Outermost returns the adapter of the whole router.
	Outermost() RouterAdapter
}

func outermost(a RouterAdapter) RouterAdapter {
	if p, ok := a.(part); ok {
		return p.Outermost()
	}
	return a
}

// isNil reports whether v is nil, or an interface that holds a nil pointer or function.
func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || (r.Kind() == reflect.Pointer || r.Kind() == reflect.Func) && r.IsNil()
}
