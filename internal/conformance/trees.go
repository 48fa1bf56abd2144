package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/routecors/routecors"
)

// A tree is what the oracle knows of one that was added.
type tree struct {
	prefix string // "/a/{x}/"
	policy routecors.Policy
}

// randomTree adds the tree of pattern, if the adapter has trees. NotFound registers what a
// leaf is for the oracle.
func (w *World) randomTree(site Site, pattern string) {
	a, ok := site.Adapter().(interface {
		Tree(prefix string) *routecors.Tree
	})
	if !ok {
		return
	}
	prefix := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(pattern, "{$}"), "{rest...}"), "/") + "/"
	if slices.ContainsFunc(w.trees, func(t tree) bool { return t.prefix == prefix }) {
		return
	}
	p := w.Policy()
	at := a.Tree(prefix)
	if err := w.Cors.Add(at, p); err != nil {
		w.Logf("tree %s not added: %v", prefix, err)
		return
	}
	if w.One(2) { // and again, with a policy that was not there before
		p = w.Policy()
		if err := w.Cors.Update(at, p); err != nil {
			w.Logf("tree %s not updated: %v", prefix, err)
			return
		}
	}
	w.trees = append(w.trees, tree{prefix, p})
	w.Logf("tree %s added with %v", prefix, p)
}

// arrange gives leaves the layers of the trees above them.
func (w *World) arrange() {
	for _, l := range w.leaves {
		var above []tree
		for _, t := range w.trees {
			if l.pattern != "" && t.holds(l.pattern) {
				above = append(above, t)
			}
		}
		if above == nil {
			l.Layers = slices.Concat(l.own, l.under, l.outer)
			continue
		}
		slices.SortStableFunc(above, func(a, b tree) int {
			if d := strings.Count(b.prefix, "/") - strings.Count(a.prefix, "/"); d != 0 {
				return d
			}
			return strings.Count(a.prefix, "{") - strings.Count(b.prefix, "{")
		})
		l.Layers = slices.Concat(l.own, l.under)
		for _, t := range above {
			l.Layers = append(l.Layers, t.policy)
		}
		if !l.Added && !l.Covered {
			l.Covered, l.outer = true, w.layers
		}
		l.Layers = append(l.Layers, l.outer...)
	}
}

// holds reports whether a ServeMux with the prefix alone serves whatever is served by
// pattern, of which a few paths tell.
func (t tree) holds(pattern string) bool {
	mux := http.NewServeMux()
	mux.HandleFunc(t.prefix, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, path := range paths("", strings.Split(pattern, "/")[1:]) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}}
		if ask(mux, r).status != http.StatusNoContent { // also where it redirects
			return false
		}
	}
	return true
}

// paths returns some that begin with prefix and go on by segments of a pattern.
func paths(prefix string, segments []string) (list []string) {
	if len(segments) == 0 {
		return []string{prefix}
	}
	values := []string{segments[0]}
	switch s := segments[0]; {
	case s == "" && len(segments) == 1, strings.HasSuffix(s, "...}"):
		values = []string{"", "a", "b", "z"}
	case s == "{$}":
		values = []string{""}
	case strings.HasPrefix(s, "{"):
		values = []string{"a", "b", "z"}
	}
	for _, v := range values {
		list = append(list, paths(prefix+"/"+v, segments[1:])...)
	}
	return list
}
