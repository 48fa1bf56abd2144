package migrating

import (
	"errors"
	"log"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/cors"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/chi"
)

var goChiCORSSettings = fields[cors.Options]()

var goChiCORS = []row{
	{
		setting: "r.Use(cors.Handler(options))",
		theirs: func(http.Handler) http.Handler {
			r := chi.NewRouter()
			r.Use(cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"PUT"}}))
			r.Method("PUT", "/items", items)
			r.Method("PUT", "/private", items)
			return r
		},
		policy: routecors.Policy{"https://app.example.com": {}},
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			return cors.Add(router.Method("PUT", "/items", items))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused", theirs: "reads"},
			{do: preflight("status", "https://app.example.com", "PUT /items"), want: "204", theirs: "200"},
			{do: preflight("status", "https://other.example", "PUT /items"), want: "403", theirs: "200"},
		},
		difference: "After `r.Use(cors.Handler)`, which stands where theirs does. What is not added is private. An approved preflight is 204 (`routecors.WithPreflightStatus(200)` for 200), a refused one 403.",
	},
	{
		setting: `r.With(cors.Handler(options)).Put("/items", h)`,
		about:   ", or in a `r.Group`",
		theirs: func(http.Handler) http.Handler {
			r := chi.NewRouter()
			r.With(cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"PUT"}})).Method("PUT", "/items", items)
			return r
		},
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			return cors.Add(router.Method("PUT", "/items", items), routecors.Policy{"https://app.example.com": {}})
		},
		tries:      []try{{do: page("https://app.example.com", "PUT /items"), want: "reads", theirs: "refused"}},
		difference: "There the preflight gets the 405 of chi, which runs no inline middleware for a method without a route. `router.On(r)` registers inside Route, Group and With.",
	},
	{
		setting: `r.Route("/api", func(r chi.Router) { r.Use(cors.Handler(options)); r.Put("/items", h) })`,
		theirs: func(http.Handler) http.Handler {
			r := chi.NewRouter()
			r.Route("/api", func(r chi.Router) {
				r.Use(cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"PUT"}}))
				r.Method("PUT", "/items", items)
			})
			return r
		},
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			router.Method("PUT", "/api/items", items)
			return cors.Add(router.Tree("/api/"), routecors.Policy{"https://app.example.com": {AllowMethods: []string{"PUT"}}})
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /api/items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /api/nowhere"), want: "refused", theirs: "reads"},
		},
		difference: "A tree reaches into what is mounted below its prefix; `router.On(r)` registers there. A preflight is approved where a route serves the request; there it is for every path below. With `NotFound(nil)` of the tree it is here, too, and a page can read the 404.",
	},
	{
		about:  "The same for every route of a router",
		policy: routecors.Policy{"https://app.example.com": {}},
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			router.Method("GET", "/items", items)
			var errs []error
			for _, route := range router.Routes() {
				errs = append(errs, cors.Add(route))
			}
			return errors.Join(errs...)
		},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "reads"},
		},
		difference: "`Routes` takes every route that is there, so write out the private ones. The tree `router.Tree(\"/\")` has those alone that `router` registers, also later.",
	},
	{
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}}),
		policy: routecors.Policy{"https://app.example.com": {}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
		},
	},
	{
		about:  "`AllowedOrigins` left out",
		theirs: cors.Handler(cors.Options{}),
		policy: routecors.Policy{"*": {}},
		tries:  []try{{do: page("https://other.example", "GET /items"), want: "reads"}},
	},
	{
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://*.example.com"}}),
		policy: routecors.Policy{"https://*.example.com": {}},
		tries: []try{
			{do: page("https://a.b.example.com", "GET /items"), want: "reads"},
			{do: page("https://example.com", "GET /items"), want: "blind"},
		},
	},
	{
		theirs:  cors.Handler(cors.Options{AllowedOrigins: []string{"https://*", "http://*"}, AllowCredentials: true}),
		policy:  routecors.Policy{"https://app.example.com": {AllowCredentials: true}},
		refused: routecors.Policy{"https://*": {AllowCredentials: true}, "http://*": {AllowCredentials: true}},
		reason:  "https://*",
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind", theirs: "reads as ann"},
		},
		difference: "There every site acts as the user. Name the origins; without credentials it is `\"*\"`.",
	},
	{
		setting: "AllowOriginFunc: func(r *http.Request, origin string) bool",
		theirs: cors.Handler(cors.Options{AllowOriginFunc: func(r *http.Request, origin string) bool {
			return r.Header.Get("X-Forwarded-Host")+" "+origin == "shop.example https://tenant.example"
		}}),
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			known := map[string]*routecors.ResourceOptions{"shop.example https://tenant.example": {}}
			tenants, err := cors.Dynamic(routecors.Dynamic{
				Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
					return known[r.Header.Get("X-Forwarded-Host")+" "+origin], nil
				},
				Vary: []string{"X-Forwarded-Host"},
			})
			return errors.Join(err, tenants.Add(router.Method("GET", "/items", items)))
		},
		tries: []try{
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: shop.example"), want: "https://tenant.example"},
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: other.example"), want: "none"},
			{do: header("Vary", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: shop.example"), want: "Origin, X-Forwarded-Host", theirs: "Origin"},
		},
		difference: "It sees the method, the URL, the host, and the headers that Vary names, and says what the origin may do. There a cache can hand the answer for one host to another.",
	},
	{
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"GET", "PUT"}}),
		policy: routecors.Policy{"https://app.example.com": {}},
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			return errors.Join(cors.Add(router.Method("GET", "/items", items)), cors.Add(router.Method("PUT", "/items", items)))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "DELETE /items"), want: "refused"},
		},
		unseen:     true,
		difference: "A route with a method allows that method, so none is listed.",
	},
	{
		theirs:     cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"patch"}}),
		policy:     routecors.Policy{"https://app.example.com": {AllowMethods: []string{"PATCH"}}},
		refused:    routecors.Policy{"https://app.example.com": {AllowMethods: []string{"patch"}}},
		reason:     `write "PATCH"`,
		difference: "Methods are case-sensitive for browsers and routers. Lower case is an error.",
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			return cors.Add(router.Handle("/items", items))
		},
		tries: []try{{do: page("https://app.example.com", "PATCH /items"), want: "reads"}},
	},
	{
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedHeaders: []string{"Accept", "Authorization", "Content-Type", "X-CSRF-Token"}}),
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"Accept", "Authorization", "Content-Type", "X-CSRF-Token"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withBearer), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withToken), want: "refused"},
		},
	},
	{
		about:  "`AllowedHeaders` left out",
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}}),
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"Content-Type"}}},
		tries: []try{
			{do: page("https://app.example.com", "POST /items", withJSON), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withToken), want: "refused"},
		},
	},
	{
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedHeaders: []string{"*"}}),
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"*"}}},
		tries:  []try{{do: page("https://app.example.com", "GET /items", withBearer), want: "reads"}},
	},
	{
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, ExposedHeaders: []string{"X-Total"}}),
		policy: routecors.Policy{"https://app.example.com": {ExposeHeaders: []string{"X-Total"}}},
		tries:  []try{{do: page("https://app.example.com", "GET /items"), want: "reads X-Total"}},
	},
	{
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowCredentials: true}),
		policy: routecors.Policy{"https://app.example.com": {AllowCredentials: true}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
	},
	{
		theirs:     cors.Handler(cors.Options{AllowedOrigins: []string{"*"}, AllowCredentials: true}),
		policy:     routecors.Policy{"https://app.example.com": {AllowCredentials: true}, "*": {}},
		refused:    routecors.Policy{"*": {AllowCredentials: true}},
		reason:     "any website could act as the user",
		difference: "An error; there it is sent, and browsers ignore it. Name the origins that need credentials.",
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann", theirs: "blind"},
			{do: page("https://other.example", "GET /items"), want: "reads"},
		},
	},
	{
		theirs: cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, MaxAge: 300}),
		policy: routecors.Policy{"https://app.example.com": {MaxAge: 300}},
		tries:  []try{{do: preflight("Access-Control-Max-Age", "https://app.example.com", "GET /items"), want: "300"}},
	},
	{
		theirs:     cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, MaxAge: -1}),
		policy:     routecors.Policy{"https://app.example.com": {MaxAge: -1}},
		tries:      []try{{do: preflight("Access-Control-Max-Age", "https://app.example.com", "GET /items"), want: "0", theirs: "none"}},
		difference: "A negative value switches the cache of the browser off; there it is as 0, five seconds.",
	},
	{
		setting: "OptionsPassthrough: true",
		theirs: func(http.Handler) http.Handler {
			return cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, OptionsPassthrough: true})(items)
		},
		policy: routecors.Policy{"https://app.example.com": {}},
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			router.Method("OPTIONS", "/items", items)
			return cors.Add(router.Method("GET", "/items", items))
		},
		tries: []try{
			{do: header("X-Total", "OPTIONS /items"), want: "3"},
			{do: preflight("X-Total", "https://app.example.com", "GET /items"), want: "none", theirs: "3"},
		},
		difference: "Not needed. A handler for OPTIONS gets every request that is no preflight of an added route.",
	},
	{
		setting: "Debug: true",
		theirs: func(h http.Handler) http.Handler {
			c := cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, Debug: true})
			c.Log = log.New(&lines, "", 0)
			return c.Handler(h)
		},
		policy: routecors.Policy{"https://app.example.com": {}},
		option: routecors.WithLogger(logger),
		tries: []try{
			{do: logs("https://other.example", "GET /items"), want: "logged"},
			{do: logs("https://app.example.com", "GET /items"), want: "nothing", theirs: "logged"},
			{do: preflight("body", "https://other.example", "GET /items"), want: `routecors: origin "https://other.example" is not allowed to "GET" here; no policy of the route lists it`, theirs: "none"},
		},
		difference: "A slog.Logger; there, the standard output. The body of a refused preflight says why in any case.",
	},
	{
		setting: "cors.AllowAll().Handler",
		theirs:  cors.AllowAll().Handler,
		policy:  routecors.Policy{"*": {AllowHeaders: []string{"*"}}},
		tries: []try{
			{do: page("https://other.example", "DELETE /items", withToken), want: "reads"},
			{do: page("https://other.example", "PUT /private"), want: "refused", theirs: "reads"},
		},
		difference: "For the routes that are added; the others stay private.",
	},
}
