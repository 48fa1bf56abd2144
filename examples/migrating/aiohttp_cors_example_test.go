package migrating

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/stdmux"
)

// The examples of the README of aiohttp_cors, in its order. Its client is of plain
// http; here it is of https, since credentials for plain http are an error.

func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Custom-Server-Header", "Custom data")
	fmt.Fprint(w, "Hello!")
}

// ask prints what a page of origin gets of a preflight for a request and of the
// request itself.
func ask(h http.Handler, origin, method, path string) {
	r := httptest.NewRequest(http.MethodOptions, path, nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	preflight := httptest.NewRecorder()
	h.ServeHTTP(preflight, r)

	r = httptest.NewRequest(method, path, nil)
	r.Header.Set("Origin", origin)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	shared := "not shared"
	if w.Header().Get("Access-Control-Allow-Origin") != "" {
		shared = "shared"
	}
	if w.Header().Get("Access-Control-Allow-Credentials") != "" {
		shared += " with credentials"
	}
	if exposed := w.Header().Get("Access-Control-Expose-Headers"); exposed != "" {
		shared += ", exposes " + exposed
	}
	fmt.Printf("%s %s of %s: %d, %s\n", method, path, origin, preflight.Code, shared)
}

// check ends the program: a policy that is wrong is no policy to start with.
func check(errs ...error) {
	if err := errors.Join(errs...); err != nil {
		panic(err)
	}
}

// Its first program: a resource, a route, and the options of one origin.
func Example_usage() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	check(err)
	check(cors.Add(router.HandleFunc("GET /hello", hello), routecors.Policy{
		"https://client.example.org": {
			AllowCredentials: true,
			ExposeHeaders:    []string{"X-Custom-Server-Header"},
			AllowHeaders:     []string{"X-Requested-With", "Content-Type"},
			MaxAge:           3600,
		},
	}))
	h := cors.Handler(mux)
	ask(h, "https://client.example.org", "GET", "/hello")
	ask(h, "https://other.example", "GET", "/hello")
	// Output:
	// GET /hello of https://client.example.org: 204, shared with credentials, exposes X-Custom-Server-Header
	// GET /hello of https://other.example: 403, not shared
}

// "*" stands for all other origins.
func Example_allOtherOrigins() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	check(err)
	check(cors.Add(router.HandleFunc("GET /hello", hello), routecors.Policy{
		"*":                          {},
		"https://client.example.org": {AllowCredentials: true},
	}))
	h := cors.Handler(mux)
	ask(h, "https://client.example.org", "GET", "/hello")
	ask(h, "https://other.example", "GET", "/hello")
	// Output:
	// GET /hello of https://client.example.org: 204, shared with credentials
	// GET /hello of https://other.example: 204, shared
}

// {"*"} stands for all headers.
func Example_allHeaders() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	check(err)
	check(cors.Add(router.HandleFunc("GET /hello", hello), routecors.Policy{
		"https://client.example.org": {ExposeHeaders: []string{"*"}, AllowHeaders: []string{"*"}},
	}))
	ask(cors.Handler(mux), "https://client.example.org", "GET", "/hello")
	// Output:
	// GET /hello of https://client.example.org: 204, shared, exposes *
}

// Defaults hold for every route that is added. Other routes are private. The policy of
// a route adds an origin to those of the defaults.
func Example_defaults() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{"https://client.example.org": {}})
	check(err)
	check(
		cors.Add(router.HandleFunc("POST /hello", hello)),
		cors.Add(router.HandleFunc("PUT /hello", hello)),
		cors.Add(router.HandleFunc("GET /hello", hello), routecors.Policy{"https://other-client.example.org": {}}),
	)
	router.HandleFunc("GET /private", hello)

	h := cors.Handler(mux)
	ask(h, "https://client.example.org", "PUT", "/hello")
	ask(h, "https://other-client.example.org", "PUT", "/hello")
	ask(h, "https://client.example.org", "GET", "/hello")
	ask(h, "https://other-client.example.org", "GET", "/hello")
	ask(h, "https://client.example.org", "GET", "/private")
	// Output:
	// PUT /hello of https://client.example.org: 204, shared
	// PUT /hello of https://other-client.example.org: 403, not shared
	// GET /hello of https://client.example.org: 204, shared
	// GET /hello of https://other-client.example.org: 204, shared
	// GET /private of https://client.example.org: 405, not shared
}

// Defaults of a resource: they hold for those of its routes that are added.
func Example_resourceDefaults() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	check(err)
	resource := router.Resource("/hello")
	check(
		cors.Add(resource, routecors.Policy{"https://client.example.org": {}}),
		cors.Add(resource.Handle("POST", http.HandlerFunc(hello))),
		cors.Add(resource.Handle("PUT", http.HandlerFunc(hello))),
	)
	h := cors.Handler(mux)
	ask(h, "https://client.example.org", "POST", "/hello")
	ask(h, "https://client.example.org", "PUT", "/hello")
	// Output:
	// POST /hello of https://client.example.org: 204, shared
	// PUT /hello of https://client.example.org: 204, shared
}

