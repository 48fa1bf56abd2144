package routecors

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/routecors/routecors/internal/origin"
)

// How a layer decides whose policy is not fixed: of a Dynamic, or of a Source.
//
// It stands among the layers of a route as any other does, and the rules of
// precedence are the same. What differs is that asked twice it may say two things.
// So what it says is kept for as long as one request needs it:
//
//  1. A preflight is answered in one place, which keeps what it has asked until the
//     answer is written.
//  2. Of an actual request CorsConfig.Handler keeps it in the context of the request,
//     where the route finds it. It is not changed any more then, so that no lock is
//     needed.
//  3. An answer holds for the question: the layer, the method, the URL, the host, the
//     origin, the declared headers. A handler may send other requests through the
//     router with the same context, and they ask anew.
//
// Routes without such a layer know nothing of all this.

// A RequestRestorer is a RouterAdapter of a router with mounts that change the URL of
// requests. A preflight is answered before the mount, and its request must not be
// decided by another URL behind it.
type RequestRestorer interface {
	RouterAdapter

	// Restore returns r, as route or what is outside of it got it, as the outermost
	// router did. It does not change r.
	Restore(route *Route, r *http.Request) *http.Request
}

// A live is such a layer.
type live struct {
	layer   *layer                // stands for it among those of a CorsConfig; it has no keys
	dynamic *dynamic              // nil if it is of a Source
	policy  atomic.Pointer[layer] // that a Source has loaded last
}

// withLive returns c with l as the nearest layer.
func (c *CorsConfig) withLive(l *live) *CorsConfig {
	reg := c.reg
	reg.mu.Lock()
	defer reg.mu.Unlock()
	l.layer = &layer{id: -1 - int32(len(reg.live))} // the others count from 0
	if reg.live == nil {
		reg.live = map[*layer]*live{}
	}
	reg.live[l.layer] = l
	return &CorsConfig{reg: reg, layers: slices.Concat([]*layer{l.layer}, c.layers)}
}

// liveLayers are those of a chain.
type liveLayers struct {
	of              []*live // as the layers of the chain; nil where one is fixed
	asks            bool    // one of them is of a Dynamic
	vary, preflight string  // what answers depend on: of actual requests, of preflights
}

// newLiveLayers returns those among layers; nil if all are fixed.
func newLiveLayers(all map[*layer]*live, layers []placed) *liveLayers {
	l := &liveLayers{of: make([]*live, len(layers))}
	var names []string
	found := false
	for i, placed := range layers {
		l.of[i] = all[placed.layer]
		if l.of[i] == nil {
			continue
		}
		found = true
		if d := l.of[i].dynamic; d != nil {
			l.asks = true
			names = append(names, d.Vary...)
		}
	}
	if !found {
		return nil
	}
	slices.Sort(names)
	declared := strings.Join(append([]string{""}, slices.Compact(names)...), ", ")
	l.vary, l.preflight = "Origin"+declared, varyPreflight+declared
	return l
}

// asks reports whether a function decides for e, which may say another thing for each method.
func (e *enabled) asks() bool { return e.live != nil && e.live.asks }

// declared returns what functions that decide for e read beside the origin.
func (e *enabled) declared() (names []string) {
	if e == nil || e.live == nil {
		return nil
	}
	for _, l := range e.live.of {
		if l != nil && l.dynamic != nil {
			names = append(names, l.dynamic.Vary...)
		}
	}
	return names
}

// vary returns what the response to an actual request depends on.
func (e *enabled) vary() string {
	if e.live == nil {
		return "Origin"
	}
	return e.live.vary
}

// varyPreflight returns what the answer to a preflight depends on. e is nil where no
// route was added.
func (e *enabled) varyPreflight() string {
	if e == nil || e.live == nil {
		return varyPreflight
	}
	return e.live.preflight
}

// now returns the layers with what is loaded now.
func (e *enabled) now() []placed {
	if e.live == nil {
		return e.layers
	}
	layers := slices.Clone(e.layers)
	for i, l := range e.live.of {
		if l != nil && l.dynamic == nil {
			layers[i].layer = l.policy.Load()
		}
	}
	return layers
}

// isDynamic reports whether a function decides layer i.
func (e *enabled) isDynamic(i int) bool {
	return e.live != nil && e.live.of[i] != nil && e.live.of[i].dynamic != nil
}

