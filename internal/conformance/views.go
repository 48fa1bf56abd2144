package conformance

import (
	"net/http"
	"slices"

	"github.com/routecors/routecors"
)

// A viewLeaf is a Leaf that is a routecors.View.
type viewLeaf struct{ *Leaf }

// LeafOf returns the leaf.
func (v viewLeaf) LeafOf() *Leaf { return v.Leaf }

func (v viewLeaf) CORSPolicies() map[string]routecors.Policy { return v.view }

// MayView returns l as the handler to register, half of the time as a View with random
// policies: of the method of the route, of others, of no method.
func (w *World) MayView(l *Leaf) http.Handler {
	if w.One(2) {
		return l
	}
	l.view = map[string]routecors.Policy{}
	for _, m := range []string{"", "GET", "HEAD", "POST", "PUT", "DELETE", "FROB", "OPTIONS"} {
		if !w.One(3) && (m != l.Method || w.One(3)) {
			continue
		}
		p := w.Policy()
		for key, o := range p {
			if m != "" && !slices.Contains(o.AllowMethods, m) && !slices.Contains(o.AllowMethods, "*") {
				o.AllowMethods = nil // that leaves out the method would be an error
			}
			p[key] = o
		}
		l.view[m] = p
	}
	w.Logf("%s: a View with %v", l.ID, l.view)
	return viewLeaf{l}
}

// layers returns Layers, with what the View says of method between those of the route
// itself and the others.
func (l *Leaf) layers(method string) []routecors.Policy {
	p := l.viewPolicy(method)
	if p == nil {
		return l.Layers
	}
	own := len(l.own)
	return slices.Concat(l.Layers[:own], []routecors.Policy{p}, l.Layers[own:])
}

// viewPolicy returns the policy that the View has for method on this route, where
// AllowMethods says what goes without saying; nil if it has none.
func (l *Leaf) viewPolicy(method string) routecors.Policy {
	if l.Method == http.MethodGet {
		method = http.MethodGet // it may be HEAD
	}
	entry, ok := l.view[method]
	if !ok && method == http.MethodHead {
		method = http.MethodGet
		entry, ok = l.view[method]
	}
	if !ok {
		return l.view[""]
	}
	named := routecors.Policy{}
	for key, o := range entry {
		if !o.Deny {
			o.AllowMethods = append(slices.Clip(o.AllowMethods), method)
		}
		named[key] = o
	}
	return named
}
