package main

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	chipeer "github.com/go-chi/cors"
	"github.com/rs/cors"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/stdmux"
)

// A policy is one that all contenders can have.
type policy struct {
	origins     []string
	headers     []string
	expose      []string
	credentials bool
}

func (p policy) ours() routecors.Policy {
	all := routecors.Policy{}
	for _, o := range p.origins {
		all[o] = routecors.ResourceOptions{AllowHeaders: p.headers, ExposeHeaders: p.expose, AllowCredentials: p.credentials, MaxAge: 600}
	}
	return all
}

// A peer is another library: a middleware of one policy.
type peer struct {
	name string
	wrap func(p policy, methods []string) func(http.Handler) http.Handler
}

var peers = []peer{
	{"rs/cors", func(p policy, methods []string) func(http.Handler) http.Handler {
		return cors.New(cors.Options{AllowedOrigins: p.origins, AllowedMethods: methods, AllowedHeaders: p.headers, ExposedHeaders: p.expose, AllowCredentials: p.credentials, MaxAge: 600}).Handler
	}},
	{"go-chi/cors", func(p policy, methods []string) func(http.Handler) http.Handler {
		// It appends to the list of headers that it is given.
		return chipeer.Handler(chipeer.Options{AllowedOrigins: p.origins, AllowedMethods: methods, AllowedHeaders: slices.Clone(p.headers), ExposedHeaders: p.expose, AllowCredentials: p.credentials, MaxAge: 600})
	}},
}

// A router is an empty one, with our adapter.
type router struct {
	http.Handler
	handle  func(method, pattern string, h http.Handler)                  // on the bare router
	route   func(method, pattern string, h http.Handler) *routecors.Route // by the adapter
	adapter routecors.RouterAdapter
}

// routers are what everything is measured on.
var routers = []struct {
	name string
	new  func() router
}{{"ServeMux", serveMux}, {"chi", chiRouter}}

func serveMux() router {
	mux := http.NewServeMux()
	a := stdmux.New(mux)
	return router{mux,
		func(method, pattern string, h http.Handler) { mux.Handle(method+" "+pattern, h) },
		func(method, pattern string, h http.Handler) *routecors.Route {
			return a.Handle(method+" "+pattern, h)
		}, a}
}

func chiRouter() router {
	r := chi.NewRouter()
	a := chicors.New(r)
	return router{r, r.Method, a.Method, a}
}

const (
	articles = "/articles/{id}" // PUT and others are public, DELETE is private
	tags     = "/tags/{id}"     // DELETE is public
	private  = "/account"
)

var empty = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// bare returns a router without CORS.
func (s scenario) bare(newRouter func() router) http.Handler {
	r := newRouter()
	for _, m := range s.served() {
		r.handle(m, articles, empty)
	}
	r.handle("OPTIONS", articles, empty)
	r.handle("DELETE", tags, empty)
	r.handle("OPTIONS", tags, empty)
	s.handlePrivate(r)
	return r
}

// handlePrivate registers what no contender touches.
func (s scenario) handlePrivate(r router) {
	r.handle("DELETE", articles, empty)
	r.handle("GET", private, empty)
}

// served are the public methods of articles.
func (s scenario) served() []string {
	if s.methods != nil {
		return s.methods
	}
	return []string{"GET", "POST", "PUT"}
}

// ours returns routecors served by the router and by CorsConfig.Handler, and a handler
// that does nothing but the look-up of a preflight.
func (s scenario) ours(newRouter func() router) (byRouter, byHandler, lookUp http.Handler) {
	r := newRouter()
	c, err := routecors.Setup(r.adapter, s.policy.ours())
	must(err)
	for _, m := range s.served() {
		must(c.Add(r.route(m, articles, empty)))
	}
	must(c.Add(r.route("DELETE", tags, empty)))
	s.handlePrivate(r)
	method := s.method
	for _, line := range s.lines {
		if asked, ok := strings.CutPrefix(line, acrm); ok {
			method = asked
		}
	}
	return r, c.Handler(r), http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { r.adapter.Resolve(req, method) })
}

// peer returns the other library round each route, and round the whole router.
func (s scenario) peer(newRouter func() router, p peer) (byRouter, byHandler http.Handler) {
	wrap := p.wrap(s.policy, s.served())
	r, wrapped := newRouter(), wrap(empty)
	for _, m := range s.served() {
		r.handle(m, articles, wrapped)
	}
	r.handle("OPTIONS", articles, wrapped)
	r.handle("DELETE", tags, wrapped)
	r.handle("OPTIONS", tags, wrapped)
	s.handlePrivate(r)
	return r, wrap(s.bare(newRouter))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// A writer allocates nothing, and hides no allocation.
type writer struct {
	header http.Header
	status int
}

func (w *writer) Header() http.Header         { return w.header }
func (w *writer) Write(b []byte) (int, error) { return len(b), nil }
func (w *writer) WriteHeader(status int)      { w.status = status }
