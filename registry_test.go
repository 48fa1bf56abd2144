package routecors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
	"github.com/routecors/routecors/stdmux"
)

// TestPrecedence asks one PUT route under four layers. MaxAge tells which key
// decided; a key that allows credentials says so.
func TestPrecedence(t *testing.T) {
	const (
		app  = "https://app.example.com"
		none = "refused"
		deny = "denied"
	)
	for _, tt := range []struct {
		reason                           string
		route, resource, group, defaults string
		origin                           string
		want                             string
	}{
		{"no layer", "", "", "", "", app, none},
		{"no layer lists it", `{"https://a.example": {}}`, `{"https://b.example": {}}`, `{"https://c.example": {}}`, `{"https://d.example": {}}`, app, none},
		{"the defaults alone", "", "", "", `{"https://app.example.com": {"max_age": 4}}`, app, "4"},
		{"the group alone", "", "", `{"https://app.example.com": {"max_age": 3}}`, "", app, "3"},
		{"the resource alone", "", `{"https://app.example.com": {"max_age": 2}}`, "", "", app, "2"},
		{"the route alone", `{"https://app.example.com": {"max_age": 1}}`, "", "", "", app, "1"},

		{"route before resource", `{"*": {"max_age": 1}}`, `{"*": {"max_age": 2}}`, `{"*": {"max_age": 3}}`, `{"*": {"max_age": 4}}`, app, "1"},
		{"resource before group", `{"https://a.example": {"max_age": 1}}`, `{"*": {"max_age": 2}}`, `{"*": {"max_age": 3}}`, `{"*": {"max_age": 4}}`, app, "2"},
		{"group before defaults", `{"https://a.example": {"max_age": 1}}`, `{"https://b.example": {"max_age": 2}}`, `{"*": {"max_age": 3}}`, `{"*": {"max_age": 4}}`, app, "3"},
		{"the defaults last", `{"https://a.example": {"max_age": 1}}`, `{"https://b.example": {"max_age": 2}}`, `{"https://c.example": {"max_age": 3}}`, `{"*": {"max_age": 4}}`, app, "4"},
		{"an empty layer is none", `{}`, `{}`, `{}`, `{"*": {"max_age": 4}}`, app, "4"},
		{"empty options are an answer", `{"https://app.example.com": {}}`, "", "", `{"*": {"max_age": 4}}`, app, "0"},

		{"a nearer * before a farther exact origin", `{"*": {"max_age": 1}}`, "", "", `{"https://app.example.com": {"max_age": 4, "allow_credentials": true}}`, app, "1"},
		{"a nearer pattern before a farther exact origin", `{"https://*.example.com": {"max_age": 1}}`, `{"https://app.example.com": {"max_age": 2}}`, "", "", app, "1"},
		{"a nearer regexp before a farther pattern", `{"regexp:https://[a-z]+\\.example\\.com": {"max_age": 1}}`, "", "", `{"https://*.example.com": {"max_age": 4}}`, app, "1"},
		{"credentials are not merged in from farther", `{"https://app.example.com": {"max_age": 1}}`, "", "", `{"https://app.example.com": {"max_age": 4, "allow_credentials": true}}`, app, "1"},
		{"credentials are not merged in from beside", "", `{"https://app.example.com": {"max_age": 2}, "https://*.example.com": {"max_age": 3, "allow_credentials": true}}`, "", "", app, "2"},
		{"nor is anything else merged in", `{"https://app.example.com": {"allow_credentials": true}}`, "", "", `{"https://app.example.com": {"max_age": 4}}`, app, "0 credentials"},

		{"exact before a pattern", "", "", "", `{"https://app.example.com": {"max_age": 1}, "https://*.example.com": {"max_age": 2}}`, app, "1"},
		{"exact before *", "", "", "", `{"*": {"max_age": 2}, "https://app.example.com": {"max_age": 1}}`, app, "1"},
		{"a pattern before *", "", "", "", `{"*": {"max_age": 2}, "https://*.example.com": {"max_age": 1}}`, app, "1"},
		{"a regexp before *", "", "", "", `{"*": {"max_age": 2}, "regexp:https://app\\..*": {"max_age": 1}}`, app, "1"},
		{"subdomains before a regexp", "", "", "", `{"regexp:https://app\\.example\\.com": {"max_age": 2}, "https://*.example.com": {"max_age": 1}}`, app, "1"},
		{"the longer host", "", "", "", `{"https://*.example.com": {"max_age": 2}, "https://*.b.example.com": {"max_age": 1}}`, "https://a.b.example.com", "1"},
		{"the longer host even with any port", "", "", "", `{"https://*.example.com:8443": {"max_age": 2}, "https://*.b.example.com:*": {"max_age": 1}}`, "https://a.b.example.com:8443", "1"},
		{"one host before subdomains", "", "", "", `{"https://*.example.com:8443": {"max_age": 2}, "https://app.example.com:*": {"max_age": 1}}`, app + ":8443", "1"},
		{"a written port before the start of one", "", "", "", `{"https://*.example.com:84*": {"max_age": 2}, "https://*.example.com:8443": {"max_age": 1}}`, app + ":8443", "1"},
		{"the longer start of a port", "", "", "", `{"https://app.example.com:84*": {"max_age": 2}, "https://app.example.com:844*": {"max_age": 1}}`, app + ":8443", "1"},
		{"the start of a port before any", "", "", "", `{"https://app.example.com:*": {"max_age": 2}, "https://app.example.com:84*": {"max_age": 1}}`, app + ":8443", "1"},
		{"the longer regexp", "", "", "", `{"regexp:https://app\\..*": {"max_age": 2}, "regexp:https://app\\.example\\..*": {"max_age": 1}}`, app, "1"},

		{"a key is no prefix", "", "", "", `{"https://app.example.com": {}}`, app + ".evil.net", none},
		{"a key is no suffix", "", "", "", `{"https://*.example.com": {}}`, "https://evilexample.com", none},
		{"* is no bare domain", "", "", "", `{"https://*.example.com": {}}`, "https://example.com", none},
		{"the scheme counts", "", "", "", `{"https://app.example.com": {}}`, "http://app.example.com", none},
		{"the port counts", "", "", "", `{"https://app.example.com": {}}`, app + ":8443", none},
		{"any port or none", "", "", "", `{"https://app.example.com:*": {"max_age": 1}}`, app, "1"},
		{"null is an origin like others", "", "", "", `{"null": {"max_age": 1}, "*": {"max_age": 2}}`, "null", "1"},
		{"* is for null, too", "", "", "", `{"*": {"max_age": 1}}`, "null", "1"},
		{"* beside an origin is for null, too", "", "", "", `{"https://a.example": {}, "*": {"max_age": 1}}`, "null", "1"},
		{"no pattern is for null", "", "", "", `{"regexp:.*": {"max_age": 1}}`, "null", none},

		{"the route denies", `{"https://app.example.com": {"deny": true}}`, `{"*": {"max_age": 2}}`, `{"*": {"max_age": 3}}`, `{"*": {"max_age": 4}}`, app, deny},
		{"the resource denies", "", `{"https://*.example.com": {"deny": true}}`, "", `{"https://app.example.com": {"max_age": 4}}`, app, deny},
		{"the group denies all that lies below", "", "", `{"*": {"deny": true}}`, `{"https://app.example.com": {"max_age": 4}}`, app, deny},
		{"the defaults deny", "", "", "", `{"https://app.example.com": {"deny": true}, "*": {"max_age": 4}}`, app, deny},
		{"who is denied is one of many", "", "", "", `{"https://app.example.com": {"deny": true}, "*": {"max_age": 4}}`, "https://a.example", "4"},
		{"who is not denied is one of many", "", "", "", `{"https://app.example.com": {"max_age": 4}, "https://*.example.com": {"deny": true}}`, app, "4"},
		{"nearer than a denial", `{"https://app.example.com": {"max_age": 1}}`, "", `{"*": {"deny": true}}`, "", app, "1"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tt.defaults)
			cors := s.cors
			if tt.group != "" {
				var err error
				cors, err = cors.Group(policy(t, tt.group))
				must(t, err)
			}
			resource := s.router.Resource("/x")
			must(t, cors.Add(resource, policies(t, tt.resource)...))
			must(t, cors.Add(resource.Handle("PUT", text("x")), policies(t, tt.route)...))

			for _, serving := range []struct {
				name string
				h    http.Handler
			}{{"bare", s.mux}, {"handler", s.cors.Handler(s.mux)}} {
				res := ask(serving.h, "OPTIONS", "/x", "Origin: "+tt.origin, "Access-Control-Request-Method: PUT")
				if got := outcome(res); got != tt.want {
					t.Errorf("%s: preflight from %s = %s, want %s", serving.name, tt.origin, got, tt.want)
				}
				h := ask(serving.h, "PUT", "/x", "Origin: "+tt.origin).Header
				acao, acac := h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Allow-Credentials")
				shared := tt.want != none && tt.want != deny
				if (acao == tt.origin || acao == "*") != shared || (acac == "true") != strings.HasSuffix(tt.want, "credentials") {
					t.Errorf("%s: PUT from %s: Access-Control-Allow-Origin %q and -Credentials %q, want what goes with %s", serving.name, tt.origin, acao, acac, tt.want)
				}
			}
		})
	}
}

