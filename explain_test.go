package routecors_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

// newExplained returns the registry of the table that the cases of Explain ask.
func newExplained(t *testing.T, router conformance.Router) *routecors.CorsConfig {
	t.Helper()
	site := router.New()
	cors, err := routecors.Setup(site.Adapter(), policy(t, `{"https://app.example": {"allow_headers": ["X-A"]}, "https://bad.example": {"deny": true}, "https://*.bad.example": {"deny": true}}`))
	must(t, err)
	add := func(method, pattern, p string) {
		t.Helper()
		route := site.Handle(method, pattern, text(pattern))
		if p == "" {
			must(t, cors.Add(route))
			return
		}
		must(t, cors.Add(route, policy(t, p)))
	}
	add("GET", "/items/{id}", "")
	add("PUT", "/items/{id}", `{"https://admin.example": {"allow_credentials": true, "allow_headers": ["Content-Type"]}}`)
	add("DELETE", "/items/{id}", "")
	add("", "/any", "")
	add("GET", "/open", `{"*": {}}`)
	add("GET", "/wide", `{"https://*.example": {"allow_headers": "*"}, "http://*.test": {}, "null": {}}`)
	add("GET", "/strict", `{"*": {"deny": true}}`)
	add("GET", "/tree/", "")
	site.Handle("DELETE", "/items/all", text("private"))
	site.HandleBare("POST", "/bare", text("bare"))
	res := site.Resource("/covered")
	must(t, cors.Add(res, policy(t, `{"https://app.example": {"allow_methods": ["GET"]}}`)))
	res.Handle("GET", text("covered"))
	res.Handle("DELETE", text("not covered"))

	tenants, err := cors.Dynamic(routecors.Dynamic{Origin: func(_ *http.Request, origin string) (*routecors.ResourceOptions, error) {
		switch origin {
		case "https://tenant.example":
			return &routecors.ResourceOptions{AllowHeaders: []string{"X-T"}}, nil
		case "https://gone.example":
			return &routecors.ResourceOptions{Deny: true}, nil
		case "https://evil.example":
			return nil, errors.New("the table is locked")
		}
		return nil, nil
	}})
	must(t, err)
	must(t, tenants.Add(site.Handle("PUT", "/tenants", text("tenants"))))
	return cors
}

// described makes a request that nobody sends: "PUT /items/7", and header lines
// such as "Origin: https://app.example", separated by "|".
func described(t testing.TB, request, lines string) *http.Request {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	url := "https://api.example" + path
	if path == "*" {
		url = path
	}
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(lines, "|") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Add(name, value)
		}
	}
	return r
}

const (
	fromApps  = "Origin: https://app.example"
	fromAdmin = "Origin: https://admin.example"
	fromEvil  = "Origin: https://evil.example"
	announces = "|Access-Control-Request-Method: "
	names     = "|Access-Control-Request-Headers: "
)

