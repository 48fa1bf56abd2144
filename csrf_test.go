package routecors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/stdmux"
)

const bank = `{
	"https://app.example":                      {"allow_credentials": true},
	"https://app.example:8443":                 {"allow_credentials": true},
	"https://*.w.example":                      {"allow_credentials": true},
	"https://denied.w.example":                 {"deny": true},
	"https://read.w.example":                   {"allow_headers": "*"},
	"http://localhost:*":                       {"allow_credentials": true},
	"https://*.ports.example:80*":              {"allow_credentials": true},
	"http://[::1]:8080":                        {"allow_credentials": true},
	"http://example.com":                       {},
	"chrome-extension://abcdefghijklmnop":      {"allow_credentials": true},
	"null":                                     {"allow_credentials": true},
	"file://":                                  {"allow_credentials": true},
	"https://*.github.io":                      {"allow_credentials": true},
	"regexp:https://pr-[0-9]+\\.app\\.example": {"allow_credentials": true}
}`

// A vault is a router with its registry, and what is registered in it.
type vault struct {
	http.Handler
	routecors.RouterAdapter
	cors       *routecors.CorsConfig
	protection *routecors.CrossOriginProtection
}

// vaults are the ways to put a protection before a router: the kinds of router, by
// the place.
var vaults = map[string]func(t *testing.T) vault{
	"ServeMux, inside": func(t *testing.T) vault {
		v := newVault(t, serveMux)
		v.Handler = v.cors.Handler(v.protection.Handler(v.Handler))
		return v
	},
	"ServeMux, alone": func(t *testing.T) vault {
		v := newVault(t, serveMux)
		v.Handler = v.protection.Handler(v.Handler)
		return v
	},
	"chi, outside": func(t *testing.T) vault {
		v := newVault(t, chiRouter)
		v.Handler = v.protection.Handler(v.cors.Handler(v.Handler))
		return v
	},
	"chi, Use": func(t *testing.T) vault {
		return newVault(t, chiRouter, func(v vault) {
			v.Handler.(chi.Router).Use(v.cors.Handler, v.protection.Handler)
		})
	},
}

func serveMux() vault {
	mux := http.NewServeMux()
	return vault{Handler: mux, RouterAdapter: stdmux.New(mux)}
}

func chiRouter() vault {
	r := chi.NewRouter()
	return vault{Handler: r, RouterAdapter: chicors.New(r)}
}

var everyDanger = []routecors.Option{
	routecors.DangerouslyTrustEveryOrigin(), routecors.DangerouslyTrustNullOrigin(),
	routecors.DangerouslyTrustInsecureOrigins(), routecors.DangerouslyTrustPublicSuffixes(),
}

func newVault(t *testing.T, router func() vault, before ...func(vault)) vault {
	t.Helper()
	v := router()
	cors, err := routecors.Setup(v.RouterAdapter, policy(t, bank), everyDanger...)
	must(t, err)
	v.cors, v.protection = cors, cors.CrossOriginProtection()
	for _, f := range before {
		f(v)
	}
	b := bench{t, v.RouterAdapter.(interface {
		routecors.RouterAdapter
		Handle(pattern string, h http.Handler) *routecors.Route
		Resource(pattern string) *routecors.Resource
	}), cors}
	b.add("POST /items")
	b.add("GET /items")
	b.add("PUT /items/{id}")
	b.add("DELETE /items/{id}")
	b.router.Handle("DELETE /items/all", text("private"))
	b.router.Handle("POST /private", text("private"))
	b.add("POST /anyone", `{"*": {"allow_credentials": true}}`)
	b.add("POST /everyone", `{"*": {}}`)
	b.add("POST /near", `{"https://app.example": {}}`)
	b.add("/every", `{"https://app.example": {"allow_credentials": true, "allow_methods": ["GET", "PUT"]}}`)
	b.add("/all", `{"https://app.example": {"allow_credentials": true, "allow_methods": "*"}}`)
	b.resource("/r/{id}", `{"https://app.example": {"allow_credentials": true, "allow_methods": ["PUT"]}}`, "PUT", "POST")
	return v
}

