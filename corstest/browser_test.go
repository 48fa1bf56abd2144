package corstest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors/corstest"
)

// answers is a server by hand: it gives every request the header lines that the
// test says for its method, "status: 301" being the status, and logs what arrived.
type answers struct {
	byMethod map[string]string
	log      []string
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.log = append(a.log, line(r))
	status := http.StatusOK
	for text := range strings.SplitSeq(a.byMethod[r.Method], "\n") {
		name, value, ok := strings.Cut(strings.TrimSpace(text), ": ")
		if !ok {
			continue
		}
		if name == "status" {
			fmt.Sscan(value, &status)
			continue
		}
		w.Header().Add(name, value)
	}
	w.WriteHeader(status)
}

// line is a request with the headers that a browser decides on.
func line(r *http.Request) string {
	s := r.Method + " " + r.Host + r.RequestURI
	for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Cookie", "Sec-Fetch-Site", "Content-Type"} {
		if v := r.Header.Get(name); v != "" {
			s += " | " + v
		}
	}
	return s
}

// TestFailures has the steps that can end a fetch, and answers that just do not.
func TestFailures(t *testing.T) {
	const app = "Access-Control-Allow-Origin: https://app.example"
	h, with := corstest.Header, corstest.Credentials("include")
	tests := []struct {
		method    string
		options   []corstest.FetchOption
		preflight string // header of the answer to OPTIONS
		answer    string // header of the answer to the request
		want      string // "" is no failure
	}{
		// https://fetch.spec.whatwg.org/#concept-cors-check
		{"GET", nil, "", "", "CORS check: the response has no Access-Control-Allow-Origin"},
		{"GET", nil, "", app, ""},
		{"GET", nil, "", "Access-Control-Allow-Origin: *", ""},
		{"GET", nil, "", app + "\n" + app, `"https://app.example, https://app.example"`},
		{"GET", nil, "", app + "/", `"https://app.example/", and the origin is "https://app.example"`},
		{"GET", nil, "", "Access-Control-Allow-Origin: null", `is "null"`},
		{"GET", []corstest.FetchOption{with}, "", app, `Access-Control-Allow-Credentials is ""`},
		{"GET", []corstest.FetchOption{with}, "", "Access-Control-Allow-Origin: *\nAccess-Control-Allow-Credentials: true", `"*", which does not do`},
		{"GET", []corstest.FetchOption{with}, "", app + "\nAccess-Control-Allow-Credentials: True", `"True", not "true"`},
		{"GET", []corstest.FetchOption{with}, "", app + "\nAccess-Control-Allow-Credentials: true", ""},
		{"GET", []corstest.FetchOption{corstest.Credentials("omit")}, "", app, ""},

		// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
		{"PUT", nil, "", app, "CORS check of the preflight: the response has no"},
		{"PUT", nil, app, app, `CORS-preflight fetch of the preflight: method "PUT" is not in Access-Control-Allow-Methods ""`},
		{"PUT", nil, app + "\nAccess-Control-Allow-Methods: put", app, `"put"`},
		{"PUT", nil, app + "\nAccess-Control-Allow-Methods: GET , PUT", app, ""},
		{"put", nil, app + "\nAccess-Control-Allow-Methods: PUT", app, ""},
		{"patch", nil, app + "\nAccess-Control-Allow-Methods: PATCH", app, `"patch" is not in`},
		{"PUT", nil, app + "\nAccess-Control-Allow-Methods: *", app, ""},
		{"PUT", []corstest.FetchOption{with}, app + "\nAccess-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: *", app, `"PUT" is not in`},
		{"PUT", nil, app + "\nAccess-Control-Allow-Methods: PUT, a b", app, "Access-Control-Allow-Methods is ill-formed"},
		{"PUT", nil, app + "\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: @", app, "Access-Control-Allow-Headers is ill-formed"},
		{"PUT", nil, app + "\nAccess-Control-Allow-Methods: PUT\nstatus: 301", app, "the status is 301"},
		{"PUT", nil, app + "\nAccess-Control-Allow-Methods: PUT\nstatus: 299", app, ""},
		{"PUT", nil, app + "\nAccess-Control-Allow-Methods: PUT", "", "CORS check: the response has no"},
		{"GET", []corstest.FetchOption{h("X-A", "1")}, app, app, `header "x-a" is not in Access-Control-Allow-Headers ""`},
		{"GET", []corstest.FetchOption{h("X-A", "1")}, app + "\nAccess-Control-Allow-Headers: X-B, x-A", app, ""},
		{"GET", []corstest.FetchOption{h("X-A", "1")}, app + "\nAccess-Control-Allow-Headers: *", app, ""},
		{"GET", []corstest.FetchOption{h("X-A", "1"), with}, app + "\nAccess-Control-Allow-Credentials: true\nAccess-Control-Allow-Headers: *", app, `"x-a" is not in`},
		{"GET", []corstest.FetchOption{h("Authorization", "x")}, app + "\nAccess-Control-Allow-Headers: *", app, `"authorization" is not in`},
		{"GET", []corstest.FetchOption{h("Authorization", "x")}, app + "\nAccess-Control-Allow-Headers: *, Authorization", app, ""},

		// https://fetch.spec.whatwg.org/#concept-main-fetch
		{"GET", []corstest.FetchOption{corstest.Mode("same-origin")}, "", app, "main fetch: the URL is of another origin"},
		{"GET", []corstest.FetchOption{corstest.Mode("no-cors"), corstest.Redirect("error")}, "", app, "the redirect mode is not follow"},

		// https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
		{"GET", []corstest.FetchOption{corstest.Redirect("error")}, "", app + "\nstatus: 302\nLocation: /", "HTTP-redirect fetch: the response is a redirect"},
		{"GET", nil, "", "status: 302\nLocation: /", "CORS check: the response has no"},
		{"GET", nil, "", app + "\nstatus: 302\nLocation: /", "20 redirects"},
		{"GET", nil, "", app + "\nstatus: 302\nLocation: https://u:p@server.test/", "Location includes credentials"},
		{"GET", nil, "", app + "\nstatus: 302\nLocation: ftp://server.test/", `Location "ftp://server.test/" is not`},
		{"GET", nil, "", app + "\nstatus: 302", ""},

		// https://fetch.spec.whatwg.org/#dom-request
		{"TRACE", nil, "", app, `Request constructor: method "TRACE"`},
		{"a b", nil, "", app, `method "a b"`},
		{"GET", []corstest.FetchOption{corstest.Body("x")}, "", app, "a GET has no body"},
		{"PUT", []corstest.FetchOption{corstest.Mode("no-cors")}, "", app, "not CORS-safelisted"},
		{"GET", []corstest.FetchOption{h("X A", "1")}, "", app, `header "X A"`},
		{"GET", []corstest.FetchOption{h("X-A", "1\n2")}, "", app, `header "X-A"`},
	}
	for _, test := range tests {
		server := &answers{byMethod: map[string]string{"OPTIONS": test.preflight, strings.ToUpper(test.method): test.answer, test.method: test.answer}}
		got := corstest.Browser(t, server).Page("https://app.example").Fetch(test.method, "/", test.options...)
		if test.want == "" {
			if got.Failure != nil || !got.Readable() {
				t.Errorf("%s with %q, %q:\n%v", test.method, test.preflight, test.answer, got)
			}
			continue
		}
		if got.Type != "error" || got.Failure == nil || !strings.Contains(got.Failure.Error(), test.want) {
			t.Errorf("%s with %q, %q: want %q in\n%v", test.method, test.preflight, test.answer, test.want, got)
		}
		if !strings.HasPrefix(got.Failure.Link, "https://fetch.spec.whatwg.org/#") {
			t.Errorf("%v: no link", got.Failure)
		}
	}
}

