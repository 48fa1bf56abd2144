package migrating

import (
	"errors"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

var asabWeb = []row{
	{
		setting: "cors=*",
		policy:  routecors.Policy{"*": {AllowHeaders: []string{"Authorization", "Content-Type"}, MaxAge: 86400}},
		tries: []try{
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "PUT /items", withJSON, withBearer), want: "reads"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
			{do: page("https://other.example", "PUT /items", withCookies), want: "refused"},
		},
		difference: "No credentials for `*`: older releases approve preflights of any origin with credentials.",
	},
	{
		setting: "cors=https://app.example.com, https://admin.example.com",
		policy:  routecors.Policy{"https://app.example.com": {}, "https://admin.example.com": {}},
		tries: []try{
			{do: page("https://admin.example.com", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
		},
		difference: "Older releases take any value for `*`. Here each origin has options of its own.",
	},
	{
		setting:    "cors=",
		policy:     routecors.Policy{},
		tries:      []try{{do: page("https://app.example.com", "GET /items"), want: "blind"}},
		difference: "Or add no route: what is not added is private.",
	},
	{
		setting: "cors_preflight_paths=/api/*, /status",
		about:   " (`preflightpaths`)",
		policy:  routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return errors.Join(cors.Add(router.Handle("PUT /api/", items)), cors.Add(router.Handle("PUT /status", items)))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /api/a/b"), want: "reads"},
			{do: page("https://app.example.com", "PUT /status"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused"},
			{do: page("https://app.example.com", "DELETE /status"), want: "refused"},
		},
		difference: "There is no list of paths apart from the routes: the route is added, and its preflights are answered for the methods that it serves.",
	},
	{
		setting: "cors_preflight_paths=/*",
		about:   ", the default",
		policy:  routecors.Policy{"https://app.example.com": {AllowMethods: []string{"*"}}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/", items))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused"},
		},
		difference: "A pattern for all paths opens what it serves; a narrower route that is not added stays private.",
	},
	{
		setting: "cors_allow_headers=Authorization, Content-Type, X-App, X-Request-Id",
		policy:  routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"Authorization", "Content-Type", "X-App", "X-Request-Id"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withBearer), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withToken), want: "refused"},
		},
	},
	{
		setting: "cors_allow_methods=GET, PUT",
		policy:  routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return errors.Join(cors.Add(router.Handle("GET /items", items)), cors.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "DELETE /items"), want: "refused"},
		},
		difference: "A route with a method allows that method.",
	},
	{
		setting: "cors_allow_credentials=yes",
		policy:  routecors.Policy{"https://app.example.com": {AllowCredentials: true}},
		tries:   []try{{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann"}},
	},
	{
		setting: "cors=*, cors_allow_credentials=yes",
		policy:  routecors.Policy{"https://app.example.com": {AllowCredentials: true}, "*": {}},
		refused: routecors.Policy{"*": {AllowCredentials: true}},
		reason:  "any website could act as the user",
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
		difference: "An error: there any site acts as the user. Name the origins that need credentials.",
	},
	{
		setting: "container.enable_cors(allow_origin=[…], preflight_paths=[…])",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("GET /items", items), routecors.Policy{"https://app.example.com": {}})
		},
		tries:      []try{{do: page("https://app.example.com", "GET /items"), want: "reads"}},
		difference: "For each route, in code.",
	},
	{
		setting:    "container.enable_cors(allow_origin=is_origin_allowed)",
		waits:      "dynamic",
		difference: "The function gets the request with its context.",
	},
	{
		setting:    "enable_cors",
		about:      " called again, to replace the origins",
		waits:      "update",
		difference: "The policy of a route, the others go on.",
	},
	{
		about:      "The policy in the configuration file",
		waits:      "files",
		difference: "JSON, read strictly: an unknown name is an error.",
	},
}