// The host of all requests is example.com.
var protectionCases = []struct {
	reason        string
	request       string
	origins, site string // "|" between two lines
	status        int
}{
	{"no browser", "POST /private", "", "", 200},
	{"the site's own page", "POST /private", "https://example.com", "same-origin", 200},
	{"the site's own page, in an old browser", "POST /private", "https://example.com", "", 200},
	{"the user opened it", "POST /private", "", "none", 200},
	{"safe methods", "GET /items", "https://evil.example", "cross-site", 200},
	{"a preflight", "OPTIONS /items", "https://read.w.example", "cross-site", 204},

	{"exact", "POST /items", "https://app.example", "cross-site", 200},
	{"exact, in an old browser", "POST /items", "https://app.example", "", 200},
	{"exact, with a port", "POST /items", "https://app.example:8443", "cross-site", 200},
	{"subdomain", "POST /items", "https://a.b.w.example", "cross-site", 200},
	{"ports of loopback", "POST /items", "http://localhost:5173", "cross-site", 200},
	{"ports of subdomains", "POST /items", "https://a.ports.example:8080", "cross-site", 200},
	{"IPv6", "POST /items", "http://[::1]:8080", "cross-site", 200},
	{"an extension", "POST /items", "chrome-extension://abcdefghijklmnop", "cross-site", 200},
	{"wildcard of the router", "PUT /items/7", "https://app.example", "cross-site", 200},

	{"unlisted", "POST /items", "https://evil.example", "cross-site", 403},
	{"unlisted, in an old browser", "POST /items", "https://evil.example", "", 403},
	{"a subdomain of the site itself", "POST /items", "https://user.example.com", "same-site", 403},
	{"another port of the site", "POST /items", "https://example.com:8443", "same-site", 403},
	{"another port of the site, in an old browser", "POST /items", "https://example.com:8443", "", 403},
	{"the site in plain http, listed without credentials", "POST /items", "http://example.com", "cross-site", 403},
	{"the site in plain http, in an old browser: net/http cannot tell, see HSTS", "POST /items", "http://example.com", "", 200},
	{"denied", "POST /items", "https://denied.w.example", "cross-site", 403},
	{"without credentials", "POST /items", "https://read.w.example", "cross-site", 403},
	{"the bare domain of a subdomain pattern", "POST /items", "https://w.example", "cross-site", 403},
	{"http for https", "POST /items", "http://a.w.example", "cross-site", 403},
	{"null", "POST /items", "null", "cross-site", 403},
	{"null, in an old browser", "POST /items", "null", "", 403},
	{"file", "POST /items", "file://", "cross-site", 403},
	{"a public suffix", "POST /items", "https://evil.github.io", "cross-site", 403},
	{"a regexp", "POST /items", "https://pr-7.app.example", "cross-site", 403},
	{"upper case", "POST /items", "https://APP.example", "cross-site", 403},
	{"a default port", "POST /items", "https://app.example:443", "cross-site", 403},
	{"a path", "POST /items", "https://app.example/", "cross-site", 403},
	{"the dot of the root", "POST /items", "https://app.example.", "cross-site", 403},
	{"user info", "POST /items", "https://app.example@evil.example", "cross-site", 403},
	{"no Origin", "POST /items", "", "cross-site", 403},
	{"no Origin, on a route for everyone", "POST /everyone", "", "cross-site", 403},
	{"several lines", "POST /items", "https://app.example|https://evil.example", "cross-site", 403},
	{"several lines of one", "POST /items", "https://app.example|https://app.example", "cross-site", 403},
	{"a list", "POST /items", "https://app.example https://evil.example", "cross-site", 403},
	{"an unknown Sec-Fetch-Site", "POST /items", "https://evil.example", "future", 403},

	{"private", "POST /private", "https://app.example", "cross-site", 403},
	{"private under a public pattern", "DELETE /items/all", "https://app.example", "cross-site", 403},
	{"its public neighbour", "DELETE /items/7", "https://app.example", "cross-site", 200},
	{"a method that no route serves", "PATCH /items/7", "https://app.example", "cross-site", 403},
	{"a path that no route serves", "POST /nowhere", "https://app.example", "cross-site", 403},
	{"a method that nobody is allowed", "TRACE /items", "https://app.example", "cross-site", 403},
	{`"*" with credentials`, "POST /anyone", "https://evil.example", "cross-site", 403},
	{"a nearer layer without credentials", "POST /near", "https://app.example", "cross-site", 403},
	{"a layer further away", "POST /near", "https://a.w.example", "cross-site", 200},
	{"AllowMethods names it", "PUT /every", "https://app.example", "cross-site", 200},
	{"AllowMethods does not", "POST /every", "https://app.example", "cross-site", 403},
	{"AllowMethods names every method", "PATCH /all", "https://app.example", "cross-site", 200},
	{"covered", "PUT /r/7", "https://app.example", "cross-site", 200},
	{"not covered", "POST /r/7", "https://app.example", "cross-site", 403},
}

func TestCrossOriginProtection(t *testing.T) {
	for name, build := range vaults {
		v := build(t)
		for _, tt := range protectionCases {
			method, path, _ := strings.Cut(tt.request, " ")
			var lines []string
			for _, o := range strings.Split(tt.origins, "|") {
				if o != "" {
					lines = append(lines, "Origin: "+o)
				}
			}
			if tt.site != "" {
				lines = append(lines, "Sec-Fetch-Site: "+tt.site)
			}
			lines = append(lines, "X-HTTP-Method-Override: GET", "X-Forwarded-Host: app.example", "Access-Control-Request-Method: POST")
			res := ask(v, method, path, lines...)
			if res.StatusCode != tt.status {
				t.Errorf("%s: %s: %s of %q, %q: %d, want %d: %s", name, tt.reason, tt.request, tt.origins, tt.site, res.StatusCode, tt.status, body(res))
			}
		}
	}
}

