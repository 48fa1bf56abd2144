package routecors_test

import (
	"encoding/json"
	"errors"
	"expvar"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

func sayOK(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") }

// askFor prints what a preflight of a page is answered.
func askFor(h http.Handler, origin, method, path string) {
	r := httptest.NewRequest(http.MethodOptions, path, nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Printf("%s %s of %s: %d\n", method, path, origin, w.Code)
}

func Example() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{
		"https://app.example.com": {AllowHeaders: []string{"Content-Type"}},
	})
	if err != nil {
		panic(err)
	}
	err = errors.Join(
		cors.Add(router.HandleFunc("GET /articles/{id}", sayOK)),
		cors.Add(router.HandleFunc("DELETE /articles/{id}", sayOK), routecors.Policy{
			"https://admin.example.com": {AllowCredentials: true},
			"*":                         {Deny: true},
		}),
	)
	if err != nil {
		panic(err)
	}
	mux.HandleFunc("DELETE /articles/all", sayOK) // private

	h := cors.Handler(mux)
	askFor(h, "https://app.example.com", "GET", "/articles/7")
	askFor(h, "https://app.example.com", "DELETE", "/articles/7")
	askFor(h, "https://admin.example.com", "DELETE", "/articles/7")
	askFor(h, "https://admin.example.com", "DELETE", "/articles/all")
	// Output:
	// GET /articles/7 of https://app.example.com: 204
	// DELETE /articles/7 of https://app.example.com: 403
	// DELETE /articles/7 of https://admin.example.com: 204
	// DELETE /articles/all of https://admin.example.com: 403
}

func ExampleCorsConfig_Group() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example.com": {}})
	if err != nil {
		panic(err)
	}
	partners, err := cors.Group(routecors.Policy{"https://partner.example": {AllowCredentials: true}})
	if err != nil {
		panic(err)
	}
	err = errors.Join(
		cors.Add(router.HandleFunc("PUT /profile", sayOK)),
		partners.Add(router.HandleFunc("PUT /orders", sayOK)),
	)
	if err != nil {
		panic(err)
	}
	askFor(mux, "https://partner.example", "PUT", "/profile")
	askFor(mux, "https://partner.example", "PUT", "/orders")
	askFor(mux, "https://app.example.com", "PUT", "/orders") // by the defaults
	// Output:
	// PUT /profile of https://partner.example: 403
	// PUT /orders of https://partner.example: 204
	// PUT /orders of https://app.example.com: 204
}

// A resource covers those of its routes that its policy names.
func ExampleResource() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	if err != nil {
		panic(err)
	}
	article := router.Resource("/articles/{id}")
	err = cors.Add(article, routecors.Policy{"https://app.example.com": {AllowMethods: []string{"GET", "PUT"}}})
	if err != nil {
		panic(err)
	}
	article.Handle("GET", http.HandlerFunc(sayOK))
	article.Handle("PUT", http.HandlerFunc(sayOK))
	article.Handle("DELETE", http.HandlerFunc(sayOK)) // not named: private

	askFor(mux, "https://app.example.com", "PUT", "/articles/7")
	askFor(mux, "https://app.example.com", "DELETE", "/articles/7")
	// Output:
	// PUT /articles/7 of https://app.example.com: 204
	// DELETE /articles/7 of https://app.example.com: 403
}

// What Counters returns is an expvar.Var: a program says
// expvar.Publish("cors", cors.Counters()).
func ExampleCorsConfig_Counters() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example.com": {}})
	if err != nil {
		panic(err)
	}
	if err := cors.Add(router.HandleFunc("PUT /articles/{id}", sayOK)); err != nil {
		panic(err)
	}
	var vars expvar.Map
	vars.Set("cors", cors.Counters())

	h := cors.Handler(mux)
	askFor(h, "https://app.example.com", "PUT", "/articles/7")
	askFor(h, "https://other.example", "PUT", "/articles/7")
	askFor(h, "https://other.example", "PUT", "/articles/8")
	fmt.Println(vars.String())
	for count := range cors.Counters().All() {
		fmt.Println(count.Route, count.Reason, count.Count)
	}
	// Output:
	// PUT /articles/7 of https://app.example.com: 204
	// PUT /articles/7 of https://other.example: 403
	// PUT /articles/8 of https://other.example: 403
	// {"cors": [{"route":"PUT /articles/{id}","reason":"origin-not-listed","preflight":true,"count":2}]}
	// PUT /articles/{id} origin-not-listed 2
}

