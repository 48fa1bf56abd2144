package stdmux

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/routecors/routecors"
)

// options is the handler for OPTIONS that RegisterOPTIONS puts into a mux.
type options struct {
	adapter    *Adapter
	pattern    string // "OPTIONS /x"
	preflights *routecors.Preflights
	user       atomic.Pointer[userOPTIONS]
}

// userOPTIONS is an OPTIONS route of the user's that came after ours.
type userOPTIONS struct {
	route *routecors.Route
	mux   *http.ServeMux // holds route alone, under the user's pattern
}

// serve has o hand the requests that are not preflights to route. It panics as
// ServeMux does if pattern is wrong or taken.
func (o *options) serve(pattern string, route *routecors.Route) {
	mux := http.NewServeMux()
	mux.Handle(pattern, route)
	if !o.user.CompareAndSwap(nil, &userOPTIONS{route, mux}) {
		panic(fmt.Sprintf("stdmux: pattern %q conflicts with pattern %q: both are for OPTIONS", pattern, o.user.Load().route))
	}
}

func (o *options) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user := o.user.Load()
	if o.preflights.Answer(w, r, user == nil) {
		return
	}
	if user != nil {
		user.mux.ServeHTTP(w, r) // which sets the path values by the names that the user gave
		return
	}
	h, pattern := o.adapter.handler(r, noMethod)
	if pattern != "" {
		// A handler without a method would run if ours were not here. In a mux of its
		// own it is run with its own path values.
		mux := http.NewServeMux()
		mux.Handle(pattern, h)
		mux.ServeHTTP(w, r)
		return
	}
	var refused headerWriter
	h.ServeHTTP(&refused, r) // the mux's own 405, which knows what it would serve
	w.Header()["Allow"] = refused.Header()["Allow"]
	w.WriteHeader(http.StatusNoContent)
}

// A headerWriter keeps the header of a response only.
type headerWriter struct{ header http.Header }

func (w *headerWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}
func (w *headerWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *headerWriter) WriteHeader(int)             {}

// RegisterOPTIONS implements routecors.OPTIONSRegistrar.
func (a *Adapter) RegisterOPTIONS(pattern string, preflights *routecors.Preflights) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for m := a.mount; m != nil; m = m.outer.mount {
		m.preflights.CompareAndSwap(nil, preflights)
	}
	s := a.slot(pattern)
	if s.preflights != nil {
		return nil
	}
	if s.route != nil {
		s.preflights = preflights
		preflights.Attach(s.route)
		return nil
	}
	if s.options == nil { // else a twin's
		err := a.registerOPTIONS(s, pattern, preflights)
		if err != nil {
			if h, theirs := a.sameOPTIONS(pattern); theirs != "" {
				if _, ours := h.(*options); !ours { // not of another adapter of this mux
					return fmt.Errorf("needs a handler for preflights, but the mux has one for %q that it cannot wrap; register that one with the adapter, router.Handle(%q, h)", theirs, theirs)
				}
				err = nil
			}
		}
		s.refused = err
	}
	s.preflights = preflights
	if path, ok := cutSlash(pattern); ok && s.refused == nil {
		// The mux redirects the path without the slash where nothing else has it.
		// What stands there already serves it, and may refuse ours.
		if twin := a.slot(path); twin.options == nil && twin.route == nil {
			_ = a.registerOPTIONS(twin, path, preflights)
		}
	}
	return nil
}

// sameOPTIONS returns the handler and the pattern that the mux has for OPTIONS
// requests to just what pattern matches; "" if it has none.
func (a *Adapter) sameOPTIONS(pattern string) (http.Handler, string) {
	for _, path := range samples(pattern) {
		h, theirs := a.handler(sample(pattern, path), http.MethodOptions)
		if method, p := cutMethod(theirs); method == http.MethodOptions && key(p) == key(pattern) {
			return h, theirs
		}
	}
	return nil, ""
}

// registerOPTIONS puts a handler of ours in the mux. The error is the mux's own.
func (a *Adapter) registerOPTIONS(s *slot, pattern string, preflights *routecors.Preflights) error {
	o := &options{adapter: a, pattern: http.MethodOptions + " " + pattern, preflights: preflights}
	if err := try(a.mux, o.pattern, o); err != nil {
		return err
	}
	s.options = o
	return nil
}

// VerifyRoute implements routecors.RouteVerifier.
func (a *Adapter) VerifyRoute(route *routecors.Route) error {
	method := route.Method()
	if method == "" {
		method = noMethod
	}
	var first http.Handler
	var pattern string
	for _, path := range samples(route.Pattern()) {
		r := sample(route.Pattern(), path)
		if a.resolve(r, method) == route {
			return nil
		}
		if first == nil {
			first, pattern = a.handler(r, method)
		}
	}
	if pattern == "" {
		return fmt.Errorf("is not in the mux; register routes with the adapter, router.Handle(pattern, h)")
	}
	return fmt.Errorf("no request is known that runs this route: pattern %q (%T) stands before it, or has it inside a wrapper; register the route itself, router.Handle(pattern, wrap(h))", pattern, first)
}

// VerifyOPTIONS implements routecors.RouteVerifier.
func (a *Adapter) VerifyOPTIONS(pattern string) error {
	a.mu.Lock()
	s := a.slots[key(pattern)]
	a.mu.Unlock()
	if s != nil && s.refused != nil {
		return fmt.Errorf("its preflights do not arrive, since the mux refuses a handler for OPTIONS there; serve through CorsConfig.Handler (the mux says: %v)", s.refused)
	}
	for _, path := range samples(pattern) {
		h, theirs := a.handler(sample(pattern, path), http.MethodOptions)
		switch h.(type) {
		case *options, *routecors.Route:
			return nil
		}
		if theirs != "" {
			return fmt.Errorf("its preflights go to pattern %q; serve through CorsConfig.Handler, or register that one with the adapter", theirs)
		}
	}
	return fmt.Errorf("its preflights do not arrive; serve through CorsConfig.Handler")
}
