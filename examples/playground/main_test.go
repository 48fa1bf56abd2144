package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors/corstest"
)

// start serves the playground on loopback, as main does, with wrap around its pages.
func start(t testing.TB, wrap func(http.Handler) http.Handler) origins {
	t.Helper()
	var listeners [3]net.Listener
	for i := range listeners {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[i] = l
	}
	at := func(i int) string { return "http://" + listeners[i].Addr().String() }
	o := origins{app: at(0), stranger: at(1), api: at(2)}
	h, err := newHandlers(o)
	if err != nil {
		t.Fatal(err)
	}
	for i, handler := range []http.Handler{wrap(h.app), wrap(h.stranger), h.api} {
		server := &http.Server{Handler: handler}
		t.Cleanup(func() { server.Close() })
		go server.Serve(listeners[i])
	}
	return o
}

func (o outcome) String() string {
	return fmt.Sprint(o.Preflight, " ", o.Ran, " ", o.Status, " ", o.Reason)
}

// received is what is needed of an event.
type received struct {
	Status   int
	Ran      bool
	Decision struct {
		Preflight bool
		Reason    string
		Announced *struct{}
	}
}

// TestScenarios does what the page does, in the browser of corstest, and compares with
// the table. That the API was set up WithDebug makes no difference to it.
func TestScenarios(t *testing.T) {
	o := start(t, func(h http.Handler) http.Handler { return h })
	run := 0
	for _, page := range []string{o.app, o.stranger} {
		for _, debug := range []string{"", "&debug"} {
			for _, s := range all() {
				browser := corstest.BrowserAt(t, o.api)
				run++
				seen := 0
				for _, f := range s.Fetches {
					want := f.App
					if page == o.stranger {
						want = f.Stranger
					}
					options := []corstest.FetchOption{}
					for name, value := range f.Headers {
						options = append(options, corstest.Header(name, value))
					}
					if f.Body != "" {
						options = append(options, corstest.Body(f.Body))
					}
					if f.Credentials {
						options = append(options, corstest.Credentials("include"))
					}
					got := browser.Page(page).Fetch(f.Method, fmt.Sprintf("%s?trace=%d%s", f.Path, run, debug), options...)
					events := trace(t, page, run)
					if diff := cmp.Diff(want.String(), outcomeOf(got, events[seen:])); diff != "" {
						t.Errorf("%s%s of %s (-want +got):\n%s%v", s.ID, debug, page, diff, got)
					}
					seen = len(events)
				}
			}
		}
	}
}

func outcomeOf(got *corstest.Response, events []received) string {
	o, reason := outcome{Preflight: none, Status: got.Status}, ""
	for _, e := range events {
		o.Ran = o.Ran || e.Ran
		reason = e.Decision.Reason
		if !e.Decision.Preflight && e.Decision.Announced != nil {
			o.Preflight = kept
		}
	}
	for _, e := range got.Exchanges {
		if e.Preflight {
			o.Preflight = approved
		}
	}
	if got.Failure != nil && got.Failure.Preflight {
		o.Preflight = refused
	}
	return fmt.Sprint(o.Preflight, " ", o.Ran, " ", o.Status, " ", reason)
}

// trace asks the page's server what the API received in a run.
func trace(t *testing.T, page string, run int) (events []received) {
	t.Helper()
	response, err := http.Get(fmt.Sprintf("%s/trace?id=%d", page, run))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&events); err != nil {
		t.Fatal(err)
	}
	return events
}

