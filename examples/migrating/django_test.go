package migrating

import (
	"errors"
	"net/http"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/stdmux"
)

var djangoCORSHeaders = []row{
	{
		setting: `CORS_ALLOWED_ORIGINS = ["https://example.com", "http://localhost:8080"]`,
		about:   " (`CORS_ORIGIN_WHITELIST`)",
		policy:  routecors.Policy{"https://example.com": {}, "http://localhost:8080": {}},
		tries: []try{
			{do: page("https://example.com", "GET /items"), want: "reads"},
			{do: page("http://localhost:8080", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
			{do: preflight("status", "https://other.example", "PUT /items"), want: "403"},
		},
		difference: "A refused preflight is 403; there it is 200 without headers.",
	},
	{
		setting: `CORS_ALLOWED_ORIGINS = ["https://example.com:443"]`,
		policy:  routecors.Policy{"https://example.com": {}},
		refused: routecors.Policy{"https://example.com:443": {}},
		reason:  `write "https://example.com"`,
		tries: []try{
			{do: page("https://example.com", "GET /items"), want: "reads"},
		},
		difference: "A default port is an error: browsers leave it out.",
	},
	{
		setting: `CORS_ALLOWED_ORIGINS = ["null", "file://"]`,
		policy:  routecors.Policy{"null": {}, "file://": {}},
		refused: routecors.Policy{"null": {AllowCredentials: true}},
		reason:  "any website can make a page of this origin",
		tries: []try{
			{do: page("null", "GET /items"), want: "reads"},
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: file://"), want: "file://"},
		},
		difference: "With credentials an error, unless DangerouslyTrustNullOrigin names the danger: any site can make a page of the origin `null`.",
	},
	{
		setting: `CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://\w+\.example\.com$"]`,
		about:   " (`CORS_ORIGIN_REGEX_WHITELIST`)",
		policy:  routecors.Policy{"https://*.example.com": {}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads"},
			{do: page("https://a.b.example.com", "GET /items"), want: "reads"},
			{do: page("https://app.example.com.other.example", "GET /items"), want: "blind"},
		},
		difference: "Subdomains need no expression. A `*` takes several labels; for one alone see the next row.",
	},
	{
		setting: `CORS_ALLOWED_ORIGIN_REGEXES = [r"https://\w+\.example\.com"]`,
		policy:  routecors.Policy{`regexp:https://\w+\.example\.com`: {}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads"},
			{do: page("https://a.b.example.com", "GET /items"), want: "blind"},
			{do: page("https://app.example.com.other.example", "GET /items"), want: "blind"},
		},
		difference: "RE2, anchored at both ends. There this one takes `https://app.example.com.other.example`, too, for want of a `$`.",
	},
	{
		setting: "CORS_ALLOW_ALL_ORIGINS = True",
		about:   " (`CORS_ORIGIN_ALLOW_ALL`)",
		policy:  routecors.Policy{"*": {}},
		tries: []try{
			{do: page("https://other.example", "PUT /items"), want: "reads"},
			{do: page("https://other.example", "PUT /private"), want: "refused"},
		},
		difference: "For the routes that are added. What is not added is private, whatever the defaults say.",
	},
	{
		setting: "CORS_ALLOW_ALL_ORIGINS = True, CORS_ALLOW_CREDENTIALS = True",
		policy:  routecors.Policy{"https://example.com": {AllowCredentials: true}, "*": {}},
		refused: routecors.Policy{"*": {AllowCredentials: true}},
		reason:  "any website could act as the user",
		tries: []try{
			{do: page("https://example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
		difference: "An error: there any site acts as the user. Name the origins that need credentials.",
	},
	{
		setting: `CORS_URLS_REGEX = r"^/api/.*$"`,
		policy:  routecors.Policy{"https://example.com": {AllowMethods: routecors.CommonMethods()}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("PUT /api/items", items)
			router.Handle("PUT /items", items)
			return cors.Add(router.Tree("/api/"))
		},
		tries: []try{
			{do: page("https://example.com", "PUT /api/items"), want: "reads"},
			{do: page("https://example.com", "PUT /items"), want: "refused"},
			{do: page("https://example.com", "PUT /api/nowhere"), want: "refused"},
		},
		difference: "A tree has the routes whose patterns are below its prefix; paths are matched by the router alone. AllowMethods says for which methods they need not be added. There a preflight is approved for any path that the expression takes, whether it exists or not; for that see NotFound, below.",
	},
	{
		setting: "check_request_enabled",
		about:   ", to open /api/ to everyone",
		policy:  routecors.Policy{"https://example.com": {AllowCredentials: true}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("PUT /api/items", items)
			return errors.Join(cors.Add(router.Tree("/api/"), routecors.Policy{"*": {AllowMethods: routecors.CommonMethods()}}), cors.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://other.example", "PUT /api/items"), want: "reads"},
			{do: page("https://other.example", "PUT /api/items", withCookies), want: "refused"},
			{do: page("https://other.example", "PUT /items"), want: "refused"},
			{do: page("https://example.com", "PUT /items", withCookies), want: "reads as ann"},
		},
		difference: "A tree is a layer nearer than the defaults, and its options are all that everyone gets. There CORS_ALLOW_CREDENTIALS holds for everyone, too, so that any site acts as the user.",
	},
	{
		setting: "check_request_enabled",
		about:   ", to look the origin up",
		policy:  routecors.Policy{"https://example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			known := map[string]*routecors.ResourceOptions{"https://tenant.example": {MaxAge: 600}}
			tenants, err := cors.Dynamic(routecors.Dynamic{
				Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) { return known[origin], nil },
			})
			return errors.Join(err, tenants.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://tenant.example", "PUT /items"), want: "reads"},
			{do: page("https://example.com", "PUT /items"), want: "reads"},
			{do: page("https://other.example", "PUT /items"), want: "refused"},
			{do: preflight("Access-Control-Max-Age", "https://tenant.example", "PUT /items"), want: "600"},
		},
		difference: "nil leaves the origin to the settings, as False does there. Here the function is asked before the defaults, and says what the origin may do.",
	},
	{
		setting: `CORS_ALLOW_METHODS = ["GET", "PUT"]`,
		policy:  routecors.Policy{"https://example.com": {AllowMethods: []string{"GET", "PUT"}}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/items", items))
		},
		tries: []try{
			{do: page("https://example.com", "PUT /items"), want: "reads"},
			{do: page("https://example.com", "DELETE /items"), want: "refused"},
			{do: page("https://example.com", "POST /items"), want: "blind"},
		},
		difference: "For a view of several methods. A route with a method allows that one, and needs no list.",
	},
	{
		setting: `CORS_ALLOW_METHODS = [*default_methods, "POKE"]`,
		policy:  routecors.Policy{"https://example.com": {AllowMethods: append(routecors.CommonMethods(), "POKE")}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/items", items))
		},
		tries: []try{
			{do: page("https://example.com", "POKE /items"), want: "reads"},
			{do: page("https://example.com", "DELETE /items"), want: "reads"},
			{do: page("https://example.com", "FROB /items"), want: "refused"},
		},
		difference: "Nothing is the default here. CommonMethods are default_methods without OPTIONS, which need not be named for preflights.",
	},
	{
		setting: `CORS_ALLOW_HEADERS = [*default_headers, "x-token"]`,
		policy:  routecors.Policy{"https://example.com": {AllowHeaders: append(routecors.CommonHeaders(), "X-Token")}},
		tries: []try{
			{do: page("https://example.com", "PUT /items", withJSON, withBearer, withToken), want: "reads"},
			{do: page("https://example.com", "PUT /items", withOther), want: "refused"},
			{do: page("https://example.com", "PUT /items", corstest.Header("User-Agent", "mine")), want: "refused"},
		},
		difference: "Nothing is the default here: JSON needs Content-Type. CommonHeaders are default_headers without User-Agent, which pages have no reason to set.",
	},
	{
		setting:    `CORS_ALLOW_HEADERS = ["accept-encoding", "dnt", "origin"]`,
		about:      ", of the defaults before 4.0",
		policy:     routecors.Policy{"https://example.com": {}},
		refused:    routecors.Policy{"https://example.com": {AllowHeaders: []string{"accept-encoding", "dnt", "origin"}}},
		reason:     "accept-encoding",
		tries:      []try{{do: page("https://example.com", "PUT /items"), want: "reads"}},
		difference: "No script may set these, so they are errors.",
	},
	{
		setting: `CORS_EXPOSE_HEADERS = ["x-total"]`,
		policy:  routecors.Policy{"https://example.com": {ExposeHeaders: []string{"X-Total"}}},
		tries:   []try{{do: page("https://example.com", "GET /items"), want: "reads X-Total"}},
	},
	{
		setting:    "CORS_PREFLIGHT_MAX_AGE = 600",
		policy:     routecors.Policy{"https://example.com": {MaxAge: 600}},
		tries:      []try{{do: preflight("Access-Control-Max-Age", "https://example.com", "PUT /items"), want: "600"}},
		difference: "There it is 86400 if nothing is said. Here it is left out, which browsers take as five seconds.",
	},
	{
		setting: "CORS_PREFLIGHT_MAX_AGE = 0",
		policy:  routecors.Policy{"https://example.com": {}},
		tries:   []try{{do: preflight("Access-Control-Max-Age", "https://example.com", "PUT /items"), want: "none"}},
	},
	{
		setting:    "CORS_ALLOW_CREDENTIALS = True",
		policy:     routecors.Policy{"https://example.com": {AllowCredentials: true}},
		tries:      []try{{do: page("https://example.com", "GET /items", withCookies), want: "reads as ann"}},
		difference: "The cookie needs `SameSite=None; Secure` where the page is of another site, as there.",
	},
	{
		setting: "CORS_ALLOW_PRIVATE_NETWORK = True",
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
		setting: `CSRF_TRUSTED_ORIGINS = ["https://example.com"]`,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("POST /items", items), routecors.Policy{"https://example.com": {AllowCredentials: true}, "*": {}})
		},
		outermost: func(cors *routecors.CorsConfig, mux http.Handler) http.Handler {
			protection := cors.CrossOriginProtection()
			return cors.Handler(protection.Handler(mux))
		},
		tries: []try{
			{do: page("https://example.com", "POST /items", withCookies), want: "reads as ann"},
			{do: header("status", "POST /items", "Origin: https://other.example"), want: "403"},
			{do: header("status", "PUT /private", "Origin: https://example.com"), want: "403"},
			{do: header("status", "POST /items"), want: "200"},
		},
		difference: "CORS keeps no page from sending a form; this does. Trusted is who may read the route with AllowCredentials, by a key that says whose page it is. There it is a list beside, for every path.",
	},
	{
		setting: "CORS_REPLACE_HTTPS_REFERER = True",
		about:   ", `CorsPostCsrfMiddleware`, before 4.0",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("POST /items", items), routecors.Policy{"https://example.com": {AllowCredentials: true}})
		},
		outermost: func(cors *routecors.CorsConfig, mux http.Handler) http.Handler {
			protection := cors.CrossOriginProtection()
			return cors.Handler(protection.Handler(mux))
		},
		tries: []try{
			{do: page("https://example.com", "POST /items", withCookies), want: "reads as ann"},
			{do: header("status", "POST /items", "Origin: https://example.com", "Referer: https://other.example/"), want: "200"},
		},
		difference: "There is nothing to replace: Referer is not read.",
	},
	{
		setting: "CorsMiddleware",
		about:   " first in `MIDDLEWARE`",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("GET /items", failing)
			all := router.Tree("/")
			all.NotFound(nil)
			return cors.Add(all, routecors.Policy{"https://example.com": {AllowMethods: []string{"GET"}}})
		},
		tries: []try{
			{do: page("https://example.com", "GET /items"), want: "reads"},
			{do: page("https://example.com", "GET /nowhere"), want: "reads"},
			{do: header("status", "GET /nowhere", "Origin: https://example.com"), want: "404"},
			{do: preflight("status", "https://example.com", "GET /nowhere"), want: "204"},
			{do: preflight("status", "https://example.com", "PUT /nowhere"), want: "403"},
			{do: page("https://example.com", "PUT /private"), want: "refused"},
		},
		difference: "And `cors.Handler(mux)` outermost. The errors of a route that is open can be read; the 404 of a path that no route serves only by NotFound, of a tree that is added.",
	},
}
