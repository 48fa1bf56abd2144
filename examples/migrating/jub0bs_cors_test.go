package migrating

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// What jub0bs/cors does is what its documentation says: it does not run here.
var jub0bsCORS = []row{
	{
		setting: `Origins: []string{"https://app.example.com"}`,
		policy:  routecors.Policy{"https://app.example.com": {}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
		},
	},
	{
		setting: `Origins: []string{"*"}`,
		policy:  routecors.Policy{"*": {}},
		tries: []try{
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: header("Vary", "GET /items"), want: "none"},
		},
	},
	{
		setting: `Origins: []string{"https://*.example.com", "http://localhost:*", "https://*.example.org:*"}`,
		policy:  routecors.Policy{"https://*.example.com": {}, "http://localhost:*": {}, "https://*.example.org:*": {}},
		tries: []try{
			{do: page("https://a.b.example.com", "GET /items"), want: "reads"},
			{do: page("https://example.com", "GET /items"), want: "blind"},
			{do: page("http://localhost", "GET /items"), want: "reads"},
			{do: page("https://a.example.org:8443", "GET /items"), want: "reads"},
			{do: page("https://a.example.com:8443", "GET /items"), want: "blind"},
		},
	},
	{
		setting: `Credentialed: true`,
		policy:  routecors.Policy{"https://app.example.com": {AllowCredentials: true}},
		tries:   []try{{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann"}},
	},
	{
		setting: `Origins: []string{"*"}, Credentialed: true`,
		policy:  routecors.Policy{"https://app.example.com": {AllowCredentials: true}, "*": {}},
		refused: routecors.Policy{"*": {AllowCredentials: true}},
		reason:  "any website could act as the user",
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items"), want: "reads"},
		},
		difference: "An error in both. Here only those origins need naming that need credentials, since each has options of its own.",
	},
	{
		setting: `Methods: []string{"PUT"}`,
		policy:  routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("PUT /items", items))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "DELETE /items"), want: "refused"},
		},
		difference: "A route with a method allows that method.",
	},
	{
		setting: `Methods: []string{"PUT"}`,
		about:   ", for a handler of all methods",
		policy:  routecors.Policy{"https://app.example.com": {AllowMethods: []string{"GET", "HEAD", "POST", "PUT"}}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/items", items))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "POST /items"), want: "reads"},
			{do: page("https://app.example.com", "DELETE /items"), want: "refused"},
		},
		difference: "The list is all that is allowed: GET, HEAD and POST are named, or their responses cannot be read.",
	},
	{
		setting: `Methods: []string{"*"}`,
		policy:  routecors.Policy{"https://app.example.com": {AllowMethods: []string{"*"}}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/items", items))
		},
		tries: []try{{do: page("https://app.example.com", "FROB /items"), want: "reads"}},
	},
	{
		setting: `RequestHeaders: []string{"X-Token"}`,
		policy:  routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"X-Token"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withToken), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withJSON), want: "refused"},
			{
				do: header("status", "OPTIONS /items", "Origin: https://app.example.com", "Access-Control-Request-Method: GET",
					"Access-Control-Request-Headers: X-Token , x-token"),
				want: "204",
			},
		},
		difference: "Order, case and spacing of the names that a preflight asks for do not matter, nor do repeats: proxies change them.",
	},
	{
		setting: `RequestHeaders: []string{"*", "Authorization"}`,
		policy:  routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"*"}}},
		refused: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"*", "Authorization"}}},
		reason:  `write {"*"} alone`,
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withToken), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withBearer), want: "reads"},
		},
		difference: "`*` stands alone, and includes Authorization, with credentials or without.",
	},
	{
		setting: `RequestHeaders: []string{"*"}`,
		policy:  routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"X-Token"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withToken), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withBearer), want: "refused"},
		},
		difference: "There it leaves Authorization out unless there are credentials. Here `{\"*\"}` does not: where Authorization is to be kept out, name the others.",
	},
	{
		setting: `MaxAgeInSeconds: 600`,
		policy:  routecors.Policy{"https://app.example.com": {MaxAge: 600}},
		tries:   []try{{do: preflight("Access-Control-Max-Age", "https://app.example.com", "PUT /items"), want: "600"}},
	},
	{
		setting: `MaxAgeInSeconds: -1`,
		policy:  routecors.Policy{"https://app.example.com": {MaxAge: -1}},
		tries:   []try{{do: preflight("Access-Control-Max-Age", "https://app.example.com", "PUT /items"), want: "0"}},
	},
	{
		setting: `ResponseHeaders: []string{"X-Total"}`,
		policy:  routecors.Policy{"https://app.example.com": {ExposeHeaders: []string{"X-Total"}}},
		tries:   []try{{do: page("https://app.example.com", "GET /items"), want: "reads X-Total"}},
	},
	{
		setting:    `ResponseHeaders: []string{"*"}, Credentialed: true`,
		policy:     routecors.Policy{"https://app.example.com": {AllowCredentials: true, ExposeHeaders: []string{"*"}}},
		tries:      []try{{do: page("https://app.example.com", "GET /items", withCookies), want: "reads X-Page X-Total as ann"}},
		difference: "An error there. Here the headers of the response are listed.",
	},
	{
		setting: `DangerouslyTolerateInsecureOrigins: true`,
		policy:  routecors.Policy{"http://intranet.example": {AllowCredentials: true}},
		option:  routecors.DangerouslyTrustInsecureOrigins(),
		refused: routecors.Policy{"http://intranet.example": {AllowCredentials: true}},
		reason:  "DangerouslyTrustInsecureOrigins",
		tries: []try{
			{do: header("Access-Control-Allow-Credentials", "GET /items", "Origin: http://intranet.example"), want: "true"},
		},
		difference: "Without the option it is an error, as there.",
	},
	{
		setting: `DangerouslyTolerateSubdomainsOfPublicSuffixes: true`,
		policy:  routecors.Policy{"https://*.github.io": {AllowCredentials: true}},
		option:  routecors.DangerouslyTrustPublicSuffixes(),
		refused: routecors.Policy{"https://*.github.io": {AllowCredentials: true}},
		reason:  "DangerouslyTrustPublicSuffixes",
		tries: []try{
			{do: page("https://ann.github.io", "GET /items", withCookies), want: "reads as ann"},
		},
		difference: "Without the option it is an error, as there.",
	},
	{
		setting:    `Origins: []string{"null"}`,
		policy:     routecors.Policy{"null": {}},
		tries:      []try{{do: page("null", "GET /items"), want: "reads"}},
		refused:    routecors.Policy{"null": {AllowCredentials: true}},
		reason:     "any website can make a page of this origin",
		difference: "An error there; here with credentials, unless DangerouslyTrustNullOrigin names the danger. Without them `null` can do what any site could by way of `*`.",
	},
	{
		setting:    "PreflightSuccessStatus: 200",
		about:      ", before 0.11",
		policy:     routecors.Policy{"https://app.example.com": {}},
		option:     routecors.WithPreflightStatus(200),
		tries:      []try{{do: preflight("status", "https://app.example.com", "GET /items"), want: "200"}},
		difference: "200 or 204.",
	},
	{
		setting: "PrivateNetworkAccess: true",
		about:   ", before 0.7",
		policy:  routecors.Policy{"https://app.example.com": {}},
		tries: []try{
			{
				do: header("Access-Control-Allow-Private-Network", "OPTIONS /items", "Origin: https://app.example.com",
					"Access-Control-Request-Method: GET", "Access-Control-Request-Private-Network: true"),
				want: "none",
			},
		},
		difference: "Left out, as there: browsers no longer ask. PrivateNetworkAccessInNoCORSModeOnly likewise.",
	},
	{
		setting: "mw, err := cors.NewMiddleware(config)",
		about:   ", `mw.Wrap(mux)`",
		policy:  routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("PUT /items", items))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused"},
			{do: page("https://app.example.com", "PUT /nowhere"), want: "refused"},
		},
		difference: "And `cors.Handler(mux)` outermost. A preflight is approved where an added route serves the request; there it is for every path.",
	},
	{
		setting: `mux.Handle("/items", mw.Wrap(h))`,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("PUT /items", items), routecors.Policy{"https://app.example.com": {}})
		},
		tries:      []try{{do: page("https://app.example.com", "PUT /items"), want: "reads"}},
		difference: "The pattern may have a method; there the preflight of `PUT /items` would get a 405.",
	},
	{
		setting: "new(cors.Middleware)",
		about:   ", which passes everything through",
		policy:  routecors.Policy{},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "blind"},
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://app.example.com"), want: "none"},
		},
		difference: "Or add no route. A policy without a key allows nobody.",
	},
	{
		setting: "mw.Reconfigure(&config)",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			put := router.Handle("PUT /items", items)
			err := cors.Add(put, routecors.Policy{"https://app.example.com": {}})
			return errors.Join(err, cors.Update(put, routecors.Policy{"https://new.example.com": {}}))
		},
		tries: []try{
			{do: page("https://new.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /items"), want: "refused"},
		},
		difference: "The policy of one route, or of a resource. That of many at once is a `cors.Source`. `routecors.Diff` says what pages may do more or less, and with `routecors.RefuseWidening()` more is an error of Update.",
	},
	{
		setting: "mw.Config()",
		policy:  routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, len(cors.Routes())) }))
		},
		tries:      []try{{do: header("body", "GET /items"), want: "1"}},
		difference: "`cors.Routes()` is what is in force, for each route and origin, with the layer that it comes from.",
	},
	{
		setting: "mw.SetDebug(true)",
		policy:  routecors.Policy{"https://app.example.com": {}},
		option:  routecors.WithDebug(),
		tries: []try{
			{
				do: header("Access-Control-Allow-Origin", "OPTIONS /items", "Origin: https://app.example.com", "Access-Control-Request-Method: GET",
					"Access-Control-Request-Headers: x-token"),
				want: "https://app.example.com",
			},
			{
				do: header("body", "OPTIONS /items", "Origin: https://app.example.com", "Access-Control-Request-Method: GET",
					"Access-Control-Request-Headers: x-token"),
				want: `routecors: request header "x-token" is not among the AllowHeaders of this origin here`,
			},
		},
		difference: "An option of Setup. The body of a refused preflight says why, with the option or without.",
	},
	{
		setting: "cfgerrors.All(err)",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			err := cors.Add(router.Handle("PUT /items", items), routecors.Policy{"https://app.example.com/": {}})
			var wrong *routecors.ConfigError
			errors.As(err, &wrong)
			router.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, wrong.Reason) })
			return nil
		},
		tries:      []try{{do: header("body", "GET /items"), want: `trailing slash; write "https://app.example.com"`}},
		difference: "One type, with the route, the origin, the field, and what to write instead. The errors are joined.",
	},
}
