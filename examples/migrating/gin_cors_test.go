package migrating

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// inGin returns a gin engine with c round a handler.
func inGin(c cors.Config) func(http.Handler) http.Handler {
	return engine(func() gin.HandlerFunc { return cors.New(c) })
}

func engine(middleware func() gin.HandlerFunc) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		gin.SetMode(gin.ReleaseMode)
		e := gin.New()
		e.Use(middleware())
		e.Any("/*path", gin.WrapH(h))
		return e
	}
}

var ginContribCORSSettings = fields[cors.Config]()

var ginContribCORS = []row{
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}}),
		policy: routecors.Policy{"https://app.example.com": {}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
			{do: header("status", "GET /items", "Origin: https://other.example"), want: "200", theirs: "403"},
			{do: header("Vary", "GET /items"), want: "Origin", theirs: "none"},
		},
		difference: "A request that is no preflight is never blocked: CORS keeps answers from pages, and other clients send Origin, too. Vary is sent without an Origin, too, or a cache blocks the next page.",
	},
	{
		theirs: inGin(cors.Config{AllowAllOrigins: true}),
		policy: routecors.Policy{"*": {}},
		tries: []try{
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{`/https://[a-z]+\.example\.com/`}}),
		policy: routecors.Policy{`regexp:https://[a-z]+\.example\.com`: {}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items"), want: "reads"},
			{do: page("https://app.example.com.other.example", "GET /items"), want: "blind", theirs: "reads"},
		},
		difference: "Anchored at both ends, and compiled once. There a match anywhere in the origin is enough, and the expression is put in lower case first (`\\D` becomes `\\d`).",
	},
	{
		setting: "AllowOriginFunc: func(origin string) bool",
		theirs:  inGin(cors.Config{AllowOriginFunc: func(origin string) bool { return origin == "https://tenant.example" }}),
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
		setting: "AllowOriginWithContextFunc: func(c *gin.Context, origin string) bool",
		theirs: inGin(cors.Config{AllowOriginWithContextFunc: func(c *gin.Context, origin string) bool {
			return c.GetHeader("X-Forwarded-Host")+" "+origin == "shop.example https://tenant.example"
		}}),
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
		difference: "It sees the method, the URL, the host, and the headers that Vary names, and no values of a middleware, which a preflight may not have. There a cache can hand the answer for one host to another.",
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"GET", "PUT"}}),
		policy: routecors.Policy{"https://app.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return errors.Join(cors.Add(router.Handle("GET /items", items)), cors.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items"), want: "reads"},
			{do: page("https://app.example.com", "DELETE /items"), want: "refused"},
			{do: preflight("status", "https://app.example.com", "DELETE /items"), want: "403", theirs: "204"},
			{do: preflight("Access-Control-Allow-Methods", "https://app.example.com", "PUT /items"), want: "PUT", theirs: "GET,PUT"},
		},
		difference: "A route with a method allows that method, and a preflight for another one is 403. Only the method that was asked for is answered: the others may be other routes.",
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}, AllowPrivateNetwork: true}),
		policy: routecors.Policy{"https://app.example.com": {}},
		tries: []try{
			{do: preflight("Access-Control-Allow-Private-Network", "https://app.example.com", "GET /items"), want: "none", theirs: "true"},
		},
		difference: "Left out. Browsers no longer ask: Local Network Access asks the user instead.",
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}, AllowHeaders: []string{"X-Token"}}),
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"X-Token"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withToken), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withJSON), want: "refused"},
		},
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}, AllowHeaders: []string{"*"}}),
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"*"}}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withToken), want: "reads"},
			{do: page("https://app.example.com", "GET /items", withBearer), want: "reads", theirs: "refused"},
		},
		difference: "Authorization is included, which `*` does not cover in Fetch.",
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}, AllowCredentials: true}),
		policy: routecors.Policy{"https://app.example.com": {AllowCredentials: true}},
		tries: []try{
			{do: page("https://app.example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
	},
	{
		theirs:     inGin(cors.Config{AllowAllOrigins: true, AllowCredentials: true}),
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
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}, ExposeHeaders: []string{"X-Total"}}),
		policy: routecors.Policy{"https://app.example.com": {ExposeHeaders: []string{"X-Total"}}},
		tries:  []try{{do: page("https://app.example.com", "GET /items"), want: "reads X-Total"}},
	},
	{
		theirs:     inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}, MaxAge: 10 * time.Minute}),
		policy:     routecors.Policy{"https://app.example.com": {MaxAge: 600}},
		tries:      []try{{do: preflight("Access-Control-Max-Age", "https://app.example.com", "GET /items"), want: "600"}},
		unseen:     true,
		difference: "In seconds, as the header is, and at most 86400.",
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://*.example.com"}, AllowWildcard: true}),
		policy: routecors.Policy{"https://*.example.com": {}},
		tries: []try{
			{do: page("https://a.b.example.com", "GET /items"), want: "reads"},
			{do: page("https://example.com", "GET /items"), want: "blind"},
		},
	},
	{
		theirs:     inGin(cors.Config{AllowOrigins: []string{"https://api.*"}, AllowWildcard: true}),
		policy:     routecors.Policy{`regexp:https://api\.example\.(com|org)`: {}},
		refused:    routecors.Policy{"https://api.*": {}},
		reason:     "https://api.*",
		difference: "Anyone can have such a host, so it is no pattern. Name the hosts.",
		tries: []try{
			{do: page("https://api.example.org", "GET /items"), want: "reads"},
			{do: page("https://api.other.example", "GET /items"), want: "blind", theirs: "reads"},
		},
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"chrome-extension://abcdefghijklmnopabcdefghijklmnop"}, AllowBrowserExtensions: true}),
		policy: routecors.Policy{"chrome-extension://abcdefghijklmnopabcdefghijklmnop": {}},
		tries: []try{
			{
				do:   header("Access-Control-Allow-Origin", "GET /items", "Origin: chrome-extension://abcdefghijklmnopabcdefghijklmnop"),
				want: "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
			},
		},
		unseen:     true,
		difference: "Schemes need no switch.",
	},
	{
		theirs:     inGin(cors.Config{AllowOrigins: []string{"tauri://localhost"}, CustomSchemas: []string{"tauri://"}}),
		policy:     routecors.Policy{"tauri://localhost": {}},
		tries:      []try{{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: tauri://localhost"), want: "tauri://localhost"}},
		unseen:     true,
		difference: "Schemes need no switch.",
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"wss://app.example.com"}, AllowWebSockets: true}),
		policy: routecors.Policy{"https://app.example.com": {AllowCredentials: true}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, cors.CheckOrigin(r)) }))
		},
		tries: []try{
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: https://app.example.com"), want: "https://app.example.com", theirs: "none"},
			{do: header("body", "GET /items", "Origin: https://app.example.com"), want: "true", theirs: "none"},
			{do: header("body", "GET /items", "Origin: https://other.example"), want: "false", theirs: "none"},
		},
		difference: "The Origin of a WebSocket handshake is that of the page, so there is no origin of the scheme wss to allow. CORS does not apply to the handshake: `cors.CheckOrigin` says whether to upgrade, for the `CheckOrigin` of the library that does.",
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"file://"}, AllowFiles: true}),
		policy: routecors.Policy{"file://": {}, "null": {}},
		tries: []try{
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: file://"), want: "file://"},
			{do: page("null", "GET /items"), want: "reads", theirs: "blind"},
		},
		difference: "A page of a file is of the origin `null` in most browsers; so is any sandboxed frame, which is why credentials are an error there.",
	},
	{
		theirs: inGin(cors.Config{AllowOrigins: []string{"https://app.example.com"}, OptionsResponseStatusCode: 200}),
		policy: routecors.Policy{"https://app.example.com": {}},
		option: routecors.WithPreflightStatus(200),
		tries:  []try{{do: preflight("status", "https://app.example.com", "GET /items"), want: "200"}},
	},
	{
		setting: "cors.Default()",
		theirs:  engine(cors.Default),
		policy:  routecors.Policy{"*": {AllowHeaders: []string{"Content-Type"}, MaxAge: 43200}},
		tries: []try{
			{do: page("https://other.example", "DELETE /items", withJSON), want: "reads"},
			{do: page("https://other.example", "DELETE /items", withToken), want: "refused"},
			{do: preflight("Access-Control-Max-Age", "https://other.example", "GET /items"), want: "43200"},
			{do: page("https://other.example", "PUT /private"), want: "refused", theirs: "reads"},
		},
		difference: "For the routes that are added; the others stay private.",
	},
	{
		setting: "config := cors.DefaultConfig(); config.AddAllowHeaders(\"X-Token\")",
		theirs: engine(func() gin.HandlerFunc {
			config := cors.DefaultConfig()
			config.AllowOrigins = []string{"https://app.example.com"}
			config.AddAllowHeaders("X-Token")
			return cors.New(config)
		}),
		policy: routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"Content-Type", "X-Token"}, MaxAge: 43200}},
		tries: []try{
			{do: page("https://app.example.com", "PUT /items", withJSON, withToken), want: "reads"},
			{do: page("https://app.example.com", "PUT /items", withBearer), want: "refused"},
		},
		refused:    routecors.Policy{"https://app.example.com": {AllowHeaders: []string{"Origin", "Content-Length", "Content-Type"}}},
		reason:     "Origin",
		difference: "There is no default to add to: what a page may do stands there whole. `Origin` and `Content-Length` are names that no page may set, and errors. AddAllowMethods and AddExposeHeaders likewise.",
	},
	{
		setting: `group := router.Group("/api", cors.New(config))`,
		theirs: func(http.Handler) http.Handler {
			e := gin.New()
			group := e.Group("/api", cors.New(cors.Config{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"PUT"}}))
			group.PUT("/items", gin.WrapH(items))
			return e
		},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			api, err := cors.Group(routecors.Policy{"https://app.example.com": {}})
			return errors.Join(err, api.Add(router.Handle("PUT /api/items", items)))
		},
		tries:      []try{{do: page("https://app.example.com", "PUT /api/items"), want: "reads", theirs: "refused"}},
		difference: "There the preflight gets a 404, since gin runs the middlewares of a group for its routes alone. What both call a group is some routes; all below a prefix is a tree: `cors.Add(router.Tree(\"/api/\"), policy)`.",
	},
}
