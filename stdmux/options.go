package stdmux

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/routecors/routecors"
)

// A slot is who receives OPTIONS requests to one path. It is the handler for them
// that RegisterOPTIONS puts into the mux, where it does.
type slot struct {
	adapter  *Adapter
	route    *routecors.Route // of the user's: for OPTIONS, or else without a method
	users    atomic.Bool      // in the mux, the user has a handler for OPTIONS at the same path
	twin     atomic.Bool      // in the mux, but only so that it does not redirect
	inMux    bool
	prepared bool // by RegisterOPTIONS
}

func (s *slot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := !s.users.Load()
	if s.twin.Load() {
		refuse = refuse && s.adapter.behind(r) == nil // nothing was added at this path
	}
	// Set before any of ours was in the mux, and never again. Those of another Setup
	// would answer alike: each route has what it is answered by.
	if s.adapter.preflights.Answer(w, r, refuse) {
		return
	}
	if behind := s.adapter.behind(r); behind != nil {
		behind.ServeHTTP(w, r)
		return
	}
	var refused headerWriter
	h, _ := s.adapter.handler(r, noMethod)
	h.ServeHTTP(&refused, r) // the mux's own 405, which knows what it would serve
	w.Header()["Allow"] = refused.Header()["Allow"]
	w.WriteHeader(http.StatusNoContent)
}

// behind returns what would serve r, an OPTIONS request, if no handler of ours
// were in the mux; nil if nothing would. It is a mux of its own, so that handlers
// are run with the path values of their own patterns.
func (a *Adapter) behind(r *http.Request) *http.ServeMux {
	mux, found := http.NewServeMux(), false
	put := func(h http.Handler, pattern string) {
		if _, ours := h.(*slot); pattern != "" && !ours {
			// Refused where it is there already.
			found = try(mux, pattern, h) == nil || found
		}
	}
	put(a.users.Handler(&http.Request{Method: http.MethodOptions, Host: r.Host, URL: r.URL}))
	put(a.handler(r, noMethod))
	// Where ours has the host in its pattern, it hides those without one.
	put(a.handler(&http.Request{Host: noHost, URL: r.URL}, http.MethodOptions))
	if !found {
		return nil
	}
	return mux
}

// A headerWriter keeps the header of a response only, and its status.
type headerWriter struct {
	header http.Header
	status int
}

func (w *headerWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}
func (w *headerWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *headerWriter) WriteHeader(status int)      { w.status = status }

// RegisterOPTIONS implements routecors.OPTIONSRegistrar.
func (a *Adapter) RegisterOPTIONS(pattern string, preflights *routecors.Preflights) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for m := a.mount; m != nil; m = m.outer.mount {
		m.preflights.CompareAndSwap(nil, preflights)
	}
	if a.preflights == nil {
		a.preflights = preflights
		for _, s := range a.slots {
			if s.route != nil {
				preflights.Attach(s.route)
			}
		}
	}
	s := a.slot(pattern)
	if s.prepared {
		return nil
	}
	var wider map[string]http.Handler
	if !s.inMux { // else a twin's
		var h http.Handler
		var theirs string
		h, theirs, wider = a.othersOPTIONS(pattern)
		switch h.(type) {
		case nil, *routecors.Route:
		case *slot: // of another adapter of this mux
			s.prepared = true
			return nil
		default:
			return fmt.Errorf("needs a handler for preflights, but the mux has one for %q that it cannot wrap; register that one with the adapter, router.Handle(%q, h)", theirs, theirs)
		}
	}
	s.prepared = true
	if s.route != nil {
		return nil
	}
	if s.inMux {
		s.twin.Store(false)
		return nil
	}
	for theirs, h := range wider {
		_ = try(a.users, theirs, h) // fails where it is there already
	}
	path, hasTwin := cutSlash(pattern)
	served := hasTwin && a.serves(path, http.MethodOptions)
	if err := a.registerOPTIONS(s, pattern, false); err != nil {
		a.refused[s] = err
		return nil
	}
	if !hasTwin {
		return nil
	}
	// The mux now redirects OPTIONS requests to the path without the slash, unless a
	// pattern has just that. Where wildcards make it many paths, a handler there could
	// stand in the way of a pattern that comes later: only what was served needs it.
	twin := a.slot(path)
	if !twin.inMux && twin.route == nil && (served || !strings.Contains(path, "{")) && a.redirects(pattern, path) {
		_ = a.registerOPTIONS(twin, path, true) // verifyOPTIONS reports a refusal
	}
	return nil
}

// serves reports whether the mux runs a handler for method at a sample of pattern.
func (a *Adapter) serves(pattern, method string) bool {
	host, _ := cutHost(pattern)
	_, theirs := a.handler(sample(host, samples(pattern)[0]), method)
	return theirs != ""
}

// redirects reports whether the mux answers an OPTIONS request to a sample of path
// with a redirect to pattern, of ours.
func (a *Adapter) redirects(pattern, path string) bool {
	host, _ := cutHost(path)
	_, theirs := a.handler(sample(host, samples(path)[0]), http.MethodOptions)
	return theirs == http.MethodOptions+" "+pattern
}