// policies are those of one Add; "" is none.
func policies(t *testing.T, s string) (list []routecors.Policy) {
	t.Helper()
	if s != "" {
		list = append(list, policy(t, s))
	}
	return list
}

// outcome names what decided about a preflight.
func outcome(res *http.Response) string {
	h := res.Header
	switch b := body(res); {
	case res.StatusCode == 403 && h.Get("Access-Control-Allow-Origin") == "" && strings.Contains(b, "denied"):
		return "denied"
	case res.StatusCode == 403 && h.Get("Access-Control-Allow-Origin") == "":
		return "refused"
	case res.StatusCode != 204:
		return fmt.Sprintf("%s %q", answer(res), b)
	}
	got := h.Get("Access-Control-Max-Age")
	if got == "" {
		got = "0"
	}
	if h.Get("Access-Control-Allow-Credentials") != "" {
		got += " credentials"
	}
	return got
}

// TestRefusals: a stranger is told why, about what was asked, and nothing of what
// others may do.
func TestRefusals(t *testing.T) {
	const (
		app  = "https://app.example"
		long = "abcdefghijklmnopqrstuvwxyz" // three of them are more than 64 bytes
	)
	s := newSite(t, `{
		"https://app.example": {"allow_headers": ["X-Mine"]},
		"https://out.example": {"deny": true},
		"https://cred.example": {"allow_credentials": true, "allow_headers": "*"},
		"https://secret.example": {"allow_headers": ["X-Secret"], "allow_methods": ["SECRET", "PUT"], "max_age": 4711}
	}`)
	s.add(t, "PUT /x")
	s.router.Handle("DELETE /x", text("private"))
	s.add(t, "/every", policy(t, `{"https://app.example": {"allow_methods": ["PATCH"]}, "https://secret.example": {"allow_methods": ["SECRET"]}}`))
	s.add(t, "PUT /open", policy(t, `{"*": {}}`))
	s.add(t, "PUT /shut", policy(t, `{"*": {"deny": true}}`))

	for _, tt := range []struct {
		path          string
		origin        string
		method        string
		headers, want string
	}{
		{"/x", app, "DELETE", "", `no route that is open to other origins serves "DELETE" here`},
		{"/x", app, "SECRET", "", `no route that is open to other origins serves "SECRET" here`},
		{"/x", app, "put", "", `no route that is open to other origins serves "put" here`},
		{"/x", app, "", "", `Access-Control-Request-Method is not one method`},
		{"/x", app, strings.Repeat(long, 3), "", `no route that is open to other origins serves "` + strings.Repeat(long, 2) + `abcdefghijkl" here`},
		{"/x", app, "é\x1b[2J\"\xff", "", `no route that is open to other origins serves "é\x1b[2J\"\xff" here`},

		{"/x", "https://other.example", "PUT", "", `origin "https://other.example" is not allowed to "PUT" here; no policy of the route lists it`},
		{"/x", "https://app.example.evil", "PUT", "", `origin "https://app.example.evil" is not allowed to "PUT" here; no policy of the route lists it`},
		{"/x", "null", "PUT", "", `origin "null" is not allowed to "PUT" here; no policy of the route lists it`},
		{"/x", "https://" + long + "." + long + "." + long + ".example", "PUT", "", `origin "https://` + long + "." + long + `.ab" is not allowed to "PUT" here; no policy of the route lists it`},

		{"/x", "", "PUT", "", `Origin "" is not one serialized origin`},
		{"/x", "app.example", "PUT", "", `Origin "app.example" is not one serialized origin`},
		{"/x", app + "/", "PUT", "", `Origin "https://app.example/" is not one serialized origin`},
		{"/x", app + ":443", "PUT", "", `Origin "https://app.example:443" is not one serialized origin`},
		{"/x", app + ", " + app, "PUT", "", `Origin "https://app.example, https://app.example" is not one serialized origin`},
		{"/x", app + "\nOrigin: https://two.example", "PUT", "", `Origin "https://app.example" is not one serialized origin`},
		{"/x", strings.Repeat("é", 40), "PUT", "", `Origin "` + strings.Repeat("é", 32) + `" is not one serialized origin`},
		{"/x", "a" + strings.Repeat("é", 40), "PUT", "", `Origin "a` + strings.Repeat("é", 31) + `" is not one serialized origin`},
		{"/open", "app.example", "PUT", "", `Origin "app.example" is not one serialized origin`},
		{"/shut", "app.example", "PUT", "", `Origin "app.example" is not one serialized origin`},

		{"/x", "https://out.example", "PUT", "", `origin "https://out.example" is denied by the policy of the route`},
		{"/shut", app, "PUT", "", `origin "https://app.example" is denied by the policy of the route`},

		{"/every", app, "DELETE", "", `method "DELETE" is not among the AllowMethods of this origin here`},
		{"/every", app, "SECRET", "", `method "SECRET" is not among the AllowMethods of this origin here`},
		{"/every", "https://out.example", "PUT", "", `origin "https://out.example" is denied by the policy of the route`},

		{"/x", app, "PUT", "x-other", `request header "x-other" is not among the AllowHeaders of this origin here`},
		{"/x", app, "PUT", "x-mine,x-secret", `request header "x-secret" is not among the AllowHeaders of this origin here`},
		{"/x", app, "PUT", "X-Mine, Two Words", `request header "Two Words" is not among the AllowHeaders of this origin here`},
		{"/x", app, "PUT", strings.Repeat(long, 3), `request header "` + strings.Repeat(long, 2) + `abcdefghijkl" is not among the AllowHeaders of this origin here`},
		{"/x", "https://cred.example", "PUT", "bad name", `request header "bad name" is not among the AllowHeaders of this origin here`},
		{"/x", app, "PUT", strings.Repeat("x-mine,", 300), `Access-Control-Request-Headers is too long`},
		{"/x", "https://cred.example", "PUT", strings.Repeat(long, 200), `Access-Control-Request-Headers is too long`},
	} {
		lines := append(strings.Split("Origin: "+tt.origin, "\n"), "Access-Control-Request-Method: "+tt.method)
		if tt.headers != "" {
			lines = append(lines, "Access-Control-Request-Headers: "+tt.headers)
		}
		res := ask(s.mux, "OPTIONS", tt.path, lines...)
		if diff := cmp.Diff("routecors: "+tt.want+"\n", body(res)); diff != "" {
			t.Errorf("%s from %.80q, method %.80q, headers %.80q: body (-want +got)\n%s", tt.path, tt.origin, tt.method, tt.headers, diff)
		}
		if got := answer(res); got != "403 "+asked {
			t.Errorf("%s %s: %s, want a 403 with Vary alone", tt.method, tt.path, got)
		}
		got := []string{res.Header.Get("Content-Type"), res.Header.Get("X-Content-Type-Options")}
		want := []string{"text/plain; charset=utf-8", "nosniff"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s: header (-want +got)\n%s", tt.method, tt.path, diff)
		}
	}
}