func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example.com": {}}, routecors.WithLogger(logger))
	if err != nil {
		panic(err)
	}
	if err := cors.Add(router.HandleFunc("PUT /articles", sayOK)); err != nil {
		panic(err)
	}
	askFor(mux, "null", "PUT", "/articles")
	askFor(mux, "null", "PUT", "/articles") // not logged: it is the same within ten seconds
	// Output:
	// level=WARN msg="routecors: preflight refused" reason=origin-not-listed route="PUT /articles" method="\"PUT\"" origin="\"null\"" path="\"/articles\"" preflight=true why="routecors: origin \"null\" is not allowed to \"PUT\" here; no policy of the route lists it" suppressed=0
	// PUT /articles of null: 403
	// PUT /articles of null: 403
}

// With debug, the preflight passes the CORS check, and the browser's console says:
// Method DELETE is not allowed by Access-Control-Allow-Methods in preflight response.
func ExampleWithDebug() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{
		"https://app.example.com": {AllowMethods: []string{"PUT"}},
	}, routecors.WithDebug())
	if err != nil {
		panic(err)
	}
	if err := cors.Add(router.HandleFunc("/articles/{id}", sayOK)); err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodOptions, "/articles/7", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "DELETE")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Origin"))
	fmt.Printf("methods %q\n", w.Header().Get("Access-Control-Allow-Methods"))
	fmt.Print(w.Body)
	// Output:
	// 200 https://app.example.com
	// methods ""
	// routecors: method "DELETE" is not among the AllowMethods of this origin here
}

// All mistakes are reported at once, each with what to write instead.
func ExampleConfigError() {
	_, err := routecors.Setup(stdmux.New(http.NewServeMux()), routecors.Policy{
		"*":                        {AllowCredentials: true},
		"https://App.example.com/": {},
		"https://b.example":        {AllowMethods: []string{"patch"}},
	})
	fmt.Println(err)
	var first *routecors.ConfigError
	if errors.As(err, &first) {
		fmt.Println(first.Origin, first.Field)
	}
	// Output:
	// routecors: defaults: origin "*": AllowCredentials "true": any website could act as the user who visits it; list the origins, or set up with DangerouslyTrustEveryOrigin
	// routecors: defaults: origin "https://App.example.com/": trailing slash; write "https://app.example.com"
	// routecors: defaults: origin "https://b.example": AllowMethods "patch": methods are case-sensitive; write "PATCH"
	// * AllowCredentials
}

func ExamplePolicy_UnmarshalJSON() {
	var p routecors.Policy
	err := json.Unmarshal([]byte(`{
	"https://app.example.com": {"allow_credentials": true, "allow_header": "*"}
}`), &p)
	fmt.Println(err)
	// Output:
	// line 2, column 57: unknown option "allow_header"; there are allow_credentials, expose_headers, allow_headers, allow_methods, max_age, allow_timing, cross_origin_resource_policy and deny
}

// An upstream with a CORS middleware of its own allows everybody; the policy does not.
func ExampleProxy() {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		sayOK(w, r)
	}))
	defer upstream.Close()
	to, err := url.Parse(upstream.URL)
	if err != nil {
		panic(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}

	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example.com": {}})
	if err != nil {
		panic(err)
	}
	if err := cors.Add(router.Handle("/api/", routecors.Proxy(proxy))); err != nil {
		panic(err)
	}
	for _, origin := range []string{"https://app.example.com", "https://other.example"} {
		r := httptest.NewRequest(http.MethodGet, "/api/articles", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		cors.Handler(mux).ServeHTTP(w, r)
		fmt.Printf("%d %q\n", w.Code, w.Header()["Access-Control-Allow-Origin"])
	}
	// Output:
	// 200 ["https://app.example.com"]
	// 200 []
}

func ExampleCorsConfig_Explain() {
	router := stdmux.New(http.NewServeMux())
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example.com": {}})
	if err == nil {
		err = cors.Add(router.HandleFunc("PUT /articles/{id}", sayOK))
	}
	if err != nil {
		panic(err)
	}
	r, err := http.NewRequest("PUT", "https://api.example.com/articles/7", nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Content-Type", "application/json")
	why := cors.Explain(r)
	fmt.Println(why.Reason)
	fmt.Println(why.Sentence)
	fmt.Println(why.Remedy)
	// Output:
	// header-not-allowed
	// request header "content-type" is not among the AllowHeaders of this origin here
	// name "content-type" in AllowHeaders of the key "https://app.example.com" of the defaults
}
