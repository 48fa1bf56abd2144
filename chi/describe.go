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
// middlewares are not run: what they answer is not seen. It goes the way of Probe.
func (a *Adapter) Describe(r *http.Request, method string) (o routecors.Outcome) {
	l, method, path, ok := a.locate(r, method)
	if !ok {
		return o
	}
	if method == http.MethodOptions {
		o.Refuses = l.refuses(path)
	}
	if method == http.MethodHead && l.getHead {
		if method = l.headBy(path); method != l.headBy(urlPath(r)) || r.URL.RawPath != "" && path != urlPath(r) {
			return o // Probe says why
		}
	}
	h, runs := l.find(method, path)
	route := routeOf(h)
	switch {
	case route != nil:
		o.Kind, o.Pattern = routecors.RunsRoute, route.String()
	case runs:
		if h != nil {
			o.Kind = routecors.RunsHandler
		}
		o.Pattern = l.patternOf(method, path, h)
	case !knows(method):
		o.Kind, o.Allow = routecors.NoHandlerOfMethod, a.allowed(r) // chi does not look at the path
		o.Status = l.status(http.StatusMethodNotAllowed)
	default:
		o.Kind = routecors.NoHandler
		o.Status = l.status(http.StatusNotFound)
		if o.Allow = a.allowed(r); o.Allow != nil {
			o.Kind = routecors.NoHandlerOfMethod
			o.Status = l.status(http.StatusMethodNotAllowed)
		}
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

// refuses reports whether an OPTIONS request for path comes to a handler of ours
// that refuses the preflights which Preflights.Answer does not know.
func (l *level) refuses(path string) bool {
	rctx := chi.NewRouteContext()
again:
	rctx.Reset()
	l.routes.Find(rctx, http.MethodOptions, path)
	for _, pattern := range rctx.RoutePatterns {
		h := l.own(pattern, http.MethodOptions)
		o, ours := h.(*options)
		if ours && !o.users {
			return true
		}
		if h != nil && !(ours && isMount(o.next)) {
			return false
		}
		sub, stub := l.mounted(pattern)
		if sub == nil {
			return false
		}
		if l = sub; stub {
			path = "/"
			goto again
		}
	}
	return false
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
	// chi makes a new function for each 405, of one and the same code.
	if !ok || reflect.ValueOf(mux.NotFoundHandler()).Pointer() != notFound ||
		reflect.ValueOf(mux.MethodNotAllowedHandler()).Pointer() != reflect.ValueOf(chi.NewMux().MethodNotAllowedHandler()).Pointer() {
		return true
	}
	return slices.ContainsFunc(slices.Collect(maps.Values(l.mounts)), (*level).customised)
}
