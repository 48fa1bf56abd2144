package chicors

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

var _ routecors.Describer = (*Adapter)(nil)

// Describe implements routecors.Describer. chi itself never redirects, and its
// middlewares are not run: what they answer is not seen. It goes the way of Probe. Of
// trees with several mounts in one place Find tells not all that chi comes by, and the
// 404 and 405 of these may be taken for each other.
func (a *Adapter) Describe(r *http.Request, method string) (o routecors.Outcome) {
	l, method, path, ok := a.locate(r, method)
	if !ok {
		return o
	}
	if method == http.MethodHead && l.getHead {
		if method = l.headBy(path); method != l.headBy(urlPath(r)) || r.URL.RawPath != "" && path != urlPath(r) {
			return o // Probe says why
		}
	}
	refuses, notAllowed := l.trace(method, path)
	o.Refuses = refuses && method == http.MethodOptions
	h, runs := l.find(method, path)
	route := routeOf(h)
	switch {
	case route != nil:
		o.Kind, o.Pattern = routecors.OutcomeRunsRoute, route.String()
	case runs:
		if h != nil {
			o.Kind = routecors.OutcomeRunsHandler
		}
		o.Pattern = l.patternOf(method, path, h)
	case notAllowed, !knows(method): // of which chi asks no path
		o.Kind, o.Allow = routecors.OutcomeNoHandlerOfMethod, a.allowed(r)
		o.Status = l.status(http.StatusMethodNotAllowed)
	default:
		o.Kind = routecors.OutcomeNoHandler
		o.Status = l.status(http.StatusNotFound)
	}
	return o
}

// allowed is allow as a list.
func (t *tree) allowed(r *http.Request) []string {
	if allow := t.allow(r); allow != "" {
		return strings.Split(allow, ", ")
	}
	return nil
}

// trace goes the way of a request for method and path. It reports whether that comes
// to an OPTIONS handler of ours which refuses the preflights that Preflights.Answer
// does not know; and whether chi, on the way, met a handler for another method, so
// that it answers 405.
func (l *level) trace(method, path string) (refuses, notAllowed bool) {
	rctx := chi.NewRouteContext()
again:
	rctx.Reset()
	l.routes.Find(rctx, method, path)
	// chi does not tell in its API.
	field := reflect.ValueOf(rctx).Elem().FieldByName("methodNotAllowed")
	notAllowed = notAllowed || field.Kind() == reflect.Bool && field.Bool()
	for _, pattern := range rctx.RoutePatterns {
		h := l.own(pattern, method)
		o, ours := h.(*options)
		if ours && !o.users {
			return true, notAllowed
		}
		if h != nil && !(ours && isMount(o.next)) {
			return false, notAllowed
		}
		sub, stub := l.mounted(pattern)
		if sub == nil {
			return false, notAllowed
		}
		if l = sub; stub {
			path = "/"
			goto again
		}
	}
	return false, notAllowed
}

// patternOf returns the pattern of h, which l runs for method and path: with the
// method, unless h is registered for all.
func (l *level) patternOf(method, path string, h http.Handler) string {
	rctx := chi.NewRouteContext()
	pattern := l.routes.Find(rctx, method, path)
	if h == nil {
		return pattern
	}
	if len(rctx.RoutePatterns) == 1 {
		if e := l.patterns[rctx.RoutePatterns[0]]; e != nil && e.all != nil && same(e.all, h) {
			return pattern
		}
	}
	return method + " " + pattern
}

// knows reports whether chi has heard of method: one of its own, or one that was
// registered with it, which it does not tell otherwise.
func knows(method string) bool {
	r := chi.NewRouter()
	r.Handle("/", http.NotFoundHandler())
	return r.Match(chi.NewRouteContext(), method, "/")
}

var notFound = reflect.ValueOf(http.NotFound).Pointer()

// status returns status, if it is surely what l answers: 0 where the program has a
// handler of its own for what is not found or not allowed.
func (l *level) status(status int) int {
	if l.customised() {
		return 0
	}
	return status
}

func (l *level) customised() bool {
	mux, ok := l.routes.(*chi.Mux)
	if !ok || reflect.ValueOf(mux.NotFoundHandler()).Pointer() != notFound || methodNotAllowed(mux) != methodNotAllowed(chi.NewMux()) {
		return true
	}
	return slices.ContainsFunc(slices.Collect(maps.Values(l.mounts)), (*level).customised)
}

// methodNotAllowed tells the handlers of r for 405 apart. chi makes a function for
// each call, of code that is the same if the call is.
//
//go:noinline
func methodNotAllowed(r *chi.Mux) uintptr {
	return reflect.ValueOf(r.MethodNotAllowedHandler()).Pointer()
}