// TestUnsafeHeaders has what the browser asks for, and what it sends unasked.
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func TestUnsafeHeaders(t *testing.T) {
	long := strings.Repeat("a", 128)
	tests := []struct {
		header string // name: value | ...
		want   string // Access-Control-Request-Headers
	}{
		{"", ""},
		{"Accept: text/html;q=0.5, */*", ""},
		{`Accept: "`, "accept"},
		{"Accept: " + long, ""},
		{"Accept: " + long + "a", "accept"},
		{"Accept-Language: de-DE, *;q=0.1", ""},
		{"Accept-Language: de_DE", "accept-language"},
		{"Content-Language: en", ""},
		{"Content-Type: text/plain", ""},
		{"Content-Type: Text/Plain ; charset=utf-8", ""},
		{"Content-Type: multipart/form-data; boundary=x", ""},
		{"Content-Type: application/x-www-form-urlencoded", ""},
		{"Content-Type: application/json", "content-type"},
		{"Content-Type: text/plain; a=(b)", "content-type"},
		{"Range: bytes=0-", ""},
		{"Range: bytes=0-10", ""},
		{"Range: bytes=10-9", "range"},
		{"Range: bytes=-5", "range"},
		{"Range: bytes=0-1,3-4", "range"},
		{"Range: items=0-1", "range"},
		{"X-B: 1 | X-A: 2 | x-b: 3 | Authorization: x", "authorization,x-a,x-b"},
		{"Origin: https://evil.example | Cookie: a=b | Sec-Fetch-Site: none | Proxy-X: 1 | Host: x | DNT: 1", ""},
		{"X-HTTP-Method-Override: TRACE", ""},
		{"X-HTTP-Method-Override: PUT", "x-http-method-override"},
		{strings.Repeat("Accept: "+long+" | ", 8), ""},
		{strings.Repeat("Accept: "+long+" | ", 9), "accept"},
	}
	for _, test := range tests {
		server := &answers{}
		var options []corstest.FetchOption
		for text := range strings.SplitSeq(test.header, " | ") {
			if name, value, ok := strings.Cut(text, ": "); ok {
				options = append(options, corstest.Header(name, value))
			}
		}
		page := corstest.Browser(t, server).Page("https://app.example")
		got := page.Fetch("GET", "/", options...).Exchanges[0]
		if asked := got.RequestHeader.Get("Access-Control-Request-Headers"); asked != test.want || got.Preflight != (test.want != "") {
			t.Errorf("%s: asked for %q, want %q; preflight: %v", test.header, asked, test.want, got.Preflight)
		}
	}
}