// TestHostile: requests of any size are refused in a few words.
func TestHostile(t *testing.T) {
	const big, many = 1 << 20, 10000
	repeat := func(value string) []string { return slices.Repeat([]string{value}, many) }
	s := newSite(t, "")
	for path, p := range map[string]string{
		"/list":        `{"https://app.example": {"allow_headers": ["X-A"]}}`,
		"/star":        `{"*": {"allow_headers": "*"}}`,
		"/credentials": `{"https://app.example": {"allow_credentials": true, "allow_headers": "*", "expose_headers": "*"}, "regexp:https://.*\\.app\\.example": {}}`,
	} {
		s.add(t, "PUT "+path, policy(t, p))
	}
	for _, tt := range []struct {
		reason, name string
		values       []string
	}{
		{"commas", "Access-Control-Request-Headers", []string{strings.Repeat(",", big)}},
		{"names", "Access-Control-Request-Headers", []string{strings.Repeat("x-a,", big/4)}},
		{"one name", "Access-Control-Request-Headers", []string{strings.Repeat("x", big)}},
		{"lines of names", "Access-Control-Request-Headers", repeat("x-a")},
		{"empty lines", "Access-Control-Request-Headers", repeat("")},
		{"a host", "Origin", []string{"https://" + strings.Repeat("a.", big/2) + "app.example"}},
		{"lines of origins", "Origin", repeat(app)},
		{"a method", "Access-Control-Request-Method", []string{strings.Repeat("A", big)}},
		{"lines of methods", "Access-Control-Request-Method", repeat("PUT")},
	} {
		for _, serving := range servings {
			for _, path := range []string{"/list", "/star", "/credentials"} {
				r, rec := httptest.NewRequest("OPTIONS", path, nil), httptest.NewRecorder()
				r.Header = http.Header{"Origin": {app}, "Access-Control-Request-Method": {"PUT"}}
				r.Header[tt.name] = tt.values
				serving.wrap(s, s.mux).ServeHTTP(rec, r)
				res := rec.Result()
				if got := answer(res); got != "403 "+asked {
					t.Errorf("%s, %s: preflight of %s: %.200s", tt.reason, serving.name, path, got)
				}
				if dump, err := httputil.DumpResponse(res, true); err != nil || len(dump) > 512 {
					t.Errorf("%s, %s: preflight of %s: %d bytes, %v", tt.reason, serving.name, path, len(dump), err)
				}
			}
		}
	}
}

