package migrating

import (
	"errors"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

var starletteCORS = []row{
	{
		setting: "app.add_middleware(CORSMiddleware, …)",
		policy:  routecors.Policy{"https://example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("PUT /items", items))
		},
		tries: []try{
			{do: page("https://example.com", "PUT /items"), want: "reads"},
			{do: page("https://example.com", "PUT /private"), want: "refused"},
			{do: preflight("status", "https://example.com", "PUT /items"), want: "204"},
			{do: preflight("status", "https://other.example", "PUT /items"), want: "403"},
		},
		difference: "And `cors.Handler(mux)` outermost. A preflight is approved where an added route serves the request; there it is for every path. 204 and 403 for 200 and 400; `routecors.WithPreflightStatus(200)` for 200.",
	},
	{
		setting: `allow_origins=["https://example.com", "http://localhost:8080"]`,
		policy:  routecors.Policy{"https://example.com": {}, "http://localhost:8080": {}},
		tries: []try{
			{do: page("http://localhost:8080", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
			{do: header("Vary", "GET /items"), want: "Origin"},
			{do: header("Vary", "GET /items", "Origin: https://other.example"), want: "Origin"},
		},
		difference: "Vary is sent to other origins and without one, too. There a cache can keep such a response, and block the page that is allowed.",
	},
	{
		setting: `allow_origins=["*"]`,
		policy:  routecors.Policy{"*": {}},
		tries: []try{
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "PUT /private"), want: "refused"},
		},
		difference: "For the routes that are added.",
	},
	{
		setting: `allow_origins=["*"], allow_credentials=True`,
		policy:  routecors.Policy{"https://example.com": {AllowCredentials: true}, "*": {}},
		refused: routecors.Policy{"*": {AllowCredentials: true}},
		reason:  "any website could act as the user",
		tries: []try{
			{do: page("https://example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
		difference: "An error: there a request with a cookie is answered with its origin, so that any site acts as the user. Name the origins that need credentials.",
	},
	{
		setting: `allow_origin_regex=r"https://.*\.example\.com"`,
		policy:  routecors.Policy{"https://*.example.com": {}},
		tries: []try{
			{do: page("https://a.b.example.com", "GET /items"), want: "reads"},
			{do: page("https://app.example.com.other.example", "GET /items"), want: "blind"},
		},
		difference: "Subdomains need no expression.",
	},
	{
		setting: `allow_origin_regex=r"https://(blue|green)\.example\.com"`,
		policy:  routecors.Policy{`regexp:https://(blue|green)\.example\.com`: {}},
		tries: []try{
			{do: page("https://blue.example.com", "GET /items"), want: "reads"},
			{do: page("https://red.example.com", "GET /items"), want: "blind"},
			{do: page("https://blue.example.com.other.example", "GET /items"), want: "blind"},
		},
		difference: "RE2, anchored at both ends, as there.",
	},
	{
		setting: `allow_methods=["GET", "PUT"]`,
		policy:  routecors.Policy{"https://example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return errors.Join(cors.Add(router.Handle("GET /items", items)), cors.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://example.com", "PUT /items"), want: "reads"},
			{do: page("https://example.com", "DELETE /items"), want: "refused"},
		},
		difference: "A route with a method allows that method. There it is GET alone if nothing is said.",
	},
	{
		setting: `allow_methods=["*"]`,
		policy:  routecors.Policy{"https://example.com": {AllowMethods: []string{"*"}}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/items", items))
		},
		tries: []try{
			{do: page("https://example.com", "DELETE /items"), want: "reads"},
			{do: page("https://example.com", "FROB /items"), want: "reads"},
		},
		difference: "Every method but CONNECT, TRACE and TRACK; there, seven.",
	},
	{
		setting: `allow_headers=["X-Token"]`,
		policy:  routecors.Policy{"https://example.com": {AllowHeaders: []string{"Content-Type", "X-Token"}}},
		tries: []try{
			{do: page("https://example.com", "POST /items", withJSON, withToken), want: "reads"},
			{do: page("https://example.com", "POST /items", withBearer), want: "refused"},
		},
		difference: "Content-Type is named: there it is always allowed, which for JSON is a permission like others.",
	},
	{
		setting: `allow_headers=["*"]`,
		policy:  routecors.Policy{"https://example.com": {AllowHeaders: []string{"*"}}},
		tries:   []try{{do: page("https://example.com", "GET /items", withBearer, withToken), want: "reads"}},
	},
	{
		setting: "allow_credentials=True",
		policy:  routecors.Policy{"https://example.com": {AllowCredentials: true}},
		tries: []try{
			{do: page("https://example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: header("Access-Control-Allow-Credentials", "GET /items", "Origin: https://other.example"), want: "none"},
		},
		difference: "Other origins get no header at all; there they get this one.",
	},
	{
		setting: "allow_private_network=True",
		policy:  routecors.Policy{"https://example.com": {}},
		tries: []try{
			{
				do: header("Access-Control-Allow-Private-Network", "OPTIONS /items", "Origin: https://example.com",
					"Access-Control-Request-Method: GET", "Access-Control-Request-Private-Network: true"),
				want: "none",
			},
		},
		difference: "Left out. Browsers no longer ask: Local Network Access asks the user instead.",
	},
	{
		setting: `expose_headers=["X-Total"]`,
		policy:  routecors.Policy{"https://example.com": {ExposeHeaders: []string{"X-Total"}}},
		tries:   []try{{do: page("https://example.com", "GET /items"), want: "reads X-Total"}},
	},
	{
		setting:    `expose_headers=["*"], allow_credentials=True`,
		policy:     routecors.Policy{"https://example.com": {AllowCredentials: true, ExposeHeaders: []string{"*"}}},
		tries:      []try{{do: page("https://example.com", "GET /items", withCookies), want: "reads X-Page X-Total as ann"}},
		difference: "The headers of the response are listed. With credentials `*` is no wildcard for a browser.",
	},
	{
		setting:    "max_age=600",
		policy:     routecors.Policy{"https://example.com": {MaxAge: 600}},
		tries:      []try{{do: preflight("Access-Control-Max-Age", "https://example.com", "PUT /items"), want: "600"}},
		difference: "There it is 600 if nothing is said; here it is left out, which browsers take as five seconds.",
	},
	{
		setting: `Mount("/api", app, middleware=[Middleware(CORSMiddleware, …)])`,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("PUT /api/items", items)
			return cors.Add(router.Tree("/api/"), routecors.Policy{"https://example.com": {AllowMethods: []string{"PUT"}}})
		},
		tries: []try{
			{do: page("https://example.com", "PUT /api/items"), want: "reads"},
			{do: page("https://example.com", "PUT /api/nowhere"), want: "refused"},
			{do: page("https://example.com", "PUT /private"), want: "refused"},
		},
		difference: "A preflight is approved where a route below the prefix serves the request; there it is for every path below. With `NotFound(nil)` of the tree it is here, too, and a page can read the 404.",
	},
	{
		setting: `Route("/items", endpoint, methods=["PUT"], middleware=[Middleware(CORSMiddleware, …)])`,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("PUT /items", items), routecors.Policy{"https://example.com": {}})
		},
		tries:      []try{{do: page("https://example.com", "PUT /items"), want: "reads"}},
		difference: "There the preflight gets a 405, since the route looks at the method first.",
	},
	{
		about: "An exception in an endpoint",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("GET /items", failing), routecors.Policy{"https://example.com": {}})
		},
		tries:      []try{{do: page("https://example.com", "GET /items"), want: "reads"}},
		difference: "A page can read the 500 of an added route; make one of a panic behind `cors.Handler`. There the 500 has no CORS header.",
	},
}
