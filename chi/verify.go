package chicors

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

// Verifier implements routecors.RouteVerifier. It reads the tree once, and leaves
// the table that requests use as it is.
func (a *Adapter) Verifier() func(route *routecors.Route, preflights bool) error {
	root, places := a.places()
	return func(route *routecors.Route, preflights bool) error {
		of, ok := route.Adapter().(*Adapter)
		if !ok {
			return nil
		}
		at := places[of.base]
		if at == nil {
			return errors.New("its router is not mounted in the one that chicors.New was given; mount it, or add its routes to a registry of their own")
		}
		return root.verify(route, at, preflights)
	}
}

// Sampler implements routecors.Sampler.
func (a *Adapter) Sampler() func(route *routecors.Route) *http.Request {
	root, places := a.places()
	return func(route *routecors.Route) *http.Request {
		of, ok := route.Adapter().(*Adapter)
		if !ok || places[of.base] == nil {
			return nil
		}
		f := root.look(route, places[of.base])
		if !f.runs {
			return nil
		}
		r := &http.Request{Method: route.Method(), URL: &url.URL{Path: f.path}, Pattern: f.prefix + strings.TrimPrefix(route.Pattern(), "/")}
		if path, err := url.PathUnescape(f.path); err == nil && path != f.path {
			r.URL.Path, r.URL.RawPath = path, f.path
		}
		return r
	}
}

// places returns where the routers of the tree are, read anew.
func (a *Adapter) places() (root *level, places map[chi.Routes]*mountPoint) {
	root, places = newLevel(a.outermost.base), map[chi.Routes]*mountPoint{}
	root.collect("/", places)
	return root, places
}

// A mountPoint is where a router is in the tree.
type mountPoint struct {
	*level
	prefixes []string // blanked patterns, "/" at the end
}

// collect notes where l and the routers below are.
func (l *level) collect(prefix string, places map[chi.Routes]*mountPoint) {
	at := places[l.routes]
	if at == nil {
		at = &mountPoint{level: l}
		places[l.routes] = at
	}
	at.prefixes = append(at.prefixes, prefix)
	for _, mount := range slices.Sorted(maps.Keys(l.mounts)) {
		l.mounts[mount].collect(strings.TrimSuffix(prefix, "/")+mount, places)
	}
}

// A finding is what the router would run for a sample request.
type finding struct {
	path, method string
	prefix       string // of the mounts that lead to it
	handler      http.Handler
	runs         bool  // the route
	unclear      bool  // it cannot be told
	err          error // why no request can run the route
}

// look looks for a request that the tree below l would run route for; of those that
// would not, it returns the first.
func (l *level) look(route *routecors.Route, at *mountPoint) (first finding) {
	method := route.Method()
	missing := finding{err: errors.New("is not in the router, or another handler overwrote it; register it with the adapter, under a pattern of its own")}
	e := at.patterns[route.Pattern()]
	if e == nil {
		return missing
	}
	for _, m := range slices.Sorted(maps.Keys(e.handlers)) {
		if method == "" && routeOf(e.handlers[m]) == route {
			method = m
		}
	}
	switch h := e.handlers[method]; {
	case h == nil:
		return missing
	case routeOf(h) != route:
		return finding{err: fmt.Errorf("the router runs a %T there, which overwrote the route, or has it inside; register the route itself, with the adapter, and put wrappers round its handler", h)}
	}
	for _, prefix := range at.prefixes {
		for _, sample := range samples(prefix + strings.TrimPrefix(blank(route.Pattern()), "/")) {
			h, runs := l.find(method, sample)
			f := finding{path: sample, method: method, prefix: prefix, handler: h, runs: routeOf(h) == route, unclear: h == nil && runs}
			if f.runs || f.unclear {
				return f
			}
			if first.path == "" {
				first = f
			}
		}
	}
	return first
}

// verify reports what is wrong with route in the tree below l.
func (l *level) verify(route *routecors.Route, at *mountPoint, preflights bool) error {
	f := l.look(route, at)
	switch {
	case f.err != nil:
		return f.err
	case f.runs && preflights && !l.receives(f.path):
		return errors.New("its preflights do not arrive, since another handler for OPTIONS stands before ours, or replaced it; register that one with the adapter, or serve through CorsConfig.Handler")
	case f.runs, f.unclear, f.path == "": // no path is known that matches an expression
		return nil
	}
	return fmt.Errorf("another route stands before it: for %s %s the router runs a %T; leave one of them out", f.method, f.path, f.handler)
}

// receives reports whether an OPTIONS request to path reaches a handler that answers
// preflights.
func (l *level) receives(path string) bool {
	rctx := chi.NewRouteContext()
	l.routes.Find(rctx, http.MethodOptions, path)
	for _, pattern := range rctx.RoutePatterns {
		switch l.own(pattern, http.MethodOptions).(type) {
		case *options, *routecors.Route:
			return true
		case nil:
		default:
			return false
		}
		sub, stub := l.mounted(pattern)
		if sub == nil {
			return false
		}
		if stub {
			return sub.receives("/")
		}
		l = sub
	}
	return false
}