// With AllowMethods a resource covers routes that are not added themselves.
func Example_allowMethods() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	check(err)
	resource := router.Resource("/hello")
	check(cors.Add(resource, routecors.Policy{
		"https://client.example.org": {AllowMethods: []string{"POST", "PUT"}},
	}))
	resource.Handle("POST", http.HandlerFunc(hello))
	resource.Handle("PUT", http.HandlerFunc(hello))
	// Still, a further method can be added for itself.
	check(cors.Add(resource.Handle("DELETE", http.HandlerFunc(hello))))

	h := cors.Handler(mux)
	ask(h, "https://client.example.org", "PUT", "/hello")
	ask(h, "https://client.example.org", "DELETE", "/hello")
	ask(h, "https://client.example.org", "PATCH", "/hello")
	// Output:
	// PUT /hello of https://client.example.org: 204, shared
	// DELETE /hello of https://client.example.org: 204, shared
	// PATCH /hello of https://client.example.org: 403, not shared
}

// All features for all origins. Any website could then act as the user, so that the
// option must name it.
func Example_allOrigins() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	everything := routecors.Policy{
		"*": {AllowCredentials: true, ExposeHeaders: []string{"*"}, AllowHeaders: []string{"*"}},
	}
	_, err := routecors.Setup(router, everything)
	fmt.Println(err)

	cors, err := routecors.Setup(router, everything, routecors.DangerouslyTrustEveryOrigin())
	check(err)
	for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
		check(cors.Add(router.HandleFunc(method+" /hello", hello)))
	}
	ask(cors.Handler(mux), "https://client.example.org", "DELETE", "/hello")
	// Output:
	// routecors: defaults: origin "*": AllowCredentials "true": any website could act as the user who visits it; list the origins, or set up with DangerouslyTrustEveryOrigin
	// DELETE /hello of https://client.example.org: 204, shared with credentials, exposes Date,Vary,X-Custom-Server-Header
}

// Its older way to register, of the router itself, is the only one of a chi router.
func Example_routesOfTheRouter() {
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, nil)
	check(err)
	r.Use(cors.Handler)
	check(cors.Add(router.Get("/hello", hello), routecors.Policy{
		"https://client.example.org": {
			AllowCredentials: true,
			ExposeHeaders:    []string{"X-Custom-Server-Header"},
			AllowHeaders:     []string{"X-Requested-With", "Content-Type"},
			MaxAge:           3600,
		},
	}))
	ask(r, "https://client.example.org", "GET", "/hello")
	// Output:
	// GET /hello of https://client.example.org: 204, shared with credentials, exposes X-Custom-Server-Header
}

// Every route that was registered before. The policy is a safe one of its own: the
// README has all features for all origins again.
func Example_everyRoute() {
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{"*": {ExposeHeaders: []string{"*"}, AllowHeaders: []string{"*"}}})
	check(err)
	r.Use(cors.Handler)
	r.Get("/hello", hello)
	r.Put("/hello", hello)
	r.Post("/hello", hello)
	r.Delete("/hello", hello)
	for _, route := range router.Routes() {
		check(cors.Add(route))
	}
	ask(r, "https://client.example.org", "DELETE", "/hello")
	// Output:
	// DELETE /hello of https://client.example.org: 204, shared, exposes *
}

// A view is a handler that carries its policies: cors_config is what it has for all
// other methods, custom_cors what it has for one.
type doneView struct{}

func (doneView) CORSPolicies() map[string]routecors.Policy {
	return map[string]routecors.Policy{
		"": {"https://client.example.org": {
			AllowMethods: []string{"GET"}, AllowCredentials: true, AllowHeaders: []string{"X-Request-ID"},
		}},
		"POST": {"https://client.example.org": {AllowCredentials: true, AllowHeaders: []string{"*"}}},
	}
}

func (doneView) ServeHTTP(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "Done") }

func Example_view() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{
		"https://client.example.org": {AllowCredentials: true, ExposeHeaders: []string{"*"}, AllowHeaders: []string{"*"}},
	})
	check(err)
	check(cors.Add(router.Handle("/resource", doneView{})))
	check(cors.Routes().WriteTable(os.Stdout))
	// Output:
	// ROUTE           ORIGIN                      METHODS   CREDENTIALS  ALLOW         EXPOSE  MAX-AGE  LAYER
	// /resource       https://client.example.org  GET,HEAD  yes          x-request-id  -       -        view
	// POST /resource  https://client.example.org  POST      yes          *             -       -        view
}
