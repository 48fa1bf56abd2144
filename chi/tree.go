package chicors

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

var _ routecors.TreeAdapter = (*Adapter)(nil)

// Tree returns the tree of a prefix: "/api", "/api/" and "/api/*" have below them what
// chi serves by the pattern "/api/*", so not "/api" itself, unless that is the root of a
// router mounted there. A tree of the outermost router reaches into those mounted in it; one
// of On(sub) has the prefixes of the mounts in front of its own, and no route of the outermost
// router below it. A route of a router that is mounted twice is below a tree if it is so in both
// places.
//
// Where chi's Route and Mount lead is known once they have returned. So the trees of a
// route in a sub-router are found out at the first request to it, or when CorsConfig lists
// routes; handlers for OPTIONS are registered at once, in case a tree covers it.
func (a *Adapter) Tree(prefix string) *routecors.Tree {
	pattern := strings.TrimSuffix(strings.TrimSuffix(prefix, "*"), "/") + "/*"
	return routecors.NewTree(a, pattern, func(h http.Handler) *routecors.Route {
		for _, r := range a.base.Routes() {
			if blank(r.Pattern) == blank(pattern) && isMount(r.Handlers["*"]) {
				panic("chicors: NotFound of the tree " + pattern + ": a router is mounted there, which it would overwrite; call it for the tree On(sub).Tree(\"/\") of that router")
			}
		}
		n := &notFoundHandler{adapter: a, next: h}
		n.route = a.Handle(pattern, n)
		return n.route
	})
}

// Trees implements routecors.TreeAdapter.
func (a *Adapter) Trees() *routecors.Trees { return &a.trees }

// Placed implements routecors.TreeAdapter.
func (a *Adapter) Placed(route *routecors.Route) bool {
	at, ok := route.Adapter().(*Adapter)
	return !ok || at.base == a.outermost.base
}

// CheckTree implements routecors.TreeAdapter.
func (a *Adapter) CheckTree(tree *routecors.Tree) error {
	prefix := strings.TrimSuffix(tree.Pattern(), "*")
	if !strings.HasPrefix(prefix, "/") || strings.Contains(prefix, "*") {
		return errors.New(`not a prefix of patterns; write "/api/" for all below /api`)
	}
	return try(tree.Pattern())
}

// try returns why chi refuses pattern.
func try(pattern string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errors.New(strings.TrimPrefix(v.(string), "chi: "))
		}
	}()
	chi.NewRouter().Handle(pattern, http.NotFoundHandler())
	return nil
}

// Depths implements routecors.TreeAdapter. A table that was read before the program has
// mounted all of its routers is not kept.
func (a *Adapter) Depths(serving bool) func(tree *routecors.Tree, route *routecors.Route) int {
	places := sync.OnceValue(func() map[chi.Routes]*mountPoint {
		if serving {
			return a.level().allPlaces()
		}
		return newLevel(a.outermost.base).allPlaces()
	})
	return func(tree *routecors.Tree, route *routecors.Route) int {
		of, ok := tree.Adapter().(*Adapter)
		at, ok2 := route.Adapter().(*Adapter)
		switch {
		case !ok, !ok2:
			return 0
		case at.base != a.outermost.base:
			return places()[of.base].above(places()[at.base], tree.Pattern(), route.Pattern())
		case of.base != at.base:
			return 0
		}
		return depth(tree.Pattern(), route.Pattern())
	}
}

// above returns how deep tree, of a router at p, is above a route of a router at other:
// the least of all places. It is 0 if one is not mounted, so that no request comes there.
func (p *mountPoint) above(other *mountPoint, tree, route string) int {
	if p == nil || other == nil {
		return 0
	}
	least := 0
	for i, prefix := range other.prefixes {
		most := 0
		for _, above := range p.prefixes {
			most = max(most, depth(join(above, tree), join(prefix, route)))
		}
		if i == 0 || most < least {
			least = most
		}
	}
	return least
}

func join(prefix, pattern string) string { return prefix + strings.TrimPrefix(pattern, "/") }

// allPlaces is places, read once. l is the outermost router's.
func (l *level) allPlaces() map[chi.Routes]*mountPoint {
	l.placesOnce.Do(func() {
		l.places = map[chi.Routes]*mountPoint{}
		l.collect("/", l.places)
	})
	return l.places
}

// depth returns 0 unless every request that pattern matches is one that tree does, which
// ends in "/*". A segment counts more than any number of literals.
func depth(tree, pattern string) int {
	prefix := segments(strings.TrimSuffix(tree, "/*"))
	below := segments(pattern)
	if len(below) <= len(prefix) {
		return 0
	}
	n := 1
	for i, s := range prefix {
		// An expression may match slashes: it holds nothing but itself, and stands in nothing else.
		wild := s == "{}"
		if s != below[i] && (!wild || strings.ContainsAny(below[i], ":*")) {
			return 0
		}
		n += 1 << 10
		if !wild {
			n++
		}
	}
	return n
}

// segments splits pattern, its parameters blanked.
func segments(pattern string) []string {
	pattern = blank(pattern)
	var list []string
	start := 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '{':
			i += closing(pattern[i:]) - 1
		case '/':
			list = append(list, pattern[start:i])
			start = i + 1
		}
	}
	return append(list, pattern[start:])
}

// A notFoundHandler serves what is below a tree and has no other route.
type notFoundHandler struct {
	adapter *Adapter
	route   *routecors.Route
	next    http.Handler
}

// ServeHTTP answers with 405 where chi would have: it has a handler for another method
// there, which this one hides.
func (n *notFoundHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allow := n.adapter.methodsAt(r, n.route)
	if len(allow) == 0 {
		n.next.ServeHTTP(w, r)
		return
	}
	w.Header()["Allow"] = []string{strings.Join(allow, ", ")}
	if r.Method == http.MethodOptions && slices.Contains(allow, http.MethodOptions) {
		w.WriteHeader(http.StatusNoContent) // it came through the handler for preflights
		return
	}
	if mux, ok := n.adapter.base.(*chi.Mux); ok {
		mux.MethodNotAllowedHandler()(w, r)
		return
	}
	http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
}

// methodsAt returns the methods for which the router runs another handler than that of
// route at the URL of r, sorted.
func (a *Adapter) methodsAt(r *http.Request, route *routecors.Route) (methods []string) {
	l, _, path, ok := a.locate(r, r.Method)
	if !ok {
		return nil
	}
	for _, m := range append(slices.Clip(l.methods()), http.MethodHead) {
		by := m
		if m == http.MethodHead && l.getHead {
			by = l.headBy(path)
		}
		if h, runs := l.find(by, path); runs && routeOf(h) != route && !slices.Contains(methods, m) {
			methods = append(methods, m)
		}
	}
	if ours, _ := l.trace(http.MethodOptions, path); ours && !slices.Contains(methods, http.MethodOptions) {
		methods = append(methods, http.MethodOptions) // find looks behind it
	}
	slices.Sort(methods)
	return methods
}