// TestRedirects has the requests that a fetch makes, in order, with Origin,
// Sec-Fetch-Site and Content-Type.
func TestRedirects(t *testing.T) {
	tests := []struct {
		page, method, url string
		status            int
		to                string
		want              []string
	}{
		{"https://server.test", "GET", "/from", 302, "https://server.test/to",
			[]string{"GET server.test/from | same-origin", "GET server.test/to | same-origin"}},
		{"https://server.test", "GET", "/from", 302, "https://api.server.test/to",
			[]string{"GET server.test/from | same-origin", "GET api.server.test/to | https://server.test | same-site"}},
		{"https://app.example", "GET", "/from", 302, "/to",
			[]string{"GET server.test/from | https://app.example | cross-site", "GET server.test/to | https://app.example | cross-site"}},
		{"https://app.example", "GET", "/from", 302, "https://other.test/to",
			[]string{"GET server.test/from | https://app.example | cross-site", "GET other.test/to | null | cross-site"}},
		{"https://app.example", "GET", "/from", 302, "https://app.example/to",
			[]string{"GET server.test/from | https://app.example | cross-site", "GET app.example/to | null | cross-site"}},
		{"https://server.test", "GET", "/from", 302, "https://server.test:443/to#x",
			[]string{"GET server.test/from | same-origin", "GET server.test/to | same-origin"}},
		{"https://app.example", "POST", "/from", 303, "/to",
			[]string{"POST server.test/from | https://app.example | cross-site | text/plain;charset=UTF-8", "GET server.test/to | https://app.example | cross-site"}},
		{"https://app.example", "POST", "/from", 302, "/to",
			[]string{"POST server.test/from | https://app.example | cross-site | text/plain;charset=UTF-8", "GET server.test/to | https://app.example | cross-site"}},
		{"https://app.example", "POST", "/from", 307, "/to",
			[]string{"POST server.test/from | https://app.example | cross-site | text/plain;charset=UTF-8", "POST server.test/to | https://app.example | cross-site | text/plain;charset=UTF-8"}},
		{"https://server.test", "PUT", "/from", 308, "https://other.test/to", // a preflight only where it is of another origin
			[]string{"PUT server.test/from | https://server.test | same-origin",
				"OPTIONS other.test/to | https://server.test | PUT | cross-site", "PUT other.test/to | https://server.test | cross-site"}},
	}
	for _, test := range tests {
		var log []string
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			log = append(log, line(r))
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Methods", "PUT")
			if r.URL.Path == "/from" && r.Method != http.MethodOptions {
				w.Header().Set("Location", test.to)
				w.WriteHeader(test.status)
			}
		})
		var options []corstest.FetchOption
		if test.method == "POST" {
			options = append(options, corstest.Body("x"))
		}
		got := corstest.Browser(t, server).Page(test.page).Fetch(test.method, test.url, options...)
		if !got.Readable() || !got.Redirected || !strings.HasSuffix(got.URL, "/to") {
			t.Errorf("%s %s to %s:\n%v", test.page, test.url, test.to, got)
		}
		if diff := cmp.Diff(test.want, log); diff != "" {
			t.Errorf("%s %s to %s (-want +got)\n%s", test.page, test.url, test.to, diff)
		}
	}
}

