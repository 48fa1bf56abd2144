package routecors_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/internal/browsers"
)

// TestDebugFailure: a browser names the step that fails, and neither sends the request
// nor keeps anything of the answer.
func TestDebugFailure(t *testing.T) {
	const policies = `{
		"https://app.example": {"allow_methods": ["PUT"], "allow_headers": ["X-A"], "max_age": 600},
		"https://admin.example": {"allow_methods": ["PUT"], "allow_headers": ["X-A"], "allow_credentials": true},
		"https://any.example": {"allow_methods": ["PUT"], "allow_headers": "*"}
	}`
	const noOrigin = "CORS check: the response has no Access-Control-Allow-Origin"
	for _, serving := range servings {
		s := newSite(t, policies, routecors.WithDebug())
		s.add(t, "/x")
		s.router.Handle("DELETE /x/private", text(""))
		s.add(t, "PUT /x/private")
		browser := corstest.Browser(t, serving.wrap(s, s.mux))
		for _, test := range []struct {
			origin, method, path string
			header               string
			credentials          string
			want                 string
		}{
			{app, "DELETE", "/x", "", "omit", `CORS-preflight fetch: method "DELETE" is not in Access-Control-Allow-Methods ""`},
			{app, "DELETE", "/x", "X-B", "omit", `CORS-preflight fetch: method "DELETE" is not in Access-Control-Allow-Methods ""`},
			{app, "PUT", "/x", "X-B", "omit", `CORS-preflight fetch: header "x-b" is not in Access-Control-Allow-Headers "x-a"`},
			{"https://admin.example", "PUT", "/x", "X-B", "include", `CORS-preflight fetch: header "x-b" is not in Access-Control-Allow-Headers "x-a"`},
			{"https://admin.example", "PATCH", "/x", "", "include", `CORS-preflight fetch: method "PATCH" is not in Access-Control-Allow-Methods ""`},
			{"https://any.example", "DELETE", "/x", "Authorization", "omit", `CORS-preflight fetch: method "DELETE" is not in Access-Control-Allow-Methods ""`},
			{app, "POST", "/x", "X-A", "omit", noOrigin}, // CORS-safelisted: a 403 as ever
			{app, "DELETE", "/x/private", "", "omit", noOrigin},
			{"https://other.example", "PUT", "/x", "", "omit", noOrigin},
		} {
			options := []corstest.FetchOption{corstest.Credentials(test.credentials)}
			if test.header != "" {
				options = append(options, corstest.Header(test.header, "1"))
			}
			for range 2 { // the second would use what was kept
				got := browser.Page(test.origin).Fetch(test.method, test.path, options...)
				if got.Sent() || len(got.Exchanges) != 1 {
					t.Errorf("%s: %s %s of %s: approved, or kept: %s", serving.name, test.method, test.path, test.origin, got)
					continue
				}
				failure := got.Failure.Step + ": " + got.Failure.Reason
				if diff := cmp.Diff(test.want, failure); diff != "" {
					t.Errorf("%s: %s %s of %s (-want +got)\n%s", serving.name, test.method, test.path, test.origin, diff)
				}
			}
		}
	}
}

// TestDebugOuterHeaders: what a middleware further out has set makes no approval of a
// refusal.
func TestDebugOuterHeaders(t *testing.T) {
	s := newSite(t, `{"https://app.example": {"allow_methods": ["PUT"]}}`, routecors.WithDebug())
	s.add(t, "/x")
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Origin", "Methods", "Headers", "Credentials"} {
			w.Header().Set("Access-Control-Allow-"+name, "*")
		}
		w.Header().Set("Access-Control-Max-Age", "600")
		s.mux.ServeHTTP(w, r)
	})
	for _, test := range []struct{ method, header, want string }{
		{"DELETE", "x-a", "200 Access-Control-Allow-Origin=https://app.example Access-Control-Max-Age=0 " + asked},
		{"PUT", "x-a", "200 Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin=https://app.example Access-Control-Max-Age=0 " + asked},
	} {
		got := answer(ask(h, "OPTIONS", "/x", "Origin: "+app, "Access-Control-Request-Method: "+test.method, "Access-Control-Request-Headers: "+test.header))
		if got != test.want {
			t.Errorf("%s with %s: %s, want %s", test.method, test.header, got, test.want)
		}
	}
}

