package stdmux

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/routecors/routecors"
)

var _ routecors.TreeAdapter = (*Adapter)(nil)

// Tree returns the tree of a prefix, a host if any and a path: "/api/" and "/api" have
// below them what ServeMux serves by the pattern "/api/", so not "/api" itself. The
// prefix is below those of the mounts that lead here. Without a host it is a tree of every
// host.
func (a *Adapter) Tree(prefix string) *routecors.Tree {
	prefix = strings.TrimSuffix(prefix, "/") + "/"
	return routecors.NewTree(a, prefix, func(h http.Handler) *routecors.Route {
		return a.Handle(prefix, &notFound{a, h})
	})
}

// Trees implements routecors.TreeAdapter.
func (a *Adapter) Trees() *routecors.Trees { return &a.outermost().trees }

// Placed implements routecors.TreeAdapter. A mux is mounted before its adapter is made.
func (a *Adapter) Placed(*routecors.Route) bool { return true }

// CheckTree implements routecors.TreeAdapter.
func (a *Adapter) CheckTree(tree *routecors.Tree) error {
	prefix := tree.Pattern()
	switch _, path := cutHost(prefix); {
	case !strings.HasPrefix(path, "/"):
		return errors.New(`no path; write "/" for all of a host, "/api/" for all below /api`)
	case strings.HasSuffix(path, "{$}/"), strings.HasSuffix(path, "...}/"):
		return errors.New("a prefix has all below it; leave out the last segment")
	}
	return try(http.NewServeMux(), prefix, http.NotFoundHandler())
}

// Depths implements routecors.TreeAdapter.
func (a *Adapter) Depths(bool) func(tree *routecors.Tree, route *routecors.Route) int {
	return func(tree *routecors.Tree, route *routecors.Route) int {
		of, ok := tree.Adapter().(*Adapter)
		at, ok2 := route.Adapter().(*Adapter)
		if !ok || !ok2 || of.hidden(tree.Pattern()) {
			return 0
		}
		return depth(of.full(tree.Pattern()), at.full(route.Pattern()))
	}
}

// hidden reports whether pattern has another host than the mounts that lead to it, so that
// it matches no request.
func (a *Adapter) hidden(pattern string) bool {
	host, _ := cutHost(pattern)
	for m := a.mount; m != nil; m = m.outer.mount {
		if m.host != "" && host != "" && m.host != host {
			return true
		}
		host = cmp.Or(m.host, host)
	}
	return false
}

// depth returns 0 unless every request that pattern matches is one that prefix does,
// which ends in a slash. A host counts more than any number of segments, and a segment
// more than any number of literals.
func depth(prefix, pattern string) int {
	prefixHost, prefix := cutHost(prefix)
	host, pattern := cutHost(pattern)
	if prefixHost != "" && prefixHost != host {
		return 0
	}
	tree := strings.Split(key(strings.TrimSuffix(prefix, "/")), "/")
	segments := strings.Split(key(pattern), "/")
	if len(segments) <= len(tree) {
		return 0
	}
	n := 1
	for i, s := range tree {
		wild := s == "{}"
		if s != segments[i] && !wild {
			return 0
		}
		n += 1 << 10
		if !wild {
			n++
		}
	}
	if prefixHost != "" {
		n += 1 << 30
	}
	return n
}

// A notFound serves what is below a tree and has no other route.
type notFound struct {
	adapter *Adapter
	next    http.Handler
}

// ServeHTTP answers with 405 where the mux would have: it has a pattern for another
// method there, which this one hides.
func (n *notFound) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allow := n.adapter.methodsAt(r, n)
	if len(allow) == 0 {
		n.next.ServeHTTP(w, r)
		return
	}
	w.Header()["Allow"] = []string{strings.Join(allow, ", ")}
	if r.Method == http.MethodOptions && slices.Contains(allow, http.MethodOptions) {
		w.WriteHeader(http.StatusNoContent) // it came through the handler for preflights
		return
	}
	http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
}

// methodsAt returns the methods for which the mux runs another handler than n at the URL
// of r, sorted.
func (a *Adapter) methodsAt(r *http.Request, n *notFound) (methods []string) {
	a.mu.Lock()
	candidates := slices.Clone(a.methods)
	a.mu.Unlock()
	for _, m := range append(candidates, "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE") {
		h, pattern := a.handler(r, m)
		if route, ok := h.(*routecors.Route); ok && route.Unwrap() == http.Handler(n) {
			continue
		}
		if pattern != "" && !slices.Contains(methods, m) {
			methods = append(methods, m)
		}
	}
	slices.Sort(methods)
	return methods
}