func TestPreflightCache(t *testing.T) {
	const allow = "Access-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: true"
	x, authorization, with := corstest.Header("X-A", "1"), corstest.Header("Authorization", "1"), corstest.Credentials("include")
	type step struct {
		method, url string
		options     []corstest.FetchOption
		wait        time.Duration
		preflight   bool
	}
	tests := []struct {
		name, answer string
		steps        []step
	}{
		{"default of five seconds", "Access-Control-Allow-Methods: PUT", []step{
			{"PUT", "/", nil, 0, true}, {"PUT", "/", nil, 4 * time.Second, false}, {"PUT", "/", nil, 2 * time.Second, true}}},
		{"zero", "Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 0", []step{
			{"PUT", "/", nil, 0, true}, {"PUT", "/", nil, 0, true}}},
		{"junk is the default", "Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: abc", []step{
			{"PUT", "/", nil, 0, true}, {"PUT", "/", nil, 4 * time.Second, false}}},
		{"cap of two hours", "Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 99999999999999999999", []step{
			{"PUT", "/", nil, 0, true}, {"PUT", "/", nil, 7199 * time.Second, false}, {"PUT", "/", nil, 2 * time.Second, true}}},
		{"the URL with its query", "Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 60", []step{
			{"PUT", "/?a", nil, 0, true}, {"PUT", "/?b", nil, 0, true}, {"PUT", "/?a", nil, 0, false}, {"PUT", "https://other.test/?a", nil, 0, true}}},
		{"methods and headers each on their own", "Access-Control-Allow-Methods: PUT, DELETE\nAccess-Control-Allow-Headers: X-A\nAccess-Control-Max-Age: 60", []step{
			{"PUT", "/", nil, 0, true}, {"DELETE", "/", nil, 0, false}, {"POST", "/", []corstest.FetchOption{x}, 0, false}, {"PATCH", "/", nil, 0, true}}},
		{"credentials serve both", "Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 60", []step{
			{"PUT", "/", nil, 0, true}, {"PUT", "/", []corstest.FetchOption{with}, 0, true}, {"PUT", "/", []corstest.FetchOption{with}, 0, false}, {"PUT", "/", nil, 0, false}}},
		{"a star serves all but Authorization", "Access-Control-Allow-Methods: *\nAccess-Control-Allow-Headers: *\nAccess-Control-Max-Age: 60", []step{
			{"PUT", "/", nil, 0, true}, {"FROB", "/", []corstest.FetchOption{x}, 0, false}, {"GET", "/", []corstest.FetchOption{authorization}, 0, true}}},
		{"a star with credentials is a name", "Access-Control-Allow-Methods: *, PUT\nAccess-Control-Max-Age: 60", []step{
			{"PUT", "/", []corstest.FetchOption{with}, 0, true}, {"PUT", "/", []corstest.FetchOption{with}, 0, false}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := &answers{byMethod: map[string]string{"OPTIONS": allow + "\n" + test.answer}}
			for _, m := range []string{"GET", "POST", "PUT", "DELETE", "FROB"} {
				server.byMethod[m] = allow
			}
			browser := corstest.Browser(t, server)
			page := browser.Page("https://app.example")
			for i, s := range test.steps {
				browser.Wait(s.wait)
				got := page.Fetch(s.method, s.url, s.options...)
				if got.Exchanges[0].Preflight != s.preflight {
					t.Errorf("step %d: %v", i, got)
				}
			}
		})
	}
}

