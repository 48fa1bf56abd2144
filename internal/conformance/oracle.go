package conformance

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/routecors/routecors"
)

// A Leaf is a user's handler with what the oracle must know of its route.
type Leaf struct {
	ID      string
	Method  string             // of the route; "" for every method
	Layers  []routecors.Policy // nearest first
	Added   bool
	Covered bool // by an added resource, or a tree

	pattern           string             // of a route of the adapter, where trees may be above it
	own, under, outer []routecors.Policy // of the route, its resource, the registry; Layers are of these and trees

	view map[string]routecors.Policy // by method, if the handler is a View; no layer of Layers
}

func (l *Leaf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Ran"] = []string{l.ID}
	if len(l.ID)%3 == 0 {
		w.Header().Set("Vary", "Accept")
	}
	if r.Method != http.MethodHead {
		io.WriteString(w, l.ID)
	}
}

// options returns what the first layer that knows origin says for method.
func (l *Leaf) options(origin, method string) (o routecors.ResourceOptions, key string, ok bool) {
	for _, p := range l.layers(method) {
		for _, key := range []string{origin, "https://*.w.example", "*"} {
			if strings.HasPrefix(key, "https://*") && (!strings.HasSuffix(origin, ".w.example") || !strings.HasPrefix(origin, "https://")) {
				continue
			}
			if o, ok := p[key]; ok {
				return o, key, true
			}
		}
	}
	return o, "", false
}

// allows is the oracle: may pages of origin use the route with method?
func (l *Leaf) allows(origin, method string) (routecors.ResourceOptions, bool) {
	none := routecors.ResourceOptions{}
	if l == nil || !l.Added && !l.coveredAtAll() {
		return none, false
	}
	o, _, ok := l.options(origin, method)
	if !ok || o.Deny || method == "CONNECT" || method == "TRACE" || method == "TRACK" {
		return none, false
	}
	names := func(m string) bool {
		return slices.Contains(o.AllowMethods, "*") || slices.Contains(o.AllowMethods, m) ||
			m == "HEAD" && slices.Contains(o.AllowMethods, "GET")
	}
	switch {
	case l.Added && l.Method != "":
		return o, true // the router ran it for this method
	case l.Added && len(o.AllowMethods) == 0:
		return o, method == "GET" || method == "HEAD" || method == "POST"
	case l.Added:
		return o, names(method)
	case l.Method != "":
		return o, names(l.Method)
	}
	return o, names(method)
}

// varies reports whether responses of the route to method must say Vary: Origin.
func (l *Leaf) varies(method string) bool {
	if !l.Added && !l.coveredAtAll() {
		return false
	}
	for _, p := range l.layers(method) {
		star, ok := p["*"]
		if ok && len(p) == 1 {
			return star.AllowCredentials
		}
		if len(p) > 0 {
			return true
		}
	}
	return false
}

// coveredAtAll reports whether the resource covers the route for some origin; if
// for none, the route is private.
func (l *Leaf) coveredAtAll() bool {
	if !l.Covered {
		return false
	}
	for _, p := range l.Layers {
		for _, o := range p {
			if !o.Deny && (slices.Contains(o.AllowMethods, "*") || slices.Contains(o.AllowMethods, l.Method) ||
				l.Method == "" && len(o.AllowMethods) > 0 || l.Method == "HEAD" && slices.Contains(o.AllowMethods, "GET")) {
				return true
			}
		}
		if _, ok := p["*"]; ok {
			break
		}
	}
	return false
}

// resourcePolicy is the oracle for Cross-Origin-Resource-Policy.
func (l *Leaf) resourcePolicy(method string) string {
	if l == nil || !l.Added && !l.coveredAtAll() {
		return ""
	}
	for _, p := range l.layers(method) {
		for _, o := range p {
			if !o.Deny {
				return o.CrossOriginResourcePolicy
			}
		}
		if _, ok := p["*"]; ok {
			break
		}
	}
	return ""
}

// headersAllowed is the oracle for request headers.
func headersAllowed(o routecors.ResourceOptions, names string) bool {
	if names == "" || slices.Contains(o.AllowHeaders, "*") {
		return true
	}
	for name := range strings.SplitSeq(names, ",") {
		if !slices.ContainsFunc(o.AllowHeaders, func(a string) bool { return strings.EqualFold(a, name) }) {
			return false
		}
	}
	return true
}

// isConstant reports whether the shared response is one of a constant "*", which
// does not depend on the origin's being well-formed.
func isConstant(l *Leaf, shared []string, method string) bool {
	return len(shared) == 1 && shared[0] == "*" && !l.varies(method)
}
