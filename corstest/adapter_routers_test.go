package corstest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
)

// unnamed is a router without the name that golden cases have words for.
type unnamed struct {
	conformance.Router
	site conformance.Site
}

func (u unnamed) ServeHTTP(w http.ResponseWriter, r *http.Request) { u.site.ServeHTTP(w, r) }

func (u unnamed) Adapter() routecors.RouterAdapter { return u.site.Adapter() }

func (u unnamed) Handle(method, pattern string, h http.Handler) *routecors.Route {
	if u.refuses(method, pattern) {
		return nil
	}
	return u.site.Handle(method, pattern, h)
}

func (u unnamed) HandleBare(method, pattern string, h http.Handler) {
	u.site.HandleBare(method, pattern, h)
}

func (u unnamed) Resource(pattern string) *routecors.Resource { return u.site.Resource(pattern) }

// refuses reports whether an empty router has no such pattern: chi has no hosts.
func (u unnamed) refuses(method, pattern string) (refuses bool) {
	defer func() { refuses = recover() != nil }()
	u.New().HandleBare(method, pattern, http.NotFoundHandler())
	return false
}

// A list is a router that takes the first of its routes that matches, with an
// adapter that has all optional interfaces. Its functions are right where they are nil.
type list struct {
	entries    []*entry
	middleware func(http.Handler) http.Handler
	preflights atomic.Pointer[routecors.Preflights]

	resolve func(l *list, r *http.Request, method string) *routecors.Route
	runs    func(e *entry) bool // for Probe
	answer  func(p *routecors.Preflights, w http.ResponseWriter, r *http.Request) bool
	verify  func(route *routecors.Route) error
	handle  func(l *list, method, pattern string, h http.Handler) *routecors.Route
}

// An entry is a handler of the list, whose pattern a mux of its own matches.
type entry struct {
	mux             *http.ServeMux
	method, pattern string
	handler         http.Handler
}

func (e *entry) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

func (e *entry) matches(method, host string, u *url.URL) bool {
	h, _ := e.mux.Handler(&http.Request{Method: method, Host: host, URL: u})
	return h == http.Handler(e) // else a redirect, a 404 or a 405
}

var (
	_ routecors.OPTIONSRegistrar = (*list)(nil)
	_ routecors.Prober           = (*list)(nil)
	_ routecors.RouteVerifier    = (*list)(nil)
)

func (l *list) find(r *http.Request, method string) *entry { return l.findAt(method, r.Host, r.URL) }

func (l *list) findAt(method, host string, u *url.URL) *entry {
	for _, e := range l.entries {
		if e.matches(method, host, u) {
			return e
		}
	}
	return nil
}

func (l *list) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p := l.preflights.Load(); p != nil && l.answers(p, w, r) {
		return
	}
	e := l.find(r, r.Method)
	if e == nil && slices.ContainsFunc(l.entries, func(e *entry) bool { return e.matches(e.method, r.Host, r.URL) }) {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if e == nil {
		http.NotFound(w, r)
		return
	}
	if l.middleware != nil {
		l.middleware(e.mux).ServeHTTP(w, r)
		return
	}
	e.mux.ServeHTTP(w, r)
}

func (l *list) answers(p *routecors.Preflights, w http.ResponseWriter, r *http.Request) bool {
	if l.answer != nil {
		return l.answer(p, w, r)
	}
	return p.Answer(w, r, false)
}

func (l *list) Use(middleware func(http.Handler) http.Handler) { l.middleware = middleware }

func (l *list) Adapter() routecors.RouterAdapter { return l }

func (l *list) Handle(method, pattern string, h http.Handler) *routecors.Route {
	if l.handle != nil {
		return l.handle(l, method, pattern, h)
	}
	route := routecors.NewRoute(l, method, pattern, h)
	l.HandleBare(method, pattern, route)
	return route
}

func (l *list) HandleBare(method, pattern string, h http.Handler) {
	e := &entry{http.NewServeMux(), method, pattern, h}
	e.mux.Handle(strings.TrimLeft(method+" "+pattern, " "), e)
	l.entries = append(l.entries, e)
}

func (l *list) Resource(pattern string) *routecors.Resource {
	return routecors.NewResource(l, pattern, func(method string, h http.Handler) *routecors.Route {
		return l.Handle(method, pattern, h)
	})
}

func (l *list) Resolve(r *http.Request, method string) *routecors.Route {
	if l.resolve != nil {
		return l.resolve(l, r, method)
	}
	return l.find(r, method).route()
}

func (l *list) Probe(r *http.Request, method string) (*routecors.Route, bool) {
	e := l.find(r, method)
	if l.runs != nil {
		return l.Resolve(r, method), l.runs(e)
	}
	return l.Resolve(r, method), e != nil
}

func (e *entry) route() *routecors.Route {
	if e == nil {
		return nil
	}
	route, _ := e.handler.(*routecors.Route)
	return route
}

func (l *list) RegisterOPTIONS(_ string, p *routecors.Preflights) error {
	l.preflights.Store(p)
	return nil
}

func (l *list) Verifier() func(*routecors.Route, bool) error {
	return func(route *routecors.Route, _ bool) error {
		if l.verify != nil {
			return l.verify(route)
		}
		sample := strings.NewReplacer("{id}", "~", "{rest...}", "~", "{$}", "").Replace(route.Pattern())
		if !strings.HasPrefix(sample, "/") {
			sample = "http://" + sample
		}
		method := route.Method()
		if method == "" {
			method = "~"
		}
		if l.Resolve(httptest.NewRequest("GET", sample, nil), method) != route {
			return errors.New("another route stands before it")
		}
		return nil
	}
}