// A failure of a preflighted request empties the cache for its URL.
// https://fetch.spec.whatwg.org/#concept-main-fetch
func TestPreflightCacheCleared(t *testing.T) {
	const allow = "Access-Control-Allow-Origin: https://app.example"
	server := &answers{byMethod: map[string]string{"OPTIONS": allow + "\nAccess-Control-Allow-Methods: PUT", "PUT": allow}}
	browser := corstest.Browser(t, server)
	page := browser.Page("https://app.example")
	page.Fetch("PUT", "/")
	server.byMethod["PUT"] = ""
	if got := page.Fetch("PUT", "/"); len(got.Exchanges) != 1 || got.Readable() {
		t.Errorf("the second: %v", got)
	}
	if got := page.Fetch("PUT", "/"); len(got.Exchanges) != 2 || !got.Exchanges[0].Preflight {
		t.Errorf("after the failure: %v", got)
	}
	if got := browser.Page("https://other.example").Fetch("PUT", "/"); len(got.Exchanges) != 1 {
		t.Errorf("of another page: %v", got)
	}
}

func TestCookies(t *testing.T) {
	set := func(cookies ...string) string {
		s := "Access-Control-Allow-Origin: https://app.server.test\nAccess-Control-Allow-Credentials: true"
		for _, c := range cookies {
			s += "\nSet-Cookie: " + c
		}
		return s
	}
	server := &answers{byMethod: map[string]string{
		"GET": set(),
		"POST": set("plain=1", "lax=1; SameSite=Lax", "none=1; SameSite=None; Secure", "domain=1; Domain=server.test", "foreign=1; Domain=example.com",
			"part=1; SameSite=None; Secure; Partitioned"),
	}}
	browser := corstest.Browser(t, server)
	fetch := func(page, method string, options ...corstest.FetchOption) string {
		server.log = nil
		browser.Page(page).Fetch(method, "/", options...)
		f := strings.Split(server.log[0], " | ")
		for _, s := range f {
			if strings.Contains(s, "=1") {
				return s
			}
		}
		return ""
	}
	with, omit := corstest.Credentials("include"), corstest.Credentials("omit")
	steps := []struct {
		page, method string
		options      []corstest.FetchOption
		want         string
	}{
		{"https://app.server.test", "POST", nil, ""}, // same-origin is not same site: nothing is stored
		{"https://app.server.test", "GET", []corstest.FetchOption{with}, ""},
		{"https://app.server.test", "POST", []corstest.FetchOption{with}, ""},
		{"https://app.server.test", "GET", []corstest.FetchOption{with}, "plain=1; lax=1; none=1; domain=1; part=1"},
		{"https://app.server.test", "GET", nil, ""},
		{"https://server.test", "GET", nil, "plain=1; lax=1; none=1; domain=1; part=1"},
		{"https://server.test", "GET", []corstest.FetchOption{omit}, ""},
		{"https://elsewhere.example", "GET", []corstest.FetchOption{with}, "none=1"},
		{"https://elsewhere.example", "POST", []corstest.FetchOption{with}, "none=1"},
		{"https://elsewhere.example", "GET", []corstest.FetchOption{with}, "none=1; part=1"},
		{"null", "GET", []corstest.FetchOption{with}, "none=1"},
	}
	for i, s := range steps {
		if got := fetch(s.page, s.method, s.options...); got != s.want {
			t.Errorf("step %d: sent %q, want %q", i, got, s.want)
		}
	}
	other := corstest.Browser(t, server)
	server.log = nil
	other.Page("https://server.test").Fetch("GET", "/")
	if strings.Contains(server.log[0], "=1") {
		t.Errorf("another profile sent %q", server.log[0])
	}
}