// explanations are questions with their reasons and remedies; those that begin with
// a router are for that one alone.
var explanations = []struct {
	request, lines string
	want           routecors.Reason
	remedy         string
}{
	{"GET /items/7", fromApps, routecors.Allowed, ``},
	{"HEAD /any", fromApps, routecors.Allowed, ``},
	{"DELETE /items/7", fromApps + "|User-Agent: x|Cache-Control: no-cache|Sec-Fetch-Mode: cors|X-Forwarded-For: ::1", routecors.Allowed, ``},
	{"PUT /items/7", fromAdmin + "|Content-Type: application/json|Cookie: a=b", routecors.Allowed, ``},
	{"OPTIONS /items/7", fromAdmin + announces + "PUT" + names + "content-type", routecors.Allowed, ``},
	{"GET /covered", fromApps, routecors.Allowed, ``},
	{"GET /open", "Origin: null", routecors.Allowed, ``},
	{"GET /open", "Origin: what no browser sends", routecors.Allowed, ``},

	{"GET /items/7", "", routecors.NotCORS, `set Origin`},
	{"OPTIONS /items/7", "Access-Control-Request-Method: PUT", routecors.NotCORS, `set Origin`},

	{"GET /nowhere", fromApps, routecors.RouteNotFound, `mend the URL, or register a handler for it and add it: cors.Add(router.Handle("GET /nowhere", …)); without a policy of its own the key "https://app.example" of the defaults decides: {"allow_headers":["x-a"]}`},
	{"GET /nowhere", fromEvil, routecors.RouteNotFound, `the defaults do not list the origin: give Add a policy that does, too, routecors.Policy{"https://evil.example": {}}`},
	{"GET /nowhere", "Origin: https://bad.example", routecors.RouteNotFound, `the key "https://bad.example" of the defaults denies the origin`},
	{"stdmux PATCH /items/7", fromApps, routecors.RouteNotFound, `have the page send one of DELETE, GET, HEAD, PUT, or register a handler for "PATCH" and add it: cors.Add(router.Handle("PATCH /items/7", …))`},
	{"chi PATCH /items/7", fromApps, routecors.RouteNotFound, `have the page send one of DELETE, GET, PUT, or register`},
	{"OPTIONS /items/7", fromApps + announces + "patch", routecors.RouteNotFound, `have the page send another method than "patch": methods are case-sensitive; write "PATCH"`},
	{"TRACE /items/7", fromApps, routecors.RouteNotFound, `none: no page can be allowed the method "TRACE"`},
	{"stdmux CONNECT /items/7", fromApps, routecors.RouteNotFound, `none: no page`},
	{"OPTIONS *", fromApps + announces + "GET", routecors.RouteNotFound, `mend the URL`},

	{"stdmux GET /tree", fromApps, routecors.Redirected, `have the page ask for "/tree/" itself`},
	{"stdmux OPTIONS //items/7", fromApps + announces + "PUT", routecors.Redirected, `have the page ask for "/items/7" itself`},

	{"DELETE /items/all", fromApps, routecors.RouteNotAdded, `cors.Add(router.Handle("DELETE /items/all", …)); without a policy`},
	{"POST /bare", fromApps, routecors.RouteNotAdded, `cors.Add(router.Handle("POST /bare", …)); without a policy`},
	{"DELETE /covered", fromApps, routecors.RouteNotAdded, `cors.Add(router.Handle("DELETE /covered", …)), or name "DELETE" in AllowMethods of the policy of its resource`},
	{"OPTIONS /items/7", fromApps, routecors.RouteNotAdded, `cors.Add(router.Handle("OPTIONS /items/{id}", …))`},

	{"OPTIONS /items/7", fromApps + announces + "PUT" + announces + "PUT", routecors.RequestMethodMalformed, `one line of Access-Control-Request-Method`},
	{"OPTIONS /items/7", fromApps + announces, routecors.RequestMethodMalformed, `one line of Access-Control-Request-Method`},

	{"GET /items/7", "Origin: https://app.example/", routecors.OriginMalformed, `one line of Origin`},
	{"GET /items/7", fromApps + "|" + fromApps, routecors.OriginMalformed, `one line of Origin`},
	{"OPTIONS /open", "Origin: x" + announces + "GET", routecors.OriginMalformed, `one line of Origin`},

	{"GET /items/7", fromEvil, routecors.OriginNotListed, `add "https://evil.example" to the policy that Add gets with "GET /items/{id}"`},
	{"PUT /items/7", fromEvil + "|X-B: 1|Cookie: a=b", routecors.OriginNotListed, `add "https://evil.example", with AllowHeaders {"x-b"} and AllowCredentials, to the policy that Add gets with "PUT /items/{id}"`},
	{"GET /items/7", "Origin: http://evil.example|Cookie: a=b", routecors.OriginNotListed, `add "http://evil.example" to the policy`},
	{"PATCH /any", fromEvil, routecors.OriginNotListed, `add "https://evil.example", with AllowMethods {"PATCH"}, to the policy that Add gets with "/any"`},
	{"GET /items/7", "Origin: null", routecors.OriginNotListed, `serve the page so that it has an origin of its own`},
	{"GET /covered", fromEvil, routecors.OriginNotListed, `add "https://evil.example", with AllowMethods {"GET"}, to the policy that Add gets with the resource "/covered"`},

	{"PUT /tenants", "Origin: https://tenant.example", routecors.Allowed, ``},
	{"PUT /tenants", fromApps + "|X-A: 1", routecors.Allowed, ``},
	{"PUT /tenants", "Origin: https://tenant.example|X-A: 1", routecors.HeaderNotAllowed, `have the function of the Dynamic layer name "x-a" in AllowHeaders`},
	{"PUT /tenants", "Origin: https://other.example", routecors.OriginNotListed, `add "https://other.example" to the policy that Add gets with "PUT /tenants"`},
	{"PUT /tenants", fromEvil, routecors.OriginUndecided, `WithLogger has it logged`},
	{"OPTIONS /tenants", fromEvil + announces + "PUT", routecors.OriginUndecided, `WithLogger has it logged`},

	{"GET /items/7", "Origin: https://bad.example", routecors.OriginDenied, `take Deny from the key "https://bad.example" of the defaults`},
	{"GET /items/7", "Origin: https://a.bad.example", routecors.OriginDenied, `list "https://a.bad.example" in the policy that Add gets with "GET /items/{id}": the key "https://*.bad.example" of the defaults, which denies it, is further away`},
	{"PUT /tenants", "Origin: https://gone.example", routecors.OriginDenied, `have the function of the Dynamic layer allow "https://gone.example"`},
	{"GET /strict", "Origin: null", routecors.OriginDenied, `serve the page so that it has an origin of its own`},
	{"GET /strict", "Origin: https://a.example", routecors.OriginDenied, `list "https://a.example" beside the key "*" of the policy that Add gets with "GET /strict"`},

	{"PATCH /any", fromApps, routecors.MethodNotAllowed, `write {"GET", "HEAD", "POST", "PATCH"} in AllowMethods of the key "https://app.example" of the defaults`},
	{"TRACE /any", fromApps, routecors.MethodNotAllowed, `none: no page`},

	{"PUT /items/7", fromApps + "|X-A: 1|X-B: 1", routecors.HeaderNotAllowed, `name "x-b" in AllowHeaders of the key "https://app.example" of the defaults`},
	{"OPTIONS /items/7", fromApps + announces + "GET" + names + "x-a,cookie", routecors.HeaderNotAllowed, `have the page leave "cookie" out`},

	{"OPTIONS /items/7", fromApps + announces + "GET" + names + strings.Repeat("x-a,", 4096), routecors.HeadersTooLong, `fewer headers`},

	{"GET /items/7", fromApps + "|Cookie: a=b", routecors.CredentialsNotAllowed, `set AllowCredentials in the key "https://app.example" of the defaults`},
	{"OPTIONS /items/7", fromApps + announces + "GET|Cookie: a=b", routecors.CredentialsNotAllowed, `set AllowCredentials in the key`},
	{"GET /wide", "Origin: https://a.example|Cookie: a=b", routecors.CredentialsNotAllowed, `list "https://a.example" itself, with AllowCredentials and with what the key "https://*.example" allows, in the policy that Add gets with "GET /wide"`},
	{"GET /wide", "Origin: http://a.test|Cookie: a=b", routecors.CredentialsNotAllowed, `have the page leave credentials out: anyone on the network can put a page under a plain http origin; use https`},
	{"GET /wide", "Origin: null|Cookie: a=b", routecors.CredentialsNotAllowed, `serve the page so that it has an origin of its own`},

	{"GET /open", fromEvil + "|Cookie: a=b", routecors.CredentialsWithWildcard, `list "https://evil.example" itself, with AllowCredentials and with what the key "*" allows, in the policy that Add gets with "GET /open"`},
}

