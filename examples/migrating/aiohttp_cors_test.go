package migrating

import (
	"errors"
	"net/http"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/stdmux"
)

// A view carries policies of its own, by method.
type view struct{ http.Handler }

func (view) CORSPolicies() map[string]routecors.Policy {
	return map[string]routecors.Policy{
		"": {"https://client.example.org": {
			AllowMethods: []string{"GET"}, AllowHeaders: []string{"X-Request-ID"},
		}},
		"POST": {"https://client.example.org": {AllowHeaders: []string{"*"}}},
	}
}

var aiohttpCORS = []row{
	{
		setting: "cors = aiohttp_cors.setup(app); cors.add(route, {origin: ResourceOptions()})",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("PUT /items", items), routecors.Policy{"https://client.example.org": {}})
		},
		tries: []try{
			{do: page("https://client.example.org", "PUT /items"), want: "reads"},
			{do: page("https://other.example", "PUT /items"), want: "refused"},
			{do: page("https://client.example.org", "PUT /private"), want: "refused"},
			{do: header("Vary", "PUT /items"), want: "Origin"},
		},
		difference: "And `cors.Handler(mux)` outermost, for the errors of middlewares. Vary is sent, or a cache hands the answer for one origin to another.",
	},
	{
		setting: "aiohttp_cors.setup(app, defaults={origin: ResourceOptions()})",
		policy:  routecors.Policy{"https://client.example.org": {}},
		tries: []try{
			{do: page("https://client.example.org", "PUT /items"), want: "reads"},
			{do: page("https://client.example.org", "PUT /private"), want: "refused"},
		},
	},
	{
		setting: `cors.add(route, {"*": ResourceOptions()})`,
		about:   ", and other options for an origin in the defaults",
		policy:  routecors.Policy{"https://client.example.org": {AllowCredentials: true}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("GET /items", items), routecors.Policy{"*": {}})
		},
		tries: []try{
			{do: page("https://client.example.org", "GET /items"), want: "reads"},
			{do: page("https://client.example.org", "GET /items", withCookies), want: "blind"},
		},
		difference: "The nearer layer decides: what stands with the route holds. There the exact origin of the defaults beats the `*` of the route.",
	},
	{
		setting: "cors.add(route, {})",
		about:   ", which inherits",
		policy:  routecors.Policy{"https://client.example.org": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("GET /items", items))
		},
		tries: []try{{do: page("https://client.example.org", "GET /items"), want: "reads"}},
	},
	{
		about:  "A route that the defaults do not hold for",
		policy: routecors.Policy{"https://client.example.org": {}, "https://admin.example.org": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("GET /items", items), routecors.Policy{"https://client.example.org": {Deny: true}})
		},
		tries: []try{
			{do: page("https://client.example.org", "GET /items"), want: "blind"},
			{do: page("https://admin.example.org", "GET /items"), want: "reads"},
		},
		difference: "There nothing that is inherited can be taken back.",
	},
	{
		setting: `{"*": ResourceOptions(), "https://client.example.org": ResourceOptions(allow_credentials=True)}`,
		policy:  routecors.Policy{"*": {}, "https://client.example.org": {AllowCredentials: true}},
		tries: []try{
			{do: page("https://client.example.org", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
	},
	{
		setting: `{"*": ResourceOptions(allow_credentials=True)}`,
		policy:  routecors.Policy{"https://client.example.org": {AllowCredentials: true}},
		refused: routecors.Policy{"*": {AllowCredentials: true}},
		reason:  "any website could act as the user",
		tries: []try{
			{do: page("https://client.example.org", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
		difference: "An error: there any site acts as the user. Name the origins; or name the danger, as the next row does.",
	},
	{
		setting: `{"*": ResourceOptions(allow_credentials=True)}`,
		about:   ", and it is meant",
		policy:  routecors.Policy{"*": {AllowCredentials: true}},
		option:  routecors.DangerouslyTrustEveryOrigin(),
		tries:   []try{{do: page("https://other.example", "GET /items", withCookies), want: "reads as ann"}},
	},
	{
		setting: `expose_headers=("X-Total",)`,
		policy:  routecors.Policy{"https://client.example.org": {ExposeHeaders: []string{"X-Total"}}},
		tries:   []try{{do: page("https://client.example.org", "GET /items"), want: "reads X-Total"}},
	},
	{
		setting: `expose_headers="*", allow_credentials=True`,
		policy:  routecors.Policy{"https://client.example.org": {ExposeHeaders: []string{"*"}, AllowCredentials: true}},
		tries:   []try{{do: page("https://client.example.org", "GET /items", withCookies), want: "reads X-Page X-Total as ann"}},
	},
	{
		setting: `allow_headers=("X-Requested-With", "Content-Type")`,
		policy:  routecors.Policy{"https://client.example.org": {AllowHeaders: []string{"X-Requested-With", "Content-Type"}}},
		tries: []try{
			{do: page("https://client.example.org", "POST /items", withJSON), want: "reads"},
			{do: page("https://client.example.org", "POST /items", withToken), want: "refused"},
			{
				do: header("status", "OPTIONS /items", "Origin: https://client.example.org", "Access-Control-Request-Method: PUT",
					"Access-Control-Request-Headers: accept, content-language"),
				want: "403",
			},
		},
	},
	{
		setting: `allow_headers="*"`,
		policy:  routecors.Policy{"https://client.example.org": {AllowHeaders: []string{"*"}}},
		tries:   []try{{do: page("https://client.example.org", "PUT /items", withToken, withBearer), want: "reads"}},
	},
	{
		setting: "max_age=3600",
		policy:  routecors.Policy{"https://client.example.org": {MaxAge: 3600}},
		tries:   []try{{do: preflight("Access-Control-Max-Age", "https://client.example.org", "PUT /items"), want: "3600"}},
	},
	{
		setting:    "max_age=0",
		policy:     routecors.Policy{"https://client.example.org": {MaxAge: -1}},
		tries:      []try{{do: preflight("Access-Control-Max-Age", "https://client.example.org", "PUT /items"), want: "0"}},
		difference: "0 is what a field has if nothing is said, so a negative value sends 0.",
	},
	{
		setting: "max_age=None",
		policy:  routecors.Policy{"https://client.example.org": {}},
		tries:   []try{{do: preflight("Access-Control-Max-Age", "https://client.example.org", "PUT /items"), want: "none"}},
	},
	{
		setting: `cors.add(resource, {origin: ResourceOptions(allow_methods=["POST", "PUT"])})`,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			resource := router.Resource("/items")
			err := cors.Add(resource, routecors.Policy{"https://client.example.org": {AllowMethods: []string{"POST", "PUT"}}})
			resource.Handle("PUT", items)
			resource.Handle("DELETE", items)
			return err
		},
		tries: []try{
			{do: page("https://client.example.org", "PUT /items"), want: "reads"},
			{do: page("https://client.example.org", "DELETE /items"), want: "refused"},
		},
	},
	{
		setting: `allow_methods="*"`,
		policy:  routecors.Policy{"https://client.example.org": {AllowMethods: []string{"*"}}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			resource := router.Resource("/items")
			resource.Handle("DELETE", items)
			return cors.Add(resource)
		},
		tries: []try{{do: page("https://client.example.org", "DELETE /items"), want: "reads"}},
	},
	{
		setting: `allow_methods=["put"]`,
		policy:  routecors.Policy{"https://client.example.org": {AllowMethods: []string{"PUT"}}},
		refused: routecors.Policy{"https://client.example.org": {AllowMethods: []string{"put"}}},
		reason:  `write "PUT"`,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/items", items))
		},
		tries:      []try{{do: page("https://client.example.org", "PUT /items"), want: "reads"}},
		difference: "Methods are case-sensitive in Fetch. Lower case is an error.",
	},
	{
		about: "A GET is added with a policy, then a DELETE of the same resource with another",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			get, remove := router.Handle("GET /items", items), router.Handle("DELETE /items", items)
			return errors.Join(cors.Add(get, routecors.Policy{"*": {}}), cors.Add(remove, routecors.Policy{"https://admin.example.org": {}}))
		},
		tries: []try{
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "DELETE /items"), want: "refused"},
			{do: page("https://admin.example.org", "DELETE /items"), want: "reads"},
		},
		difference: "Each route stands alone. There the policy of the first becomes the default of the others, and a public GET opens DELETE.",
	},
	{
		about: "A GET is added, and a POST of the same resource is not",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("POST /items", items)
			return cors.Add(router.Handle("GET /items", items), routecors.Policy{"https://client.example.org": {}})
		},
		tries: []try{
			{do: page("https://client.example.org", "GET /items"), want: "reads"},
			{do: page("https://client.example.org", "POST /items"), want: "blind"},
		},
		difference: "Only a route that was added is readable. There every response of the resource is.",
	},
	{
		about: "A private route below the pattern of a public one",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("DELETE /items/all", items)
			return cors.Add(router.Handle("DELETE /items/{id}", items), routecors.Policy{"https://client.example.org": {}})
		},
		tries: []try{
			{do: page("https://client.example.org", "DELETE /items/7"), want: "reads"},
			{do: page("https://client.example.org", "DELETE /items/all"), want: "refused"},
		},
		difference: "The preflight is answered for the route that would serve the request. There it is answered for the pattern that OPTIONS lands on, and the browser deletes everything.",
	},
	{
		about:  "HEAD on a GET route",
		policy: routecors.Policy{"https://client.example.org": {AllowHeaders: []string{"X-Token"}}},
		tries: []try{
			{do: page("https://client.example.org", "HEAD /items", withToken), want: "reads"},
		},
		difference: "A page that may GET may HEAD, where the router serves it. There it is refused.",
	},
	{
		about:  "An OPTIONS handler of your own, a route for every method",
		policy: routecors.Policy{"https://client.example.org": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("OPTIONS /items", items)
			return cors.Add(router.Handle("/items", items))
		},
		tries: []try{
			{do: header("X-Total", "OPTIONS /items"), want: "3"},
			{do: preflight("status", "https://client.example.org", "POST /items"), want: "204"},
		},
		difference: "Both are kept. There it is a ValueError of `add`.",
	},
	{
		about:  "An OPTIONS request that is no preflight",
		policy: routecors.Policy{"https://client.example.org": {}},
		tries: []try{
			{do: header("status", "OPTIONS /items"), want: "204"},
			{do: header("Allow", "OPTIONS /items"), want: "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"},
		},
		difference: "It goes to the application, or gets 204 and Allow. There it is 403.",
	},
	{
		about:  "A handler that sets Access-Control-Allow-Origin itself",
		policy: routecors.Policy{"https://client.example.org": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Access-Control-Allow-Origin", "*") }))
		},
		tries: []try{
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://client.example.org"), want: "*"},
			{do: header("status", "GET /items", "Origin: https://client.example.org"), want: "200"},
		},
		difference: "It overrides, as it does everything in net/http. There it is an AssertionError, and a 500. A reverse proxy goes into `routecors.Proxy`, which removes what the upstream says.",
	},
	{
		setting: `cors.add(app.router.add_static("/static", path), {origin: ResourceOptions()})`,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			files := http.StripPrefix("/static/", http.FileServer(http.Dir(".")))
			return cors.Add(router.Handle("GET /static/", files), routecors.Policy{"https://client.example.org": {}})
		},
		tries: []try{
			{do: header("status", "GET /static/go.mod", "Origin: https://client.example.org"), want: "200"},
			{do: header("Access-Control-Allow-Origin", "GET /static/go.mod", "Origin: https://client.example.org"), want: "https://client.example.org"},
			{do: page("https://client.example.org", "GET /static/style.css"), want: "reads"},
			{do: page("https://client.example.org", "GET /static/style.css", withToken), want: "refused"},
		},
		difference: "One route of a ServeMux, so it needs no tree; in chi, where HEAD is another one, it does. `examples/static` has both, and what ETag and Range need.",
	},
	{
		setting: "for route in list(app.router.routes()): cors.add(route)",
		policy:  routecors.Policy{"https://client.example.org": {}},
		onChi: func(cors *routecors.CorsConfig, router *chicors.Adapter) error {
			router.Method("GET", "/items", items)
			var errs []error
			for _, route := range router.Routes() {
				errs = append(errs, cors.Add(route))
			}
			return errors.Join(errs...)
		},
		tries: []try{
			{do: page("https://client.example.org", "GET /items"), want: "reads"},
			{do: page("https://client.example.org", "PUT /private"), want: "reads"},
		},
		difference: "In chi. A ServeMux does not list its routes: add the tree `router.Tree(\"/\")`, which has what `router` registers, before and after, for the methods in AllowMethods.",
	},
	{
		setting: "cors.add(route, webview=True)",
		about:   ", `CorsViewMixin`, `cors_config`, `@custom_cors`",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/items", view{items}))
		},
		tries: []try{
			{do: page("https://client.example.org", "GET /items", withToken), want: "refused"},
			{do: page("https://client.example.org", "GET /items", corstest.Header("X-Request-ID", "1")), want: "reads"},
			{do: page("https://client.example.org", "POST /items", withToken), want: "reads"},
			{do: page("https://client.example.org", "DELETE /items"), want: "refused"},
		},
		difference: "cors_config is the entry for all other methods, which AllowMethods names; custom_cors is that of one. The entry of a method replaces the one for all others; there it is merged with it, origin by origin. A whole program is in `examples/view`.",
	},
	{
		setting: "get_request_config(self, request, method)",
		about:   " of a view",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			known := map[string]*routecors.ResourceOptions{"PUT https://client.example.org": {}}
			views, err := cors.Dynamic(routecors.Dynamic{
				Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
					return known[r.Method+" "+origin], nil
				},
			})
			return errors.Join(err, views.Add(router.Handle("GET /items", items)), views.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://client.example.org", "PUT /items"), want: "reads"},
			{do: page("https://client.example.org", "GET /items"), want: "blind"},
			{do: page("https://other.example", "PUT /items"), want: "refused"},
		},
		difference: "The function gives the options of one origin, where no nearer policy has it; nil leaves it to the defaults. Of a preflight, too, the method is that of the request to come.",
	},
	{
		setting:    `ResourceOptions(allow_header="*")`,
		about:      ", which is a TypeError",
		policy:     routecors.Policy{"https://client.example.org": {AllowHeaders: []string{"*"}}},
		tries:      []try{{do: page("https://client.example.org", "PUT /items", withToken), want: "reads"}},
		difference: "The compiler says so. A policy in JSON has the names of aiohttp_cors, and an unknown one is an error with line and column.",
	},
}
