package routecors

import (
	"net/http"
	"slices"

	"github.com/routecors/routecors/internal/headers"
)

// What a browser keeps of an approved preflight, and when it must not.
//
// A browser keeps two things for the URL, the origin and whether credentials were
// on: the method, and each allowed header name, whatever the method was. What it has
// kept it does not ask for again, and it never asks for a CORS-safelisted method.
// The names that one route allows thus hold for every method of the URL that the
// browser may send already:
//
//  1. POST, which it may always send. With Content-Type kept from GET, a page can
//     send JSON to a POST route that is private, that does not allow the header, or
//     that allows it without credentials only. GET and HEAD are left aside: they
//     change nothing, and their responses are not shared.
//  2. A method that another preflight was approved for: PUT by a route that allows
//     no header, with the name kept from DELETE. A private route never has its
//     method kept.
//
// Where one of these would not be allowed by its own preflight, the answer says
// Access-Control-Max-Age: 0, and nothing of it is kept. The requests themselves
// cannot be told from allowed ones afterwards.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-cache.

// A Prober is a RouterAdapter that can tell a handler which is none of ours from
// no handler. Without it, answers that name headers are kept by no browser, unless
// the URL serves POST to the same page: see Vocabulary in the package documentation.
type Prober interface {
	RouterAdapter

	// Probe is Resolve, and reports whether the router would run any handler, ours
	// or not; true, too, if it cannot tell.
	Probe(r *http.Request, method string) (route *Route, runs bool)
}

// An unsafeMethod is a method, not CORS-safelisted, that some enabled route may be
// asked for.
type unsafeMethod struct {
	method string
	only   *enabled // what all of its routes share; nil if they differ
	fixed  bool     // it is the method of a route, whatever the policies name
}

// anyOther stands for methods that no route names, which a route without a method
// may allow by "*".
const anyOther = "ROUTECORS-ANY-OTHER-METHOD"

// noteMethods notes for which methods route may be asked. The caller holds reg.mu.
func (reg *registry) noteMethods(route *Route, e *enabled) {
	if route.method != "" {
		reg.noteMethod(route.method, e, true)
		return
	}
	if e.live != nil {
		reg.noteAnyMethod(e)
	}
	for _, l := range e.layers {
		for _, g := range append(slices.Clip(l.grants), l.star) {
			if g == nil {
				continue
			}
			for _, m := range g.methods {
				reg.noteMethod(m, e, false)
			}
			if g.anyMethod {
				reg.noteAnyMethod(e)
			}
		}
	}
}

// anyMethods are noted for routes that may be asked for any method.
var anyMethods = [...]string{"PUT", "DELETE", "PATCH", "OPTIONS", "QUERY", anyOther}

func (reg *registry) noteAnyMethod(e *enabled) {
	for _, m := range anyMethods {
		reg.noteMethod(m, e, false)
	}
}

func (reg *registry) noteMethod(method string, e *enabled, fixed bool) {
	if headers.IsSafelistedMethod(method) {
		return
	}
	methods := *reg.unsafe.Load()
	i := slices.IndexFunc(methods, func(u unsafeMethod) bool { return u.method == method })
	if i >= 0 && (methods[i].only == e || methods[i].only == nil) && (methods[i].fixed || !fixed) {
		return
	}
	methods = slices.Clone(methods) // requests read the old ones
	if i < 0 {
		methods, i = append(methods, unsafeMethod{method: method, only: e}), len(methods)
	}
	u := &methods[i]
	u.fixed = u.fixed || fixed
	if u.only != nil && u.only != e {
		if u.only.routes > 0 {
			e = nil
		} // else they had it before an Update
		u.only = e
	}
	reg.unsafe.Store(&methods)
}

// unsafeMethods returns what was noted by reg, and by every registry of the same adapter:
// a browser knows of no registries.
func (reg *registry) unsafeMethods() []unsafeMethod {
	if reg.shared == nil {
		return *reg.unsafe.Load()
	}
	setups := *reg.shared.setups.Load()
	if len(setups) == 1 {
		return *reg.unsafe.Load()
	}
	var all []unsafeMethod
	for _, reg := range setups {
		all = append(all, *reg.unsafe.Load()...)
	}
	return all
}

// mustNotKeep reports whether the answer to r, a preflight of origins for method that
// g, of route, approves with allowHeaders, must not be kept.
func (e *enabled) mustNotKeep(r *http.Request, route *Route, g *grant, asked *asking, origins []string, method, allowHeaders string) bool {
	reg := e.preflights.reg
	unsafe := reg.unsafeMethods()
	if route.method == "" && !headers.IsSafelistedMethod(method) &&
		!slices.ContainsFunc(unsafe, func(u unsafeMethod) bool { return u.method == method }) {
		// No later answer would know that this method was kept, unless the router
		// serves it as any other.
		if other, _ := reg.probe(r, anyOther); other != route || e.live != nil {
			return true
		}
	}
	if allowHeaders == "" {
		return false
	}
	if method != http.MethodPost {
		route, runs := reg.probe(r, http.MethodPost)
		if route == nil && runs {
			return true
		}
		if route != nil {
			asked = route.asking(asked)
			post, _ := route.granted(r, asked, origins, http.MethodPost)
			if post == nil || g.credentials && !post.credentials || !post.allowsNames(allowHeaders) {
				return true
			}
		}
	}
	for _, u := range unsafe {
		if u.method == method || u.only == e && !e.asks() {
			continue
		}
		if route, _ := reg.probe(r, u.method); route != nil {
			asked = route.asking(asked)
			other, known := route.granted(r, asked, origins, u.method)
			if !known || other != nil && !other.allowsNames(allowHeaders) {
				return true
			}
		}
	}
	return false
}

// probe returns the route that would serve r sent with method, and whether any
// handler would, as far as the adapter can tell.
func (reg *registry) probe(r *http.Request, method string) (route *Route, runs bool) {
	if reg.prober != nil {
		return reg.prober.Probe(r, method)
	}
	return reg.adapter.Resolve(r, method), true
}

// granted returns what a page of origins gets from route with method, where a preflight
// for another has asked; nil if nothing. It reports whether that is known.
func (route *Route) granted(r *http.Request, asked *asking, origins []string, method string) (g *grant, known bool) {
	e := route.policy().of(method)
	if e == nil {
		return nil, true
	}
	if route.method == "" && e.asks() {
		return nil, false // it cannot be asked for every method that it may allow
	}
	g, why := e.decide(route, r, asked, origins, method)
	return g, why.reason != OriginUndecided
}

// allowsNames reports whether g allows every name in list, a value of
// Access-Control-Allow-Headers.
func (g *grant) allowsNames(list string) bool {
	if g.anyHeader || g.allowHeaders == list {
		return true
	}
	_, ok := g.headers.Allows([]string{list})
	return ok
}