func TestExplain(t *testing.T) {
	seen := map[routecors.Reason]bool{}
	for _, router := range []conformance.Router{sites.ServeMux, sites.Chi} {
		t.Run(router.Name, func(t *testing.T) {
			cors := newExplained(t, router)
			for _, test := range explanations {
				request := test.request
				if only, rest, _ := strings.Cut(request, " "); only == "stdmux" || only == "chi" {
					if only != router.Name {
						continue
					}
					request = rest
				}
				seen[test.want] = true
				d := cors.Explain(described(t, request, test.lines))
				if d.Reason != test.want || !strings.Contains(d.Remedy, test.remedy) || (test.remedy == "") != (d.Remedy == "") {
					t.Errorf("%s of %s: want %v and the remedy %q; got\n%s", request, test.lines, test.want, test.remedy, d)
				}
				if d.Preflight && d.Added && d.Response.Status == 403 && d.Response.Body != "routecors: "+d.Sentence+"\n" {
					t.Errorf("%s of %s: the body of the 403 has other words: %q\n%s", request, test.lines, d.Response.Body, d)
				}
				if n := len(d.Layers); d.Allowed && !(n > 0 && d.Layers[n-1].Decides) {
					t.Errorf("%s of %s: no layer decides:\n%s", request, test.lines, d)
				}
			}
		})
	}
	for reason := routecors.Reason(0); reason.String() != "unknown"; reason++ {
		if !seen[reason] {
			t.Errorf("no case for %v", reason)
		}
	}
}

// TestExplainRemedies does what some remedies say: then the request is allowed.
func TestExplainRemedies(t *testing.T) {
	tests := []struct {
		request, lines string
		pattern        string // of the route that has it all
		remedied       string // its policy
	}{
		{"GET /items/7", fromEvil, "GET /items/{id}", `{"https://evil.example": {}}`},
		{"PUT /items/7", fromEvil + "|X-B: 1|Cookie: a=b", "PUT /items/{id}", `{"https://evil.example": {"allow_headers": ["x-b"], "allow_credentials": true}}`},
		{"PATCH /any", fromApps, "/any", `{"https://app.example": {"allow_methods": ["GET", "HEAD", "POST", "PATCH"]}}`},
		{"DELETE /items/all", fromApps, "DELETE /items/all", ``},
		{"GET /open", fromEvil + "|Cookie: a=b", "GET /open", `{"*": {}, "https://evil.example": {"allow_credentials": true}}`},
	}
	for _, test := range tests {
		r := described(t, test.request, test.lines)
		if d := newExplained(t, sites.ServeMux).Explain(r); d.Allowed {
			t.Errorf("nothing to remedy:\n%s", d)
		}
		s := newSite(t, `{"https://app.example": {}}`)
		s.add(t, test.pattern, policy(t, test.remedied))
		if d := s.cors.Explain(r); !d.Allowed {
			t.Errorf("%s: still\n%s", test.remedied, d)
		}
	}
}