// othersOPTIONS returns the handler and the pattern that the mux has for OPTIONS
// requests to just what pattern matches, nil if it has none; and the wider ones that
// a handler of ours is going to shadow: what is no preflight goes on to them.
func (a *Adapter) othersOPTIONS(pattern string) (same http.Handler, theirs string, wider map[string]http.Handler) {
	host, _ := cutHost(pattern)
	for _, path := range samples(pattern) {
		h, theirs := a.handler(sample(host, path), http.MethodOptions)
		method, p := cutMethod(theirs)
		if method != http.MethodOptions {
			continue
		}
		if key(p) == key(pattern) {
			return h, theirs, nil
		}
		if _, ours := h.(*slot); !ours {
			if wider == nil {
				wider = map[string]http.Handler{}
			}
			wider[theirs] = h
		}
	}
	return nil, "", wider
}

// registerOPTIONS puts a handler of ours in the mux. The error is the mux's own.
func (a *Adapter) registerOPTIONS(s *slot, pattern string, twin bool) error {
	s.twin.Store(twin)
	err := try(a.mux, http.MethodOptions+" "+pattern, s)
	s.inMux = err == nil
	return err
}

// Verifier implements routecors.RouteVerifier.
func (a *Adapter) Verifier() func(route *routecors.Route, preflights bool) error {
	return func(route *routecors.Route, preflights bool) error {
		at, ok := route.Adapter().(*Adapter)
		if !ok {
			return nil
		}
		if err := at.verifyRoute(route); err != nil || !preflights {
			return err
		}
		return at.verifyOPTIONS(route.Pattern())
	}
}

func (a *Adapter) verifyRoute(route *routecors.Route) error {
	r, first, pattern := a.sampleOf(route)
	if r != nil {
		return nil
	}
	if pattern == "" {
		return fmt.Errorf("is not in the mux; register routes with the adapter, router.Handle(pattern, h)")
	}
	return fmt.Errorf("no request is known that runs this route: pattern %q (%T) stands before it, or has it inside a wrapper; register the route itself, router.Handle(pattern, wrap(h))", pattern, first)
}

// Sampler implements routecors.Sampler.
func (a *Adapter) Sampler() func(route *routecors.Route) *http.Request {
	return func(route *routecors.Route) *http.Request {
		at, ok := route.Adapter().(*Adapter)
		if !ok {
			return nil
		}
		r, _, _ := at.sampleOf(route)
		return r
	}
}

// sampleOf returns a request that the mux would run route for, or what it would run
// for the first that was tried.
func (a *Adapter) sampleOf(route *routecors.Route) (r *http.Request, first http.Handler, pattern string) {
	method := cmp.Or(route.Method(), noMethod)
	outermost := a.outermost()
	for _, path := range samples(route.Pattern()) {
		r := a.sample(route.Pattern(), path)
		if found, _ := outermost.probe(r, method); found == route {
			r.Method, r.Pattern = route.Method(), a.full(route.Pattern())
			return r, nil, ""
		}
		if first == nil {
			first, pattern = outermost.handler(r, method)
		}
	}
	return nil, first, pattern
}

func (a *Adapter) verifyOPTIONS(pattern string) error {
	a.mu.Lock()
	refused := a.refused[a.slots[key(pattern)]]
	a.mu.Unlock()
	if refused != nil {
		return fmt.Errorf("its preflights do not arrive, since the mux refuses a handler for OPTIONS there; serve through CorsConfig.Handler (the mux says: %v)", refused)
	}
	if path, ok := cutSlash(pattern); ok && a.redirects(pattern, path) && a.serves(path, noMethod) {
		return fmt.Errorf("with it the mux redirects OPTIONS requests to %q, which another route serves; serve through CorsConfig.Handler", path)
	}
	arrives := false
	for _, path := range samples(pattern) {
		h, theirs := a.outermost().handler(a.sample(pattern, path), http.MethodOptions)
		switch h.(type) {
		case *slot, *routecors.Route, *mount:
			arrives = true
			continue
		}
		if method, _ := cutMethod(theirs); method == http.MethodOptions || theirs != "" && !arrives {
			return fmt.Errorf("its preflights go to pattern %q; serve through CorsConfig.Handler, or register that one with the adapter", theirs)
		}
	}
	if !arrives {
		return fmt.Errorf("its preflights do not arrive; serve through CorsConfig.Handler")
	}
	return nil
}

// full returns pattern with the prefixes of the mounts that lead here.
func (a *Adapter) full(pattern string) string {
	for m := a.mount; m != nil; m = m.outer.mount {
		host, path := cutHost(pattern)
		pattern = cmp.Or(m.host, host) + m.prefix + path
	}
	return pattern
}

// sample returns a request for path and the host of pattern, as the outermost mux
// sees it.
func (a *Adapter) sample(pattern, path string) *http.Request {
	host, _ := cutHost(pattern)
	for m := a.mount; m != nil; m = m.outer.mount {
		host, path = cmp.Or(m.host, host), m.prefix+path
	}
	return sample(host, path)
}
