package chicors

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// Where a node has no handler for OPTIONS, chi goes on to a less specific one. A
// handler of ours ends that. What is no preflight must still be served as if ours
// were not there, and chi does so in a second tree, which has the user's handlers
// for OPTIONS only.

// withoutOurs returns the table of a router like that of l, for OPTIONS requests
// only, in which no handler of ours stands before another.
func (l *level) withoutOurs() *level {
	l.behindOnce.Do(func() {
		r := chi.NewRouter()
		l.behind = newLevel(r) // should what follows panic
		var mounts []string
		for pattern, e := range l.patterns {
			if isMount(e.all) {
				mounts = append(mounts, pattern)
			}
		}
		slices.Sort(mounts)
		// chi refuses some mounts in one order and takes them in another.
		for n := 0; n != len(mounts); {
			n = len(mounts)
			mounts = slices.DeleteFunc(mounts, func(pattern string) bool { return l.remount(r, pattern, l.patterns[pattern]) })
		}
		for pattern, e := range l.patterns {
			h := e.handlers[http.MethodOptions]
			if ours, ok := h.(*options); ok {
				h = ours.next
			}
			if h != nil && !isMount(h) {
				r.Method(http.MethodOptions, pattern, h)
			}
		}
		l.behind = newLevel(r)
	})
	return l.behind
}

// remount mounts in r what l has mounted at pattern, which ends in "*". It reports
// whether chi took it.
func (l *level) remount(r chi.Router, pattern string, e *entry) (ok bool) {
	defer func() { ok = recover() == nil }()
	at := strings.TrimSuffix(pattern, "*")
	if short := strings.TrimSuffix(at, "/"); short != "" && l.hasStub(short) {
		at = short
	}
	if e.sub != nil {
		if h, isHandler := e.sub.routes.(http.Handler); isHandler {
			r.Mount(at, h) // so that Find goes down
		}
	}
	// The very handlers, since the middlewares of the mount are made but once.
	r.Method(http.MethodOptions, pattern, e.all)
	if !strings.HasSuffix(at, "/") {
		r.Method(http.MethodOptions, at, e.all)
		r.Method(http.MethodOptions, at+"/", e.all)
	}
	return true
}

// hasStub reports whether a mount took pattern, too, for the path without more.
func (l *level) hasStub(pattern string) bool {
	path, ok := example(blank(pattern))
	if !ok {
		return true // as most mounts are
	}
	rctx := chi.NewRouteContext()
	for _, m := range []string{http.MethodTrace, http.MethodConnect, http.MethodOptions} {
		rctx.Reset()
		l.routes.Find(rctx, m, path)
		if len(rctx.RoutePatterns) > 0 && rctx.RoutePatterns[0] == pattern && l.own(pattern, m) == nil {
			return true
		}
	}
	return false
}

// serveBehind serves r, which a handler of ours on the base received, as if that
// were not there. It reports whether there is anything that does.
func (a *Adapter) serveBehind(w http.ResponseWriter, r *http.Request) bool {
	at := a.level().of(a.base)
	rctx := chi.RouteContext(r.Context())
	if at == nil || rctx == nil || len(rctx.RoutePatterns) == 0 {
		return false
	}
	behind := at.withoutOurs()
	if _, runs := behind.find(http.MethodOptions, cmp.Or(rctx.RoutePath, urlPath(r))); !runs {
		return false
	}
	// Routing goes on where the router of this tree began.
	last := len(rctx.RoutePatterns) - 1
	params := min(params(rctx.RoutePatterns[last]), len(rctx.URLParams.Keys), len(rctx.URLParams.Values))
	for _, key := range rctx.URLParams.Keys[len(rctx.URLParams.Keys)-params:] {
		r.SetPathValue(key, "")
	}
	rctx.URLParams.Keys = rctx.URLParams.Keys[:len(rctx.URLParams.Keys)-params]
	rctx.URLParams.Values = rctx.URLParams.Values[:len(rctx.URLParams.Values)-params]
	rctx.RoutePatterns = rctx.RoutePatterns[:last]
	behind.routes.(http.Handler).ServeHTTP(w, r)
	return true
}

// of returns the table of router, l itself or one below; nil if it is not there.
func (l *level) of(router chi.Routes) *level {
	if l.routes == router {
		return l
	}
	for _, sub := range l.mounts {
		if at := sub.of(router); at != nil {
			return at
		}
	}
	return nil
}
