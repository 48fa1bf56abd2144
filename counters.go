package routecors

import (
	"encoding/json"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"
)

// What is counted, and where.
//
// A refused preflight is counted by who answers it, which is one. Of an actual
// request both CorsConfig.Handler and the route that runs may decide that its
// response is not shared; it is counted once:
//
//  1. CorsConfig.Handler counts: the route may never run, where auth answers 401.
//  2. What is behind it, the route or a second CorsConfig.Handler, sees in the header
//     of the response that it was decided, and counts nothing. For this a constant
//     answer, which has no Vary, leaves the key "vary" without a value.
//  3. http.TimeoutHandler gives the route a header of its own. A route that sees
//     nothing in the header counts only while no CorsConfig.Handler is at work on a
//     response of this route that is not shared.
//
// So a route that is served both ways at the same time counts for both. Two handlers
// of CorsConfig.Handler with an http.TimeoutHandler between them would count twice.

// A Count says how often a request came to nothing for one reason.
type Count struct {
	Route     *Route // nil where no route that was added serves what the preflight asked for
	Reason    Reason
	Preflight bool // of refused preflights; else of actual requests whose response was not shared
	Count     uint64
}

// Counters counts, by route and reason, the preflights that were refused and the
// actual requests whose response was not shared with the page that sent them. It
// is live: Counters returns a view of the same numbers each time. All methods are
// safe for concurrent use, also with requests, which take no lock for it.
//
// What is answered as it was asked is not counted, nor is a request without Origin.
// An actual request whose Origin names the host of the request is left out, too:
// browsers send an Origin with every POST of a page to its own server. The scheme is
// not compared, since TLS may end at a proxy. A page that reads nothing of what it
// sends (a form, mode "no-cors") is counted as any other. To tell an ill-formed
// Origin from one that no policy lists costs more than the decision, and is done
// for preflights: of actual requests both are "origin-not-listed" where the answer
// depends on the origin.
//
// It is an expvar.Var: expvar.Publish("cors", cors.Counters()). The zero value counts
// nothing.
type Counters struct {
	reg *registry
}

// Counters returns what is counted of the routes of c, its groups and all others of
// the same Setup.
func (c *CorsConfig) Counters() *Counters { return &Counters{c.reg} }

// All yields the numbers that are not zero: in the order of Add, then the routes that
// resources cover, then those of no route; for a route by reason, in the order of the
// constants, actual requests before preflights.
func (c *Counters) All() iter.Seq[Count] {
	return func(yield func(Count) bool) {
		if c.reg == nil {
			return
		}
		for _, route := range append(c.reg.enabledRoutes(), nil) {
			t := c.reg.unrouted.Load()
			if route != nil {
				t = route.tally.Load()
			}
			if t != nil && !t.all(route, yield) {
				return
			}
		}
	}
}

// String returns the numbers of All as JSON, an array of objects such as
//
//	{"route":"PUT /articles/{id}","reason":"origin-not-listed","preflight":true,"count":3}
//
// The route is as its String has it, null where there is none. Members may be added
// in later versions.
func (c *Counters) String() string {
	type object struct {
		Route     *string `json:"route"`
		Reason    Reason  `json:"reason"`
		Preflight bool    `json:"preflight"`
		Count     uint64  `json:"count"`
	}
	objects := []object{}
	for n := range c.All() {
		o := object{nil, n.Reason, n.Preflight, n.Count}
		if n.Route != nil {
			o.Route = new(string)
			*o.Route = n.Route.String()
		}
		objects = append(objects, o)
	}
	text, _ := json.Marshal(objects) // of strings and numbers, it cannot fail
	return string(text)
}

// A tally is what is counted of one route. It is made at the first refusal.
type tally struct {
	fronts atomic.Int32 // CorsConfig.Handlers at work on a response that is not shared
	cells  [reasons][2]cell
}

// A cell is one number, with what the log knows of it.
type cell struct {
	count atomic.Uint64
	told  atomic.Uint64 // what count was when the log had its last line of it
	next  atomic.Int64  // when it may have the next, in nanoseconds since Setup
}

func (t *tally) cell(reason Reason, preflight bool) *cell {
	if preflight {
		return &t.cells[reason][1]
	}
	return &t.cells[reason][0]
}

func (t *tally) all(route *Route, yield func(Count) bool) bool {
	for reason := range reasons {
		for _, preflight := range [...]bool{false, true} {
			n := t.cell(reason, preflight).count.Load()
			if n > 0 && !yield(Count{route, reason, preflight, n}) {
				return false
			}
		}
	}
	return true
}

// tallyOf returns what is counted of route, which may be nil.
func (reg *registry) tallyOf(route *Route) *tally {
	at := &reg.unrouted
	if route != nil {
		at = &route.tally
	}
	if t := at.Load(); t != nil {
		return t
	}
	at.CompareAndSwap(nil, new(tally))
	return at.Load()
}

// unshared runs next, CorsConfig.Handler's if front is set and else the handler of
// route, for a CORS request whose response is not shared.
func (e *enabled) unshared(route *Route, why refusal, next http.Handler, w http.ResponseWriter, r *http.Request, origins []string, front bool) {
	if len(origins) == 0 || len(origins) == 1 && isOwn(origins[0], r.Host) {
		next.ServeHTTP(w, r)
		return
	}
	reg := e.preflights.reg
	t := reg.tallyOf(route)
	if front {
		t.fronts.Add(1)
		defer t.fronts.Add(-1)
		//lint:ignore SA1008 varyKey says why it is not canonical
		if h := w.Header(); e.constant && len(h[varyKey]) == 0 {
			h[varyKey] = nil
		}
	}
	if front || t.fronts.Load() == 0 {
		reg.observe(route, t, why, r, false)
	}
	next.ServeHTTP(w, r)
}

// isOwn reports whether origin names host, as the origin of a page does that is of
// the same server.
func isOwn(origin, host string) bool {
	scheme, ok := strings.CutSuffix(origin, host)
	return ok && strings.HasSuffix(scheme, "://")
}
