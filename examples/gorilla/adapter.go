package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"

	"github.com/gorilla/mux"

	"github.com/routecors/routecors"
)

// An Adapter finds again the routes of a gorilla/mux router. The router takes the
// first route that matches, in the order of registration: a private /items/all stands
// before a public /items/{id}, or it is never reached, with CORS or without.
//
// What a route matches by must be the same for a preflight and for the request that
// it announces. Headers and most MatcherFuncs are not: a private route that has one
// must not stand before a public route for the same method and path.
//
// Where it cannot tell, preflights are refused: with UseEncodedPath, for a path that
// is not clean once it is decoded.
type Adapter struct {
	router     *mux.Router
	front      *mux.Route // answers preflights
	preflights atomic.Pointer[routecors.Preflights]
}

var (
	_ routecors.OPTIONSRegistrar = (*Adapter)(nil)
	_ routecors.Prober           = (*Adapter)(nil)
	_ routecors.RouteVerifier    = (*Adapter)(nil)
)

// NewAdapter returns the adapter of router, the one that sees requests first. It
// registers a route that answers preflights, and must be the first to register one.
// Middlewares of Use run before that; CorsConfig.Handler answers before them.
func NewAdapter(router *mux.Router) *Adapter {
	a := &Adapter{router: router}
	a.front = router.NewRoute().MatcherFunc(a.isPreflight).HandlerFunc(a.answer)
	return a
}

// Route returns the Route of route, whose methods and handler were set, and puts it
// there as the handler. Routes of subrouters are fine:
//
//	err = cors.Add(router.Route(sub.HandleFunc("/items/{id}", put).Methods("PUT")))
//
// To routecors, a route with several methods is one without: AllowMethods says which
// of them are allowed, and is GET, HEAD and POST by default.
func (a *Adapter) Route(route *mux.Route) *routecors.Route {
	method := ""
	if methods, err := route.GetMethods(); err == nil && len(methods) == 1 {
		method = methods[0]
	}
	pattern, _ := route.GetPathTemplate() // none if it matches by something else
	r := routecors.NewRoute(a, method, pattern, route.GetHandler())
	route.Handler(r)
	return r
}

// Resource returns the resource of a path template.
func (a *Adapter) Resource(template string) *routecors.Resource {
	return routecors.NewResource(a, template, func(method string, h http.Handler) *routecors.Route {
		route := a.router.Handle(template, h)
		if method != "" {
			route.Methods(method)
		}
		return a.Route(route)
	})
}

// resolving is the context key of requests that only ask what would run.
type resolving struct{}

// Resolve implements routecors.RouterAdapter.
func (a *Adapter) Resolve(r *http.Request, method string) *routecors.Route {
	route, _ := a.Probe(r, method)
	return route
}

// Probe implements routecors.Prober.
func (a *Adapter) Probe(r *http.Request, method string) (route *routecors.Route, runs bool) {
	r = r.WithContext(context.WithValue(r.Context(), resolving{}, true))
	r.Method = method
	var match mux.RouteMatch
	if !a.router.Match(r, &match) || match.MatchErr != nil || redirects(match.Route, r.URL) {
		return nil, false
	}
	// Not match.Handler, which has the middlewares round it.
	route, _ = match.Route.GetHandler().(*routecors.Route)
	return route, true
}

// redirects reports whether route, which matches, is not run for u, since the router
// redirects to a clean path, or by StrictSlash to one with or without a slash.
func redirects(route *mux.Route, u *url.URL) bool {
	if clean := path.Clean("/" + u.Path); !route.SkipClean() && u.Path != clean && (clean == "/" || u.Path != clean+"/") {
		return true
	}
	expr, _ := route.GetPathRegexp()
	template, _ := route.GetPathTemplate()
	strict := strings.HasSuffix(expr, "[/]?$") // which no template can be written as
	return strict && strings.HasSuffix(u.Path, "/") != strings.HasSuffix(template, "/")
}

// RegisterOPTIONS implements routecors.OPTIONSRegistrar. One route answers for all
// patterns: it is the first, and matches nothing but preflights of added routes.
func (a *Adapter) RegisterOPTIONS(_ string, preflights *routecors.Preflights) error {
	a.preflights.Store(preflights)
	return nil
}

// isPreflight is the matcher of the front.
func (a *Adapter) isPreflight(r *http.Request, _ *mux.RouteMatch) bool {
	preflights := a.preflights.Load()
	return preflights != nil && r.Context().Value(resolving{}) == nil && preflights.Answers(r)
}

func (a *Adapter) answer(w http.ResponseWriter, r *http.Request) {
	a.preflights.Load().Answer(w, r, true)
}

// Verifier implements routecors.RouteVerifier.
func (a *Adapter) Verifier() func(route *routecors.Route, preflights bool) error {
	registered := map[*routecors.Route]*mux.Route{}
	_ = a.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		if r, ok := route.GetHandler().(*routecors.Route); ok {
			registered[r] = route
		}
		return nil
	})
	return func(route *routecors.Route, preflights bool) error {
		in := registered[route]
		if in == nil {
			return errors.New("is not in the router, or in a wrapper; give the wrapped handler to the mux.Route, and that to Adapter.Route")
		}
		shadowed := false
		for _, r := range samples(in) {
			if a.Resolve(r, r.Method) != route {
				shadowed = true
				continue
			}
			r.Header = http.Header{"Origin": {"null"}, "Access-Control-Request-Method": {r.Method}}
			r.Method = http.MethodOptions
			if match := (mux.RouteMatch{}); preflights && (!a.router.Match(r, &match) || match.Route != a.front) {
				return errors.New("its preflights go to a route that was registered before NewAdapter; call that first, or serve through CorsConfig.Handler")
			}
			return nil
		}
		if shadowed {
			return errors.New("no request is known that runs this route; one that was registered before it matches the same, or it redirects")
		}
		return nil // no URL is known that matches
	}
}

// samples returns requests that route matches, if some common value matches the
// expressions of its variables.
func samples(route *mux.Route) (requests []*http.Request) {
	names, _ := route.GetVarNames()
	method := "ANY"
	if methods, err := route.GetMethods(); err == nil && len(methods) > 0 {
		method = methods[0]
	}
	for _, value := range []string{"~", "1", "a"} {
		var pairs []string
		for _, name := range names {
			pairs = append(pairs, name, value)
		}
		if u, err := route.URL(pairs...); err == nil {
			requests = append(requests, &http.Request{Method: method, URL: u, Host: u.Host})
		}
	}
	return requests
}