// TestExplainText has decisions as a terminal shows them.
func TestExplainText(t *testing.T) {
	cors := newExplained(t, sites.ServeMux)
	tests := []struct{ request, lines, want string }{
		{"OPTIONS /items/7", fromAdmin + announces + "PUT" + names + "content-type|Cookie: a=b", `
preflight for "PUT" "https://api.example/items/7" from "https://admin.example", with credentials
allowed: origin "https://admin.example" is allowed to "PUT" here
  ok     CORS request: its origin is "https://admin.example"
  ok     request method: it announces "PUT"
  ok     route: the router runs the route "PUT /items/{id}"
  ok     added: it was added
  ok     origin: it is one serialized origin, or does not matter
  ok     origin listed: the key "https://admin.example" of the layer "route" decides
  ok     origin not denied: the key does not deny it
  ok     method: the route allows "PUT"
  ok     headers: the key allows "content-type"
  ok     CORS check: the browser sees Access-Control-Allow-Origin "https://admin.example"
  ok     credentials: the browser sees Access-Control-Allow-Credentials "true"
  ok     ok status: the browser sees the status 204
  ok     Access-Control-Allow-Methods: the browser sees "PUT"
  ok     Access-Control-Allow-Headers: the browser sees "content-type"
  layer route: key "https://admin.example" decides: {"allow_credentials":true,"allow_headers":["content-type"]}
  the server answers 204
  Access-Control-Allow-Credentials: true
  Access-Control-Allow-Headers: content-type
  Access-Control-Allow-Methods: PUT
  Access-Control-Allow-Origin: https://admin.example
  Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
`},
		{"DELETE /items/all", fromApps, `
"DELETE" "https://api.example/items/all" from "https://app.example"
route-not-added: no route that is open to other origins serves "DELETE" here
  ok     CORS request: its origin is "https://app.example"
  FAILED preflight: the preflight before it is refused: no route that is open to other origins serves "DELETE" here
  -      route
  -      added
  -      origin
  -      origin listed
  -      origin not denied
  -      method
  -      CORS check
  -      credentials
  before it, the browser sends:
    preflight for "DELETE" "https://api.example/items/all" from "https://app.example"
    route-not-added: no route that is open to other origins serves "DELETE" here
      ok     CORS request: its origin is "https://app.example"
      ok     request method: it announces "DELETE"
      ok     route: the router runs the route "DELETE /items/all", which was not added
      FAILED added: the router runs the route "DELETE /items/all", which was not added
      -      origin
      -      origin listed
      -      origin not denied
      -      method
      -      headers
      -      CORS check
      -      credentials
      -      ok status
      -      Access-Control-Allow-Methods
      -      Access-Control-Allow-Headers
      the server answers 403
      Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
  console: Access to fetch at 'https://api.example/items/all' from origin 'https://app.example' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.
  remedy: cors.Add(router.Handle("DELETE /items/all", …)); without a policy of its own the key "https://app.example" of the defaults decides: {"allow_headers":["x-a"]}
`},
		{"GET /open", fromEvil + "|Cookie: a=b", `
"GET" "https://api.example/open" from "https://evil.example", with credentials
credentials-with-wildcard: origin "https://evil.example" is allowed by "*", which browsers do not take for a credentialed request
  ok     CORS request: its origin is "https://evil.example"
  ok     route: the router runs the route "GET /open"
  ok     added: it was added
  ok     origin: it is one serialized origin, or does not matter
  ok     origin listed: the key "*" of the layer "route" decides
  ok     origin not denied: the key does not deny it
  ok     method: the route allows "GET"
  FAILED CORS check: origin "https://evil.example" is allowed by "*", which browsers do not take for a credentialed request; the server sends the other headers all the same, and the browser refuses them
  -      credentials
  layer route: key "*" decides: {}
  Access-Control-Allow-Origin: *
  console: Access to fetch at 'https://api.example/open' from origin 'https://evil.example' has been blocked by CORS policy: The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.
  remedy: list "https://evil.example" itself, with AllowCredentials and with what the key "*" allows, in the policy that Add gets with "GET /open"
`},
	}
	for _, test := range tests {
		if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), cors.Explain(described(t, test.request, test.lines)).String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.request, diff)
		}
	}
}