func TestCrossOriginProtectionCheck(t *testing.T) {
	const seen, old = " (cross-origin request detected from Sec-Fetch-Site header)", " (cross-origin request detected, and/or browser is out of date: Sec-Fetch-Site is missing, and Origin does not match Host)"
	tests := []struct{ request, origin, site, want string }{
		{"POST /items", "https://app.example", "cross-site", ""},
		{"POST /items", "https://evil.example", "cross-site", `routecors: origin "https://evil.example" is not allowed to "POST" here; no policy of the route lists it` + seen},
		{"POST /items", "https://evil.example", "", `routecors: origin "https://evil.example" is not allowed to "POST" here; no policy of the route lists it` + old},
		{"POST /items", "https://denied.w.example", "cross-site", `routecors: origin "https://denied.w.example" is denied by the policy of the route` + seen},
		{"POST /items", "https://read.w.example", "cross-site", `routecors: origin "https://read.w.example" is allowed, but not with credentials: its options have no AllowCredentials` + seen},
		{"POST /items", "null", "cross-site", `routecors: origin "null" is allowed with credentials, but by a key that does not say whose page it is` + seen},
		{"POST /items", "", "cross-site", `routecors: Origin "" is not one serialized origin` + seen},
		{"POST /items", "https://" + strings.Repeat("a", 1<<16), "cross-site", `routecors: Origin "https://` + strings.Repeat("a", 56) + `" is not one serialized origin` + seen},
		{"POST /everyone", "", "cross-site", `routecors: Origin "" is not one serialized origin` + seen},
		{"POST /private", "https://app.example", "cross-site", `routecors: no route that is open to other origins serves "POST" here` + seen},
		{"POST /every", "https://app.example", "cross-site", `routecors: method "POST" is not among the AllowMethods of this origin here` + seen},
	}
	v := newVault(t, serveMux)
	var std http.CrossOriginProtection
	for _, tt := range tests {
		method, path, _ := strings.Cut(tt.request, " ")
		r := httptest.NewRequest(method, path, nil)
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		r.Header.Set("Sec-Fetch-Site", tt.site)
		got := ""
		err := v.protection.Check(r)
		if err != nil {
			got = err.Error()
			if inner := err.(interface{ Unwrap() error }).Unwrap(); inner != std.Check(r) {
				t.Errorf("%s of %s wraps %v", tt.request, tt.origin, inner)
			}
		}
		if got != tt.want {
			t.Errorf("%s of %s:\n%s, want\n%s", tt.request, tt.origin, got, tt.want)
		}
	}
}

// A page that the policy knows can read why it is refused.
func TestCrossOriginProtectionReadable(t *testing.T) {
	v := vaults["ServeMux, inside"](t)
	res := ask(v, "POST", "/items", "Origin: https://read.w.example", "Sec-Fetch-Site: cross-site")
	if got, want := answer(res), "403 Access-Control-Allow-Origin=https://read.w.example Vary=Origin"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := body(res); !strings.Contains(got, "have no AllowCredentials") {
		t.Error(got)
	}
}

func TestCrossOriginProtectionOptions(t *testing.T) {
	v := newVault(t, serveMux)
	h := v.protection.Handler(v)
	send := func(path string) string {
		res := ask(h, "POST", path, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site")
		return fmt.Sprint(res.StatusCode, " ", body(res))
	}
	v.protection.AddInsecureBypassPattern("POST /anyone")
	if got := send("/anyone"); got != "200 POST /anyone" {
		t.Error("bypassed:", got)
	}
	if got := send("/private"); !strings.HasPrefix(got, "403 routecors: ") {
		t.Error("beside it:", got)
	}
	v.protection.SetDenyHandler(http.RedirectHandler("/sorry", http.StatusSeeOther))
	if got := send("/private"); !strings.HasPrefix(got, "303 ") {
		t.Error("with a deny handler:", got)
	}
	v.protection.SetDenyHandler(nil)
	if got := send("/private"); !strings.HasPrefix(got, "403 routecors: ") {
		t.Error("with none again:", got)
	}
	defer func() {
		if got := fmt.Sprint(recover()); got != "routecors: nil handler; pass the router to CrossOriginProtection.Handler" {
			t.Error(got)
		}
	}()
	v.protection.Handler(http.HandlerFunc(nil))
}

// What is added while the router serves counts at once.
func TestCrossOriginProtectionAddLater(t *testing.T) {
	s := newSite(t, `{"https://app.example": {"allow_credentials": true}}`)
	h := s.cors.CrossOriginProtection().Handler(s.mux)
	send := func(path string) int {
		return ask(h, "POST", path, "Origin: https://app.example", "Sec-Fetch-Site: cross-site").StatusCode
	}
	for i := range 20 {
		path := fmt.Sprint("/", i)
		route := s.router.Handle("POST "+path, text("x"))
		if got := send(path); got != 403 {
			t.Fatal("before Add:", got)
		}
		done := make(chan bool)
		go func() {
			for range 10 {
				send(path)
			}
			close(done)
		}()
		must(t, s.cors.Add(route))
		if got := send(path); got != 200 {
			t.Fatal("after Add:", got)
		}
		<-done
	}
}