// find is lookup for layers that are not all fixed. It reports whether it could be decided.
func (e *enabled) find(route *Route, r *http.Request, a *asking, o, method string) (g *grant, ok bool) {
	for i, l := range e.layers {
		live := e.live.of[i]
		switch {
		case live == nil:
			g = l.lookup(o)
		case live.dynamic == nil:
			g = a.policy(live).lookup(o)
		case origin.Valid(o):
			if g, ok = a.grant(live, route, r, o, method); !ok {
				return nil, false
			}
		}
		if g != nil {
			return g, true
		}
	}
	return nil, true
}

// An asking is what one request has asked of live layers. nil keeps nothing. In the
// context of a request it is kept, and does not change any more.
type asking struct {
	context.Context         // of the request; nil of a preflight
	outer           *asking // found in that context
	kept            bool

	policy1  loaded // as a rule the only one, and no allocation
	policies []loaded
	answers  []answer
}

type loaded struct {
	live   *live
	policy *layer
}

// A question is what the answer of a function depends on.
type question struct {
	live                 *live
	method, host, origin string
	url                  url.URL
}

type answer struct {
	question
	declared http.Header // of the request, what Vary names
	deadline time.Time
	grant    *grant
	ok       bool
}

type askingKey struct{}

// Value makes an asking a context that is found under askingKey.
func (a *asking) Value(key any) any {
	if key == (askingKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// askedBefore returns what CorsConfig.Handler has asked for r; nil if nothing.
func askedBefore(r *http.Request) *asking {
	a, _ := r.Context().Value(askingKey{}).(*asking)
	return a
}

// askingOf returns r and what was asked for it. CorsConfig.Handler, front, gets an r
// that keeps more.
func (e *enabled) askingOf(r *http.Request, front bool) (*http.Request, *asking) {
	a := askedBefore(r)
	if front {
		a = &asking{Context: r.Context(), outer: a}
		return r.WithContext(a), a
	}
	if a != nil && e.asks() {
		a = &asking{outer: a} // to tell what is asked anew
	}
	return r, a
}

// anew reports whether a route was answered otherwise than from what CorsConfig.Handler
// has asked for the same request, as far as it was asked at all.
func (a *asking) anew() bool { return a == nil || !a.kept && len(a.answers) > 0 }

// keep ends what askingOf began.
func (a *asking) keep(front bool) {
	if front {
		a.kept = true
	}
}

// asking returns asked, or a new one if route needs it.
func (route *Route) asking(asked *asking) *asking {
	if e := route.policy(); asked == nil && e != nil && (e.live != nil || e.views != nil) {
		return new(asking)
	}
	return asked
}

// policy returns what l, of a Source, had loaded when the request first needed it.
func (a *asking) policy(l *live) *layer {
	for in := a; in != nil; in = in.outer {
		if in.policy1.live == l {
			return in.policy1.policy
		}
		for _, p := range in.policies {
			if p.live == l {
				return p.policy
			}
		}
	}
	policy := l.policy.Load()
	switch {
	case a == nil || a.kept:
	case a.policy1.live == nil:
		a.policy1 = loaded{l, policy}
	default:
		a.policies = append(a.policies, loaded{l, policy})
	}
	return policy
}

// grant returns what l, of a Dynamic, says of a page of o, and reports whether it could.
func (a *asking) grant(l *live, route *Route, r *http.Request, o, method string) (*grant, bool) {
	q := question{l, method, r.Host, o, *r.URL}
	if restorer, ok := l.dynamic.reg.adapter.(RequestRestorer); ok {
		outer := restorer.Restore(route, r)
		q.host, q.url = outer.Host, *outer.URL
	}
	for in := a; in != nil; in = in.outer {
		for _, had := range in.answers {
			if had.question == q && l.dynamic.declares(had.declared, r.Header) {
				return had.grant, had.ok
			}
		}
	}
	d := l.dynamic
	deadline := time.Now().Add(d.Timeout)
	if a != nil {
		for _, had := range a.answers {
			if had.live == l {
				deadline = had.deadline // however many questions one request asks
				break
			}
		}
	}
	declared := d.declared(r.Header)
	g, err := d.ask(r, q, declared.Clone(), deadline)
	if err != nil {
		d.logFailure(route, r, q, err)
	}
	if a != nil && !a.kept {
		a.answers = append(a.answers, answer{q, declared, deadline, g, err == nil})
	}
	return g, err == nil
}
