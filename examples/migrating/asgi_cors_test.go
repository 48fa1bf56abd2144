package migrating

import (
	"errors"
	"net/http"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

var asgiCORS = []row{
	{
		setting: "asgi_cors(app, allow_all=True)",
		policy:  routecors.Policy{"*": {AllowHeaders: []string{"Content-Type"}}},
		tries: []try{
			{do: page("https://other.example", "GET /items"), want: "reads"},
			{do: page("https://other.example", "POST /items", withJSON), want: "reads"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
		difference: "Preflights are answered. There they reach the application, which must answer OPTIONS itself.",
	},
	{
		setting: `hosts=["https://www.example.com"]`,
		policy:  routecors.Policy{"https://www.example.com": {AllowHeaders: []string{"Content-Type"}}},
		tries: []try{
			{do: page("https://www.example.com", "GET /items"), want: "reads"},
			{do: page("https://other.example", "GET /items"), want: "blind"},
			{do: header("Vary", "GET /items"), want: "Origin"},
		},
		difference: "Vary is sent. Without it a cache hands the answer for one origin to another.",
	},
	{
		setting:    `hosts=["https://www.example.com/"]`,
		policy:     routecors.Policy{"https://www.example.com": {}},
		refused:    routecors.Policy{"https://www.example.com/": {}},
		reason:     `trailing slash; write "https://www.example.com"`,
		tries:      []try{{do: page("https://www.example.com", "GET /items"), want: "reads"}},
		difference: "An error there, too; here also a path, upper case and a default port.",
	},
	{
		setting: `host_wildcards=["http://localhost:800*"]`,
		policy:  routecors.Policy{"http://localhost:800*": {}},
		tries: []try{
			{do: page("http://localhost:8000", "GET /items"), want: "reads"},
			{do: page("http://localhost:8009", "GET /items"), want: "reads"},
			{do: page("http://localhost:9000", "GET /items"), want: "blind"},
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: http://localhost:8000.other.example"), want: "none"},
		},
		difference: "The `*` stands for digits of the port. There `http://localhost:8000.other.example` matches, too.",
	},
	{
		setting: `host_wildcards=["http://*.example.com"]`,
		policy:  routecors.Policy{"http://*.example.com": {}},
		tries: []try{
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: http://a.b.example.com"), want: "http://a.b.example.com"},
			{do: header("Access-Control-Allow-Origin", "GET /items", "Origin: http://example.com"), want: "none"},
		},
	},
	{
		setting: `host_wildcards=["https://app?.example.[co]*"]`,
		policy:  routecors.Policy{`regexp:https://app[0-9]\.example\.(com|org)`: {}},
		refused: routecors.Policy{"https://app?.example.[co]*": {}},
		reason:  "https://app?.example.[co]*",
		tries: []try{
			{do: page("https://app1.example.org", "GET /items"), want: "reads"},
			{do: page("https://app1.example.co.other.example", "GET /items"), want: "blind"},
		},
		difference: "Globs run across dots, so that this one takes hosts of other people. A regular expression is anchored at both ends and says what it takes.",
	},
	{
		setting: "callback=validate_origin",
		about:   ", also async",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			known := map[string]*routecors.ResourceOptions{"https://www.example.com": {}}
			tenants, err := cors.Dynamic(routecors.Dynamic{
				Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) { return known[origin], nil },
			})
			return errors.Join(err, tenants.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://www.example.com", "PUT /items"), want: "reads"},
			{do: page("https://other.example", "PUT /items"), want: "refused"},
		},
		difference: "It gets the request, too, with a context that ends after a second, or after Timeout. An error, a panic or no answer in time opens nothing. Where it looks into a table, a `cors.Source` loads that ahead of requests.",
	},
	{
		setting: `headers=["Authorization", "content-type"]`,
		policy:  routecors.Policy{"https://www.example.com": {AllowHeaders: []string{"Authorization", "Content-Type"}}},
		tries: []try{
			{do: page("https://www.example.com", "GET /items", withBearer, withJSON), want: "reads"},
			{do: page("https://www.example.com", "GET /items", withToken), want: "refused"},
		},
	},
	{
		about:  "`headers` left out",
		policy: routecors.Policy{"https://www.example.com": {AllowHeaders: []string{"Content-Type"}}},
		tries: []try{
			{do: page("https://www.example.com", "GET /items", withJSON), want: "reads"},
			{do: page("https://www.example.com", "GET /items", withBearer), want: "refused"},
		},
		difference: "Nothing is the default here; JSON needs Content-Type.",
	},
	{
		setting: `methods=["GET", "PUT"]`,
		policy:  routecors.Policy{"https://www.example.com": {}},
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return errors.Join(cors.Add(router.Handle("GET /items", items)), cors.Add(router.Handle("PUT /items", items)))
		},
		tries: []try{
			{do: page("https://www.example.com", "PUT /items"), want: "reads"},
			{do: page("https://www.example.com", "DELETE /items"), want: "refused"},
		},
		difference: "A route with a method allows that method.",
	},
	{
		setting: "max_age=600",
		policy:  routecors.Policy{"https://www.example.com": {MaxAge: 600}},
		tries:   []try{{do: preflight("Access-Control-Max-Age", "https://www.example.com", "PUT /items"), want: "600"}},
	},
	{
		about:  "An application that sets Access-Control-Allow-Credentials itself",
		policy: routecors.Policy{"https://www.example.com": {AllowCredentials: true}},
		tries: []try{
			{do: page("https://www.example.com", "GET /items", withCookies), want: "reads as ann"},
			{do: page("https://other.example", "GET /items", withCookies), want: "blind"},
		},
		difference: "There is no setting for credentials there.",
	},
	{
		setting: "@asgi_cors_decorator(hosts=…)",
		code: func(cors *routecors.CorsConfig, router *stdmux.Adapter) error {
			return cors.Add(router.Handle("GET /items", items), routecors.Policy{"https://www.example.com": {}})
		},
		tries: []try{
			{do: page("https://www.example.com", "GET /items"), want: "reads"},
			{do: page("https://www.example.com", "PUT /private"), want: "refused"},
		},
		difference: "For each route. For the whole program it is `cors.Add(router.Tree(\"/\"), policy)`, with AllowMethods, and `cors.Handler(mux)`.",
	},
}