// TestTwoSetups: two registries on one mux answer for their own routes, each by its
// own policies and options, whichever of them is asked.
func TestTwoSetups(t *testing.T) {
	a := newSite(t, `{"https://app.example": {"max_age": 1}}`)
	router := stdmux.New(a.mux)
	cors, err := routecors.Setup(router, policy(t, `{"https://app.example": {"max_age": 2}}`), routecors.WithPreflightStatus(200))
	must(t, err)
	b := site{a.mux, router, cors}
	for _, path := range []string{"/a/{x}", "/b/{x}"} {
		first, second := a, b
		if path == "/b/{x}" {
			first, second = b, a
		}
		first.add(t, "PUT "+path)
		second.add(t, "PATCH "+path)
	}
	b.add(t, "QUERY /a/{x}") // a method that the other has nowhere
	a.mux.Handle("DELETE /a/{x}", text("private"))
	for name, h := range map[string]http.Handler{"bare": a.mux, "first": a.cors.Handler(a.mux), "second": b.cors.Handler(a.mux), "both": a.cors.Handler(b.cors.Handler(a.mux))} {
		for request, want := range map[string]string{"PUT /a/1": "204 1", "PATCH /a/1": "200 2", "PUT /b/1": "200 2", "PATCH /b/1": "204 1", "QUERY /a/1": "200 2", "DELETE /a/1": "403 "} {
			method, path, _ := strings.Cut(request, " ")
			res := ask(h, "OPTIONS", path, "Origin: "+app, "Access-Control-Request-Method: "+method)
			if got := fmt.Sprint(res.StatusCode, " ", res.Header.Get("Access-Control-Max-Age")); got != want {
				t.Errorf("%s: preflight of %s: %s, want %s", name, request, got, want)
			}
			if got := actual(h, method, path, app); (got == "200"+shared) != (method != "DELETE") {
				t.Errorf("%s: %s: %s", name, request, got)
			}
		}
	}
}

