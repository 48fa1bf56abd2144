package corstest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
)

// An adapter of http.ServeMux with nothing but what it must have. It asks the mux,
// and knows a route by what sits in the mux.
type adapter struct{ mux *http.ServeMux }

var _ routecors.RouterAdapter = (*adapter)(nil)

func (a *adapter) Handle(method, pattern string, h http.Handler) *routecors.Route {
	route := routecors.NewRoute(a, method, pattern, h)
	a.mux.Handle(strings.TrimLeft(method+" "+pattern, " "), route)
	return route
}

func (a *adapter) Resource(pattern string) *routecors.Resource {
	return routecors.NewResource(a, pattern, func(method string, h http.Handler) *routecors.Route {
		return a.Handle(method, pattern, h)
	})
}

func (a *adapter) Resolve(r *http.Request, method string) *routecors.Route {
	h, _ := a.mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL})
	route, _ := h.(*routecors.Route) // else a handler that is none of ours, a redirect, or a 405
	return route
}

// A router is how TestAdapter drives it. ServeMux needs no translation of patterns.
type router struct {
	*http.ServeMux
	*adapter
}

func newRouter() corstest.Router {
	mux := http.NewServeMux()
	return router{mux, &adapter{mux}}
}

func (r router) Adapter() routecors.RouterAdapter { return r.adapter }

func (r router) Handle(method, pattern string, h http.Handler) *routecors.Route {
	return r.adapter.Handle(method, pattern, h)
}

func (r router) HandleBare(method, pattern string, h http.Handler) {
	r.ServeMux.Handle(strings.TrimLeft(method+" "+pattern, " "), h)
}

// In a test file of the adapter's package, this function is
//
//	func TestAdapter(t *testing.T) { corstest.TestAdapter(t, newRouter) }
func ExampleTestAdapter() {
	_ = func(t *testing.T) { corstest.TestAdapter(t, newRouter) }
}
