package migrating

import (
	"context"
	"errors"
	"net/http"

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
		policy:  routecors.Policy{"https://app.example.com": {AllowMethods: routecors.CommonMethods()}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("PUT /api/a/b", items)
			return errors.Join(cors.Add(router.Tree("/api/")), cors.Add(router.Handle("/status", items)))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /api/a/b"), want: "reads"},
			{do: page("https://app.example.com", "PUT /status"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused"},
			{do: page("https://app.example.com", "PUT /api/nowhere"), want: "refused"},
			{do: page("https://app.example.com", "FROB /status"), want: "refused"},
		},
		difference: "A tree has the routes below its prefix, now and later; one path is a route, or a resource. `/api` itself is not below `/api/`; newer releases include it. In older ones the list is for preflights alone, and responses of all paths are shared.",
	},
	{
		setting: "cors_preflight_paths=/*",
		about:   ", the default",
		policy:  routecors.Policy{"https://app.example.com": {AllowMethods: []string{"*"}}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("PUT /items", items)
			return errors.Join(cors.Add(router.Tree("/")), cors.Add(router.Handle("PUT /admin", items), routecors.Policy{"*": {Deny: true}}))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused"},
			{do: page("https://app.example.com", "PUT /admin"), want: "refused"},
			{do: page("https://app.example.com", "PUT /nowhere"), want: "refused"},
		},
		difference: "The tree of everything has what `router` registers. What the bare mux has is private, and so is a route that denies `*`.",
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
			router.Handle("PUT /api/items", items)
			return cors.Add(router.Tree("/api/"), routecors.Policy{"https://app.example.com": {AllowMethods: routecors.CommonMethods()}})
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /api/items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused"},
		},
		difference: "A tree for each path with a `*`, or one for all; a route or a resource for another path.",
	},
	{
		setting: "container.enable_cors(allow_origin=is_origin_allowed)",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			known := map[string]*routecors.ResourceOptions{"https://app.example.com": {}}
			tenants, err := cors.Dynamic(routecors.Dynamic{
				Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) { return known[origin], nil },
			})
			return errors.Join(err, tenants.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://other.example", "PUT /items"), want: "refused"},
		},
		difference: "It gets the request, too, and says what the origin may do. A preflight and its request get the same answer, since it sees nothing in which they differ.",
	},
	{
		setting: "enable_cors",
		about:   " called again, to replace the origins",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			origins := routecors.Policy{"https://app.example.com": {}}
			source, err := cors.Source(context.Background(), func(context.Context) (routecors.Policy, error) { return origins, nil })
			addErr := source.Config().Add(router.Handle("PUT /items", items))
			origins = routecors.Policy{"https://new.example.com": {}}
			return errors.Join(err, addErr, source.Refresh(context.Background()))
		},
		tries: []try{
			{do: page("https://new.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /items"), want: "refused"},
		},
		difference: "All routes change at once, while the server runs; `source.RefreshEvery` does it by itself. A policy that is wrong is an error, and the one before stays. A browser keeps a preflight for MaxAge.",
	},
	{
		about: "The policy in the configuration file",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("POST /items", items)
			file, err := routecors.ParsePolicyFile("policies.json", []byte(`{"cors": "https://app.example.com", "cors_preflight_paths": "/items"}`))
			_, applyErr := cors.Apply(file)
			return errors.Join(err, applyErr)
		},
		tries: []try{
			{do: page("https://app.example.com", "POST /items", withJSON), want: "reads"},
			{do: page("https://other.example", "POST /items", withJSON), want: "refused"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused"},
		},
		difference: "JSON, read strictly: an unknown name, and a path without a route, is an error with line and column. Beside these two names it can have defaults, policies by name, and those of each route. `Apply` with the file as it is later changes what differs, and returns it.",
	},
}