// TestTrace shows one run whole: what is noted, and that no cookie is.
func TestTrace(t *testing.T) {
	o := origins{app: "http://127.0.0.1:1", stranger: "http://127.0.0.1:2", api: "http://127.0.0.1:3"}
	h, err := newHandlers(o)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", o.api+"/me?trace=a-1", nil)
	r.Header.Set("Origin", o.app)
	r.AddCookie(&http.Cookie{Name: cookieName, Value: "a secret"})
	h.api.ServeHTTP(httptest.NewRecorder(), r)

	w := httptest.NewRecorder()
	h.app.ServeHTTP(w, httptest.NewRequest("GET", o.app+"/trace?id=a-1", nil))
	if strings.Contains(w.Body.String(), "a secret") {
		t.Errorf("the cookie is shown: %s", w.Body)
	}
	var got []map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got) != 1 {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if decision := got[0]["decision"].(map[string]any); decision["sentence"] != `origin "http://127.0.0.1:1" is allowed to "GET" here` {
		t.Errorf("Explain says %v", decision["sentence"])
	}
	delete(got[0], "decision")
	field := func(name, value string) any { return map[string]any{"name": name, "value": value} }
	want := map[string]any{
		"method": "GET", "path": "/me", "request": []any{field("Origin", o.app)}, "cookie": true,
		"status": 200.0, "ran": true, "response": []any{
			field("Access-Control-Allow-Origin", o.app), field("Access-Control-Allow-Credentials", "true"), field("Vary", "Origin"),
		},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDebug: WithDebug changes what a refused preflight is answered with.
func TestDebug(t *testing.T) {
	o := start(t, func(h http.Handler) http.Handler { return h })
	for query, status := range map[string]int{"": 403, "&debug": 200} {
		page := corstest.BrowserAt(t, o.api).Page(o.app)
		got := page.Fetch("PATCH", "/search?trace=1"+query)
		if len(got.Exchanges) != 1 || got.Exchanges[0].Status != status {
			t.Errorf("%q: want a preflight answered %d: %v", query, status, got)
		}
	}
}

func TestTraces(t *testing.T) {
	var seen traces
	for i := range maxRuns + 1 {
		seen.add(fmt.Sprint(i), event{})
	}
	for range maxEvents {
		seen.add("1", event{})
	}
	for id, want := range map[string]int{"0": 0, "1": maxEvents, fmt.Sprint(maxRuns): 1} {
		w := httptest.NewRecorder()
		seen.ServeHTTP(w, httptest.NewRequest("GET", "/trace?id="+id, nil))
		var got []received
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got == nil || len(got) != want {
			t.Errorf("run %s: %d events, want %d (%v)", id, len(got), want, err)
		}
	}
}

// TestPage looks at what the servers of the pages serve.
func TestPage(t *testing.T) {
	o := origins{app: "http://127.0.0.1:1", stranger: "http://127.0.0.1:2", api: "http://127.0.0.1:3"}
	h, err := newHandlers(o)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		h                           http.Handler
		url                         string
		status                      int
		contentType, location, body string
	}{
		{h.app, o.app + "/", 200, "text/html; charset=utf-8", "", `href="http://127.0.0.1:2"`},
		{h.stranger, o.stranger + "/", 200, "text/html; charset=utf-8", "", `href="http://127.0.0.1:1"`},
		{h.app, o.app + "/page.css", 200, "text/css; charset=utf-8", "", "light-dark"},
		{h.app, o.app + "/page.js", 200, "text/javascript; charset=utf-8", "", "fetch("},
		{h.app, o.app + "/ladder.js", 200, "text/javascript; charset=utf-8", "", "export"},
		{h.app, o.app + "/icon.svg", 200, "image/svg+xml", "", "<svg"},
		{h.app, o.app + "/page/index.html", 404, "text/plain; charset=utf-8", "", "not found"},
		{h.app, "http://localhost:1/", 302, "text/html; charset=utf-8", o.app, ""},
		{h.stranger, o.app + "/trace?id=1", 302, "text/html; charset=utf-8", o.stranger, ""},
	}
	for _, test := range tests {
		w := httptest.NewRecorder()
		test.h.ServeHTTP(w, httptest.NewRequest("GET", test.url, nil))
		body, _ := io.ReadAll(w.Body)
		if w.Code != test.status || w.Header().Get("Content-Type") != test.contentType || w.Header().Get("Location") != test.location || !strings.Contains(string(body), test.body) {
			t.Errorf("%s: %d, %v, want %+v\n%s", test.url, w.Code, w.Header(), test, body)
		}
		const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' http://127.0.0.1:3; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
		if got := w.Header().Get("Content-Security-Policy"); got != policy && w.Code != 302 {
			t.Errorf("%s: Content-Security-Policy %q, want %q", test.url, got, policy)
		}
	}
}

func TestCode(t *testing.T) {
	tests := []struct {
		f    fetch
		want string
	}{
		{fetch{Method: "GET", Path: "/a"}, `await fetch(api + "/a")`},
		{fetch{Method: "GET", Path: "/a", Credentials: true}, "await fetch(api + \"/a\", {\n  credentials: \"include\",\n})"},
		{fetch{Method: "POST", Path: "/a", Body: "b"}, "await fetch(api + \"/a\", {\n  method: \"POST\",\n  body: \"b\",\n})"},
		{fetch{Method: "PUT", Path: "/a", Headers: map[string]string{"X-B": "2", "X-A": "1"}, Body: note},
			"await fetch(api + \"/a\", {\n  method: \"PUT\",\n  headers: {\"X-A\": \"1\", \"X-B\": \"2\"},\n  body: '" + note + "',\n})"},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, test.f.Code()); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.f, diff)
		}
	}
}

// TestOrigins: an API for pages that are not on loopback is refused, for it would let
// plain http have cookies.
func TestOrigins(t *testing.T) {
	_, err := newHandlers(origins{app: "http://192.0.2.1:1", stranger: "http://192.0.2.1:2", api: "http://192.0.2.1:3"})
	if err == nil || !strings.Contains(err.Error(), "http://192.0.2.1:1") {
		t.Errorf("got %v", err)
	}
}
