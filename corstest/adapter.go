package corstest

import (
	"net/http"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
)

// A Router is a router of the kind under test, with its adapter, as TestAdapter
// drives it. It serves requests as the router does.
//
// Patterns are those of http.ServeMux without the method, and mean the same. Another
// router spells them in its own way:
//
//	/items/{id}        one segment:               :id, <id>, {id:[^/]+}
//	/tree/             all paths that start so:   /tree/*, a prefix, {rest:.*}
//	/files/{rest...}   the same, with a name:     /files/*rest, {rest:.*}
//	/exact/{$}         this path alone:           /exact/
//	h.example/items    on that host:              a matcher for the host
//
// The method "" stands for every method. Methods may be any, such as QUERY or FROB.
type Router interface {
	http.Handler

	// Adapter returns the adapter of this router, the same one each time.
	Adapter() routecors.RouterAdapter

	// Handle registers h with the adapter. It returns nil, and registers nothing, if
	// the router has no such pattern, or no such method: what needs it is skipped.
	Handle(method, pattern string, h http.Handler) *routecors.Route

	// HandleBare registers h with the router itself, as a program does that does not
	// know of the adapter. It gets no pattern or method that Handle refuses.
	HandleBare(method, pattern string, h http.Handler)

	// Resource returns the resource of pattern.
	Resource(pattern string) *routecors.Resource
}

// TestAdapter tests an adapter, by routers that newRouter makes. It is the suite that
// stdmux and chi pass. newRouter returns a new Router each time, without routes. It
// may have one more method, Use(func(http.Handler) http.Handler), that puts a
// middleware into the router before anything is registered: TestAdapter then also
// looks for routes behind one.
//
// # What an adapter is
//
// It makes the routes, and it has one method, Resolve:
//
//   - To register a handler it makes a Route with routecors.NewRoute, for its method
//     or "" for every method, and puts that into the router as the handler. Where
//     handlers are of another type, as in echo and gin, it puts something there by
//     which it knows the Route again. A Resource comes from routecors.NewResource.
//   - Resolve asks the router which handler it would run for the request, sent with
//     the method that is given, and returns it if it is one of its Routes. HEAD is
//     served by GET only where the router does that. It does not match paths by
//     itself: the two would differ in some path, and a private route would be open.
//   - What the router finds for a redirect, a 404 or a 405 must not be taken for the
//     route, and the middlewares that it wraps round a route must not hide it.
//   - Where it cannot tell, it returns nil. Nothing is opened by that. A preflight
//     lacks the headers of the request that it announces: a router that matches by
//     those cannot tell. It must be able to for all that the suite asks.
//
// Most routers have something to ask: Handler of http.ServeMux, Find of chi, Match of
// gorilla/mux. The package examples/gorilla of this module is an adapter in full.
//
// # What is tested
//
// The sub-tests, and what it means when one fails:
//
// golden/NAME/SERVING sends the requests of a file in testdata/golden of this module,
// which says why its responses are right. SERVING is "handler", behind
// CorsConfig.Handler, or "bare". Responses are compared whole. What depends on the
// router (what HEAD runs, a 404, a redirect) is asked of the router, with the same
// routes and without the library: "the router's own", in a failure. Where the router
// takes the first route that was registered, they are registered in another order,
// the most specific first. If resolve fails, too, mend that first. If only "bare"
// fails, the handler for OPTIONS is not reached, or does not hand on what is none of
// its own.
//
// resolve/table, /reversed and /random compare Resolve with the handler that runs when
// the request is sent, for odd paths and methods. A failure names the request, both
// handlers, and all that was registered. The request must stay as it is, and no
// handler may run. resolve/concurrent does it in many goroutines, and while Add is
// called: use the race detector. resolve/middleware looks behind a middleware.
//
// property/SERVING has random routes with random policies, preflights and requests. A
// false approval opens a route that is private, or not for this page; "shared wrongly"
// is the same of a response. A false refusal is a failure behind CorsConfig.Handler
// alone. "Another handler runs than without the library" says that a handler of the
// adapter's stands in the way of a user's.
//
// verify is about RouteVerifier.
//
// # Optional interfaces
//
// An adapter without routecors.OPTIONSRegistrar is tested behind CorsConfig.Handler
// alone, which then must serve it. With it, everything runs once more with the router
// served bare. One handler ahead of all routes will do, if the router can have it: it
// calls Preflights.Answer with refuse false, and where that does not answer, the router
// goes on as if nothing had been there. Two things are left free: a handler for OPTIONS that is not
// the adapter's may make Add fail, and a preflight may not arrive where Verify says so.
// An OPTIONS request that is no preflight must reach the user's handler, if there is
// one. If not, the router's own answer is right, and so is 204 with an Allow that
// names each method which runs at that URL.
//
// An adapter without routecors.Prober may answer Access-Control-Max-Age: 0 where
// header names are allowed. With it, what could be kept must be.
//
// With routecors.TreeAdapter, and a method Tree(prefix string) *routecors.Tree, the random
// tables have trees, whose prefixes are patterns that end in a slash.
//
// With routecors.Describer, what it says must agree with Resolve and with what the
// router runs.
//
// With routecors.RouteVerifier, CorsConfig.Verify must find no fault in a good table,
// and must report a route whose pattern another handler has taken, if the router lets
// it.
//
// Golden cases with a pattern that the router lacks are skipped and counted. If they
// are more than a third, TestAdapter fails. It takes some seconds; with -short, random
// tables are fewer.
func TestAdapter(t *testing.T, newRouter func() Router) {
	t.Helper()
	suite := conformance.NewSuite(func() conformance.Site { return newRouter() })
	t.Cleanup(func() { suite.Report(t) })
	for _, check := range suite.Checks() {
		t.Run(check.Name, func(t *testing.T) {
			t.Parallel()
			check.Run(t)
		})
	}
}
