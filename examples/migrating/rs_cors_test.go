package migrating

import (
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/rs/cors"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

var rsCORSSettings = fields[cors.Options]()

var rsCORS = []row{
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}}).Handler,
		policy: routecors.Policy{"https://app.example.com": {}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
			{do: page("https://app.example.com", "GET /items", withToken), want: "refused"},
		},
	},
	{
		theirs:     cors.New(cors.Options{AllowedOrigins: []string{"https://App.example.com"}}).Handler,
		policy:     routecors.Policy{"https://app.example.com": {}},
		refused:    routecors.Policy{"https://App.example.com": {}},
		reason:     `write "https://app.example.com"`,
		difference: "Upper case is an error, as is a trailing slash, a path or a default port: browsers send none of it, and compare octet by octet. The error says what to write.",
		tries:      []try{{do: page("https://app.example.com", "GET /items"), want: "reads"}},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"*"}}).Handler,
		policy: routecors.Policy{"*": {}},
		tries: []try{
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://*.example.com"}}).Handler,
		policy: routecors.Policy{"https://*.example.com": {}},
		tries: []try{
			{do: page("https://a.b.example.com", "GET /items"), want: "reads"},
			{do: page("https://example.com", "GET /items"), want: "blind"},
		},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"http://localhost:*"}}).Handler,
		policy: routecors.Policy{"http://localhost:*": {}},
		tries: []try{
			{do: page("http://localhost:3000", "GET /items"), want: "reads"},
			{do: page("http://localhost", "GET /items"), want: "reads", theirs: "blind"},
			{do: page("http://localhost.example:3000", "GET /items"), want: "blind"},
		},
		difference: "`:*` is any port or none.",
	},
	{
		theirs:     cors.New(cors.Options{AllowedOrigins: []string{"https://app-*.example.com"}}).Handler,
		policy:     routecors.Policy{`regexp:https://app-[a-z0-9-]+\.example\.com`: {}},
		refused:    routecors.Policy{"https://app-*.example.com": {}},
		reason:     "https://app-*.example.com",
		difference: "A `*` stands for whole labels, or for a port. Elsewhere a regular expression says which characters: their `*` takes a dot, too, and so hosts that you may not have thought of.",
		tries: []try{
			{do: page("https://app-7.example.com", "GET /items"), want: "reads"},
			{do: page("https://app-7.hosting.example.com", "GET /items"), want: "blind", theirs: "reads"},
		},
	},
	{
		setting: "AllowOriginFunc: func(origin string) bool",
		theirs:  cors.New(cors.Options{AllowOriginFunc: func(origin string) bool { return origin == "https://tenant.example" }}).Handler,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			known := map[string]*routecors.ResourceOptions{"https://tenant.example": {}}
			tenants, err := cors.Dynamic(routecors.Dynamic{
				Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) { return known[origin], nil },
			})
			return errors.Join(err, tenants.Add(router.Handle("GET /items", items)))
		},
		tries: []try{
			{do: page("https://tenant.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
		},
		unseen:     true,
		difference: "It returns what the origin may do; nil, where it does not know it. For a table of origins `cors.Source` is simpler, and faster.",
	},
	{
		setting: "AllowOriginRequestFunc: func(r *http.Request, origin string) bool",
		//lint:ignore SA1019 who comes from it has it
		theirs: cors.New(cors.Options{AllowOriginRequestFunc: func(r *http.Request, origin string) bool {
			return r.Header.Get("X-Forwarded-Host")+" "+origin == "shop.example https://tenant.example"
		}}).Handler,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			known := map[string]*routecors.ResourceOptions{"shop.example https://tenant.example": {}}
			tenants, err := cors.Dynamic(routecors.Dynamic{
				Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
					return known[r.Header.Get("X-Forwarded-Host")+" "+origin], nil
				},
				Vary: []string{"X-Forwarded-Host"},
			})
			return errors.Join(err, tenants.Add(router.Handle("GET /items", items)))
		},
		tries: []try{
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: shop.example"), want: "https://tenant.example"},
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: other.example"), want: "none"},
			{do: header("Vary", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: shop.example"), want: "Origin, X-Forwarded-Host", theirs: "Origin"},
		},
		difference: "It sees the method, the URL, the host, and the headers that Vary names. There a cache can hand the answer for one host to another, and a cookie can be read, which no preflight has.",
	},
	{
		setting: "AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string)",
		theirs: cors.New(cors.Options{AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) {
			return r.Header.Get("X-Forwarded-Host")+" "+origin == "shop.example https://tenant.example", []string{"X-Forwarded-Host"}
		}}).Handler,
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			known := map[string]*routecors.ResourceOptions{"shop.example https://tenant.example": {}}
			tenants, err := cors.Dynamic(routecors.Dynamic{
				Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
					return known[r.Header.Get("X-Forwarded-Host")+" "+origin], nil
				},
				Vary: []string{"X-Forwarded-Host"},
			})
			return errors.Join(err, tenants.Add(router.Handle("GET /items", items)))
		},
		tries: []try{
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: shop.example"), want: "https://tenant.example"},
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: other.example"), want: "none"},
			{do: header("Vary", "GET /items", "Origin: https://tenant.example", "X-Forwarded-Host: shop.example"), want: "Origin, X-Forwarded-Host"},
		},
		unseen:     true,
		difference: "The headers are named once, and others cannot be read.",
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"GET", "PUT"}}).Handler,
		policy: routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return errors.Join(cors.Add(router.Handle("GET /items", items)), cors.Add(router.Handle("PUT /items", items)))
		},
		difference: "A route with a method allows that method. A method without a route is no method of the resource, and its preflight is refused.",
		unseen:     true,
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "DELETE /items"), want: "refused"},
		},
	},
	{
		setting: `AllowedMethods: []string{"GET", "PUT"}`,
		about:   ", for a handler of all methods",
		theirs: func(http.Handler) http.Handler {
			return cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"GET", "PUT"}}).Handler(items)
		},
		policy: routecors.Policy{"https://app.example.com": {AllowMethods: []string{"GET", "PUT"}}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("/items", items))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "POST /items"), want: "blind"},
			{do: page("https://app.example.com", "DELETE /items"), want: "refused"},
		},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedHeaders: []string{"X-Token"}}).Handler,
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"X-Token"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withToken), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withJSON), want: "refused"},
		},
	},
	{
		about:  "`AllowedHeaders` left out",
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}}).Handler,
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"Content-Type", "X-Requested-With"}}},
		tries: []try{
			{do: page("https://app.example.com", "POST /items", withJSON), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withToken), want: "refused"},
		},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedHeaders: []string{"*"}}).Handler,
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"*"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withToken), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withBearer), want: "reads"},
		},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, ExposedHeaders: []string{"X-Total"}}).Handler,
		policy: routecors.Policy{"https://app.example.com": {ExposeHeaders: []string{"X-Total"}}},
		tries:  []try{{do: page("https://app.example.com", "GET /items"), want: "reads X-Total"}},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowCredentials: true, ExposedHeaders: []string{"*"}}).Handler,
		policy: routecors.Policy{"https://app.example.com": {AllowCredentials: true, ExposeHeaders: []string{"*"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads X-Page X-Total"},
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads X-Page X-Total as ann", theirs: "reads as ann"},
		},
		difference: "With credentials `*` is no wildcard for a browser. Here the headers of the response are listed.",
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, MaxAge: 600}).Handler,
		policy: routecors.Policy{"https://app.example.com": {MaxAge: 600}},
		tries:  []try{{do: preflight("Access-Control-Max-Age", "https://app.example.com", "GET /items"), want: "600"}},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, MaxAge: -1}).Handler,
		policy: routecors.Policy{"https://app.example.com": {MaxAge: -1}},
		tries:  []try{{do: preflight("Access-Control-Max-Age", "https://app.example.com", "GET /items"), want: "0"}},
	},
	{
		theirs:     cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, MaxAge: 604800}).Handler,
		policy:     routecors.Policy{"https://app.example.com": {MaxAge: 86400}},
		refused:    routecors.Policy{"https://app.example.com": {MaxAge: 604800}},
		reason:     "write 86400",
		difference: "No browser keeps a preflight longer than a day. More is an error.",
		tries: []try{
			{do: preflight("Access-Control-Max-Age", "https://app.example.com", "GET /items"), want: "86400", theirs: "604800"},
		},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowCredentials: true}).Handler,
		policy: routecors.Policy{"https://app.example.com": {AllowCredentials: true}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
	},
	{
		theirs:     cors.New(cors.Options{AllowedOrigins: []string{"*"}, AllowCredentials: true}).Handler,
		policy:     routecors.Policy{"https://app.example.com": {AllowCredentials: true}, "*": {}},
		refused:    routecors.Policy{"*": {AllowCredentials: true}},
		reason:     "any website could act as the user",
		difference: "Any site could act as the user, so it is an error; there it is sent, and browsers ignore it. Name the origins that need credentials.",
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann", theirs: "blind"},
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
	},
	{
		theirs:     cors.New(cors.Options{AllowedOrigins: []string{"http://intranet.example"}, AllowCredentials: true}).Handler,
		policy:     routecors.Policy{"http://intranet.example": {AllowCredentials: true}},
		option:     routecors.DangerouslyTrustInsecureOrigins(),
		refused:    routecors.Policy{"http://intranet.example": {AllowCredentials: true}},
		reason:     "anyone on the network can put a page under a plain http origin",
		difference: "Credentials for plain http are an error unless the option names the danger: anyone on the network can put a page there.",
		tries:      []try{{do: header("Access-Control-Allow-Credentials", "GET /items", "Origin: http://intranet.example"), want: "true"}},
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowPrivateNetwork: true}).Handler,
		policy: routecors.Policy{"https://app.example.com": {}},
		tries: []try{
			{
				do: header("Access-Control-Allow-Private-Network", "OPTIONS /items", "Origin: https://app.example.com",
					"Access-Control-Request-Method: GET", "Access-Control-Request-Private-Network: true"),
				want: "none", theirs: "true",
			},
		},
		difference: "Left out. Browsers no longer ask: Local Network Access asks the user instead.",
	},
	{
		setting: "OptionsPassthrough: true",
		theirs: func(http.Handler) http.Handler {
			return cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, OptionsPassthrough: true}).Handler(items)
		},
		policy: routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			router.Handle("OPTIONS /items", items)
			return cors.Add(router.Handle("GET /items", items))
		},
		tries: []try{
			{do: header("X-Total", "OPTIONS /items"), want: "3"},
			{do: preflight("X-Total", "https://app.example.com", "GET /items"), want: "none", theirs: "3"},
		},
		difference: "Not needed. A handler for OPTIONS gets every request that is no preflight of an added route; a second answer to a preflight could only spoil the first.",
	},
	{
		theirs: cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, OptionsSuccessStatus: 200}).Handler,
		policy: routecors.Policy{"https://app.example.com": {}},
		option: routecors.WithPreflightStatus(200),
		tries: []try{
			{do: preflight("status", "https://app.example.com", "GET /items"), want: "200"},
			{do: preflight("status", "https://other.example", "GET /items"), want: "403", theirs: "200"},
		},
		difference: "200 or 204. A refused preflight is 403 in any case, so that a log shows it.",
	},
	{
		setting:    "Debug: true, Logger: l",
		theirs:     cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, Debug: true, Logger: log.New(&lines, "", 0)}).Handler,
		policy:     routecors.Policy{"https://app.example.com": {}},
		option:     routecors.WithLogger(logger),
		difference: "A slog.Logger: refusals as warnings, the same one at most once in ten seconds, and what is allowed at the level of debug.",
		tries: []try{
			{do: logs("https://other.example", "GET /items"), want: "logged"},
			{do: logs("https://app.example.com", "GET /items"), want: "nothing", theirs: "logged"},
		},
	},
	{
		setting: "Debug: true",
		about:   ", to find out why",
		theirs:  cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}}).Handler,
		policy:  routecors.Policy{"https://app.example.com": {}},
		option:  routecors.WithDebug(),
		tries: []try{
			{
				do:     preflight("body", "https://other.example", "GET /items"),
				want:   `routecors: origin "https://other.example" is not allowed to "GET" here; no policy of the route lists it`,
				theirs: "none",
			},
		},
		difference: "The body of a refused preflight says why, with the option or without; with it the console of the browser says which method or header it was. `cors.Explain(r)` says the same of any request, and `cors.Counters()` counts what was refused.",
	},
	{
		setting: "cors.AllowAll()",
		theirs:  cors.AllowAll().Handler,
		policy:  routecors.Policy{"*": {AllowHeaders: []string{"*"}}},
		tries: []try{
			{do: page("https://other.example", "DELETE /items", withToken), want: "reads"},
			{do: page("https://other.example", "DELETE /items", withCookies), want: "refused"},
			{do: page("https://other.example", "PUT /private"), want: "refused", theirs: "reads"},
		},
		difference: "For the routes that are added; the others stay private.",
	},
	{
		setting: "cors.Default()",
		theirs:  cors.Default().Handler,
		policy:  routecors.Policy{"*": {AllowHeaders: []string{"Content-Type", "X-Requested-With"}}},
		tries: []try{
			{do: page("https://other.example", "POST /items", withJSON), want: "reads"},
			{do: page("https://other.example", "PUT /items"), want: "reads", theirs: "refused"},
		},
		difference: "A PUT that was added is meant.",
	},
	{
		setting: "c.Handler(mux)",
		theirs:  cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"PUT"}}).Handler,
		policy:  routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("PUT /items", items))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "PUT /private"), want: "refused", theirs: "reads"},
			{do: page("https://app.example.com", "PUT /nowhere"), want: "refused", theirs: "reads"},
		},
		difference: "And `cors.Handler(mux)` outermost. A preflight is approved where an added route serves the request; there it is for every path. So a page reads the 404 of a path that does not exist only where a tree that is added has NotFound.",
	},
	{
		setting: `mux.Handle("PUT /items", c.Handler(h))`,
		theirs: func(http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("PUT /items", cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"PUT"}}).Handler(items))
			return mux
		},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("PUT /items", items), routecors.Policy{"https://app.example.com": {}})
		},
		tries:      []try{{do: page("https://app.example.com", "PUT /items"), want: "reads", theirs: "refused"}},
		difference: "There the preflight gets the 405 of the mux.",
	},
	{
		setting: "c.ServeHTTP(w, r, next)",
		about:   ", `c.HandlerFunc`",
		theirs: func(h http.Handler) http.Handler {
			c := cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"PUT"}})
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.ServeHTTP(w, r, h.ServeHTTP) })
		},
		policy:     routecors.Policy{"https://app.example.com": {}},
		tries:      []try{{do: page("https://app.example.com", "PUT /items"), want: "reads"}},
		unseen:     true,
		difference: "`cors.Handler(next)` is the only form: an ordinary middleware.",
	},
	{
		setting: "c.OriginAllowed(r)",
		theirs: func(http.Handler) http.Handler {
			c := cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}})
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, c.OriginAllowed(r)) })
		},
		policy: routecors.Policy{"https://app.example.com": {AllowCredentials: true}, "https://other.example": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, cors.CheckOrigin(r))
			}))
		},
		tries: []try{
			{do: header("body", "GET /items", "Origin: https://app.example.com"), want: "true"},
			{do: header("body", "GET /items", "Origin: https://other.example"), want: "false"},
			{do: header("body", "GET /items", "Origin: https://server.test"), want: "true", theirs: "false"},
			{do: header("body", "GET /items"), want: "true", theirs: "false"},
		},
		difference: "For the handshake of a WebSocket, to which a browser adds the cookies: the options must have AllowCredentials, by a key that says whose page it is. The site's own pages may, and who is no browser. Of any other request `cors.Explain(r)` says whether it is allowed, and why.",
	},
}