// TestReadable has what of a response the page sees.
func TestReadable(t *testing.T) {
	const header = "Content-Type: text/x\nETag: 1\nX-A: 1\nX-B: 2\nSet-Cookie: a=b\n"
	const app = "Access-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: true\n"
	names := func(h http.Header) string {
		var out []string
		for _, name := range []string{"Access-Control-Allow-Origin", "Content-Type", "Etag", "Set-Cookie", "X-A", "X-B"} {
			if h[name] != nil {
				out = append(out, name)
			}
		}
		return strings.Join(out, " ")
	}
	tests := []struct {
		page, answer string
		options      []corstest.FetchOption
		want         string
	}{
		{"https://server.test", "", nil, "basic 200: Content-Type Etag X-A X-B"},
		{"https://app.example", app, nil, "cors 200: Content-Type"},
		{"https://app.example", app + "Access-Control-Expose-Headers: x-a,ETAG\n", nil, "cors 200: Content-Type Etag X-A"},
		{"https://app.example", app + "Access-Control-Expose-Headers: x-a\nAccess-Control-Expose-Headers: x-b\n", nil, "cors 200: Content-Type X-A X-B"},
		{"https://app.example", app + "Access-Control-Expose-Headers: x-a, x b\n", nil, "cors 200: Content-Type"},
		{"https://app.example", app + "Access-Control-Expose-Headers: *\n", nil, "cors 200: Access-Control-Allow-Origin Content-Type Etag X-A X-B"},
		{"https://app.example", app + "Access-Control-Expose-Headers: *\n", []corstest.FetchOption{corstest.Credentials("include")}, "cors 200: Content-Type"},
		{"https://app.example", "", []corstest.FetchOption{corstest.Mode("no-cors")}, "opaque 0: "},
		{"https://app.example", app + "status: 302\nLocation: /x\n", []corstest.FetchOption{corstest.Redirect("manual")}, "opaqueredirect 0: "},
		{"https://app.example", app + "status: 404\n", nil, "cors 404: Content-Type"},
	}
	for _, test := range tests {
		server := &answers{byMethod: map[string]string{"GET": header + test.answer}}
		got := corstest.Browser(t, server).Page(test.page).Fetch("GET", "/", test.options...)
		if s := fmt.Sprintf("%s %d: %s", got.Type, got.Status, names(got.Header)); s != test.want {
			t.Errorf("%s %q: %s, want %s", test.page, test.answer, s, test.want)
		}
	}
}

func TestURLs(t *testing.T) {
	tests := []struct{ url, want string }{
		{"/a/../b/./c", "server.test/b/c"},
		{"/a/%2e%2E/b/%2e/c?x=%2e", "server.test/b/c?x=%2e"},
		{`/a\b\..\c?\`, `server.test/a/c?\`},
		{"/a//b%2Fc", "server.test/a//b%2Fc"},
		{"https://SERVER.test:443#x", "server.test/"},
		{"https://server.test:8443/", "server.test:8443/"},
		{"https://server.test:0443/", "server.test/"},
		{"https://server.test:08443/", "server.test:8443/"},
		{"http://other.test:80/", "other.test/"},
		{"?q", "server.test/?q"},
	}
	for _, test := range tests {
		server := &answers{}
		corstest.Browser(t, server).Page("https://app.example").Fetch("GET", test.url)
		if got := strings.Fields(server.log[0])[1]; got != test.want {
			t.Errorf("%s: asked for %s, want %s", test.url, got, test.want)
		}
	}
}

// A header that a script appends twice is sent as one.
func TestRepeatedHeader(t *testing.T) {
	var got []string
	server := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header["X-A"] })
	corstest.Browser(t, server).Page("https://server.test").Fetch("GET", "/", corstest.Header("X-A", "1"), corstest.Header("x-a", "2"))
	if diff := cmp.Diff([]string{"1, 2"}, got); diff != "" {
		t.Errorf("X-A (-want +got)\n%s", diff)
	}
}

func TestPanicIsNoResponse(t *testing.T) {
	got := corstest.Browser(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })).
		Page("https://app.example").Fetch("GET", "/")
	if got.Failure == nil || got.Failure.Step != "HTTP-network fetch" || got.Exchanges[0].Status != 0 {
		t.Error(got)
	}
}

// BrowserAt asks a server on the network, by the names that lead to this machine.
func TestBrowserAt(t *testing.T) {
	server := &answers{byMethod: map[string]string{"GET": "Access-Control-Allow-Origin: *"}}
	u, _ := url.Parse(listen(t, server))
	for _, host := range []string{"127.0.0.1", "localhost", "api.localhost"} {
		page := corstest.BrowserAt(t, "http://"+host+":"+u.Port()).Page("https://app.example")
		if !page.CanRead("GET", "/") {
			t.Errorf("%s: %v", host, page.Fetch("GET", "/"))
		}
	}
}
