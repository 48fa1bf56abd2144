package chicors

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

// Verifier implements routecors.RouteVerifier. It reads the tree once, and leaves
// the table that requests use as it is.
func (a *Adapter) Verifier() func(route *routecors.Route, preflights bool) error {
	root := newLevel(a.outermost.base)
	places := map[chi.Routes]*mountPoint{}
	root.collect("/", places)
	return func(route *routecors.Route, preflights bool) error {
		of, ok := route.Adapter().(*Adapter)
		if !ok {
			return nil
		}
		at := places[of.base]
		if at == nil {
			return errors.New("its router is not mounted in the one that chicors.New was given")
		}
		return root.verify(route, at, preflights)
	}
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

// verify reports what is wrong with route in the tree below l.
func (l *level) verify(route *routecors.Route, at *mountPoint, preflights bool) error {
	method := route.Method()
	e := at.patterns[route.Pattern()]
	if e == nil {
		return errors.New("is not in the router; another handler overwrote it")
	}
	for _, m := range slices.Sorted(maps.Keys(e.handlers)) {
		if method == "" && routeOf(e.handlers[m]) == route {
			method = m
		}
	}
	if h := e.handlers[method]; routeOf(h) != route {
		return fmt.Errorf("the router runs a %T there, which overwrote the route, or has it inside; register the route itself, with the adapter, and put wrappers round its handler", h)
	}
	var path string
	var first http.Handler
	for _, prefix := range at.prefixes {
		for _, sample := range samples(prefix + strings.TrimPrefix(blank(route.Pattern()), "/")) {
			h, runs := l.find(method, sample)
			switch {
			case routeOf(h) == route:
				if preflights && !l.receives(sample) {
					return errors.New("its preflights do not arrive, since another handler for OPTIONS stands before ours, or replaced it; register that one with the adapter, or serve through CorsConfig.Handler")
				}
				return nil
			case h == nil && runs:
				return nil // it cannot be told
			case path == "":
				path, first = sample, h
			}
		}
	}
	if path == "" {
		return nil // no path is known that matches an expression
	}
	return fmt.Errorf("another route stands before it: for %s %s the router runs a %T", method, path, first)
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