// TestDebugApprovesNothing: for random policies and requests, what is sent with
// WithDebug is what is sent without.
func TestDebugApprovesNothing(t *testing.T) {
	worlds := 300
	if testing.Short() {
		worlds = 60
	}
	sent, refused := 0, 0
	for n := range worlds {
		rnd := rand.New(rand.NewPCG(7, uint64(n)))
		p := randomPolicy(rnd)
		var sites [2]http.Handler
		for i, options := range [][]routecors.Option{nil, {routecors.WithDebug()}} {
			s := newSite(t, "", append(options, routecors.DangerouslyTrustEveryOrigin())...)
			s.add(t, "/any", p)
			s.add(t, "PUT /x", withoutMethods(p))
			s.add(t, "POST /x", withoutMethods(p))
			s.router.Handle("DELETE /x", text(""))
			sites[i] = servings[n%len(servings)].wrap(s, s.mux)
		}
		plain, debug := corstest.Browser(t, sites[0]), corstest.Browser(t, sites[1])
		for range 12 {
			origin := pick(rnd, app, "https://b.example", "null")
			method := pick(rnd, "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "patch", "FROB", "OPTIONS", "*")
			path := pick(rnd, "/any", "/x")
			options := []corstest.FetchOption{corstest.Credentials(pick(rnd, "omit", "include"))}
			var names []string
			for range rnd.IntN(3) {
				names = append(names, pick(rnd, "X-A", "X-B", "x-c", "Authorization", "Content-Type", "*"))
			}
			if rnd.IntN(10) == 0 { // beyond the bound of 256 names
				for range 300 {
					names = append(names, fmt.Sprint("X-", len(names)))
				}
			}
			for _, name := range names {
				options = append(options, corstest.Header(name, "application/json"))
			}
			want := plain.Page(origin).Fetch(method, path, options...)
			got := debug.Page(origin).Fetch(method, path, options...)
			if got.Sent() != want.Sent() || got.Readable() != want.Readable() {
				t.Fatalf("policy %+v: %s %s of %s with %q\nwithout debug: %s\nwith debug: %s", p, method, path, origin, names, want, got)
			}
			if got.Sent() {
				sent++
			} else if strings.Contains(got.String(), "-> 200 (") {
				refused++
			}
		}
	}
	if sent < worlds || refused < worlds/2 {
		t.Errorf("%d requests were sent, and %d refused so that the browser says why: too few to prove anything", sent, refused)
	}
}

func pick(rnd *rand.Rand, from ...string) string { return from[rnd.IntN(len(from))] }

func randomPolicy(rnd *rand.Rand) routecors.Policy {
	all := make([]string, 300)
	for i := range all {
		all[i] = fmt.Sprint("X-", i)
	}
	p := routecors.Policy{}
	for _, key := range []string{app, "https://*.example", "*"} {
		if rnd.IntN(3) == 0 {
			continue
		}
		p[key] = routecors.ResourceOptions{
			AllowCredentials: rnd.IntN(2) == 0,
			AllowHeaders:     [][]string{nil, {"*"}, {"X-A"}, {"X-A", "Content-Type", "Authorization"}, all}[rnd.IntN(5)],
			AllowMethods:     [][]string{nil, {"*"}, {"PUT"}, {"DELETE", "POST"}, {"PATCH", "GET"}}[rnd.IntN(5)],
			MaxAge:           []int{0, -1, 600}[rnd.IntN(3)],
		}
	}
	return p
}

func withoutMethods(p routecors.Policy) routecors.Policy {
	without := routecors.Policy{}
	for key, o := range p {
		o.AllowMethods = nil
		without[key] = o
	}
	return without
}

// TestDebugConsole: the console of a browser names the method, or the header.
func TestDebugConsole(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a browser")
	}
	program := browsers.Require(t, "chromium")
	done := make(chan struct{}, 1)
	pages := httptest.NewUnstartedServer(nil)
	page := "http://localhost:" + port(pages)

	s := newSite(t, `{"`+page+`": {"allow_methods": ["PATCH"], "allow_headers": ["X-A"]}}`, routecors.WithDebug())
	s.add(t, "/x")
	s.add(t, "DELETE /y", routecors.Policy{page: {AllowCredentials: true}})
	s.add(t, "PUT /z", policy(t, `{"*": {}}`))
	api := httptest.NewServer(s.cors.Handler(s.mux))
	t.Cleanup(api.Close)

	pages.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<!doctype html><script type="module">
				const ask = (path, init) => fetch(%q + path, init).then(r => console.log("LET THROUGH " + path), () => {})
				await ask("/x?method", {method: "PUT"})
				await ask("/x?header", {method: "PATCH", headers: {"X-Foo": "1", "X-A": "1"}})
				await ask("/y?credentials", {method: "DELETE", credentials: "include", headers: {"X-Bar": "1"}})
				await ask("/z?star", {method: "PUT", headers: {"Content-Type": "application/json"}})
				await ask("/x?safelisted", {method: "POST", headers: {"X-A": "1"}})
				await fetch("/done", {method: "POST"})
			</script>`, "http://localhost:"+port(api))
		case "/done":
			done <- struct{}{}
		default:
			http.NotFound(w, r)
		}
	})
	pages.Start()
	t.Cleanup(pages.Close)

	p := program.Start(t, page)
	select {
	case <-done:
	case <-p.Exited():
	case <-time.After(time.Minute):
		t.Error("the page did not come to its end")
	}
	reasons := map[string]string{
		"/x?method":      "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.",
		"/x?header":      "Request header field x-foo is not allowed by Access-Control-Allow-Headers in preflight response.",
		"/y?credentials": "Request header field x-bar is not allowed by Access-Control-Allow-Headers in preflight response.",
		"/z?star":        "Request header field content-type is not allowed by Access-Control-Allow-Headers in preflight response.",
		"/x?safelisted":  "No 'Access-Control-Allow-Origin' header is present",
	}
	for deadline := time.Now().Add(10 * time.Second); len(reasons) > 0 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for line := range strings.Lines(p.Log()) { // which may come after the page's last request
			maps.DeleteFunc(reasons, func(query, reason string) bool {
				return strings.Contains(line, query+"'") && strings.Contains(line, reason)
			})
		}
	}
	for query, reason := range reasons {
		t.Errorf("no line of the console has %q and %q", query, reason)
	}
	if strings.Contains(p.Log(), "LET THROUGH") {
		t.Error("a request was let through")
	}
	for line := range strings.Lines(p.Log()) {
		if t.Failed() && strings.Contains(line, "CONSOLE") {
			t.Log(line)
		}
	}
}

func port(server *httptest.Server) string {
	u, err := url.Parse("http://" + server.Listener.Addr().String())
	if err != nil {
		return ""
	}
	return u.Port()
}