type functionAdapter func(*http.Request, string) *routecors.Route

func (f functionAdapter) Resolve(r *http.Request, method string) *routecors.Route {
	return f(r, method)
}

// TestAdapterOfFunction: routes are compared by their adapter, which a function cannot be.
func TestAdapterOfFunction(t *testing.T) {
	_, err := routecors.Setup(functionAdapter(func(*http.Request, string) *routecors.Route { return nil }), nil)
	want := "routecors: Setup: an adapter of type routecors_test.functionAdapter cannot be compared; pass a pointer"
	if err == nil || err.Error() != want {
		t.Errorf("Setup: %v, want %s", err, want)
	}
}

// TestExposeAllThroughTimeout: http.TimeoutHandler hides the writer from the route; the
// headers that stand outside of it are listed all the same.
func TestExposeAllThroughTimeout(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example": {AllowCredentials: true, ExposeHeaders: []string{"*"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := cors.Add(router.HandleFunc("GET /x", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Inner", "1") })); err != nil {
		t.Fatal(err)
	}
	timeout := http.TimeoutHandler(mux, time.Minute, "late")
	h := cors.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Outer", "1")
		timeout.ServeHTTP(w, r)
	}))
	r := httptest.NewRequest("GET", "/x", nil)
	r.Header.Set("Origin", "https://app.example")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if got, want := w.Header().Get("Access-Control-Expose-Headers"), "Date,Vary,X-Inner,X-Outer"; got != want {
		t.Errorf("exposed %q, want %q", got, want)
	}
}

// TestTwoSetupsCache: what one registry lets a browser keep of a URL holds for the
// methods of the other, too.
func TestTwoSetupsCache(t *testing.T) {
	for _, router := range []conformance.Router{sites.ServeMux, sites.Chi} {
		s := router.New()
		setup := func(p string) *routecors.CorsConfig {
			c, err := routecors.Setup(s.Adapter(), policy(t, p))
			must(t, err)
			return c
		}
		a := setup(`{"https://app.example": {"allow_headers": ["X-A"], "max_age": 600}}`)
		b := setup(`{"https://app.example": {"max_age": 600}}`)
		must(t, a.Add(s.Handle("DELETE", "/x", text(""))))
		must(t, a.Add(s.Handle("DELETE", "/y", text(""))))
		must(t, b.Add(s.Handle("PUT", "/x", text(""))))
		for path, want := range map[string]string{"/x": "0", "/y": "600"} {
			res := ask(a.Handler(s), "OPTIONS", path, "Origin: "+app, "Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: x-a")
			if got := res.Header.Get("Access-Control-Max-Age"); got != want {
				t.Errorf("%s: DELETE %s: max-age %q, want %q", router.Name, path, got, want)
			}
		}
	}
}
