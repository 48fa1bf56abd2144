package routecors_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/internal/conformance/sites"
)

// TestDynamicConcurrent: one function for many requests, with options that it makes
// anew each time, more kinds of them than are kept.
func TestDynamicConcurrent(t *testing.T) {
	var calls atomic.Int64
	s, cors := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		calls.Add(1)
		return &routecors.ResourceOptions{ExposeHeaders: []string{"X-" + r.URL.Query().Get("n")}}, nil
	}})
	h := cors.Handler(s)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				n := rand.IntN(40)
				want := fmt.Sprintf("X-%d", n)
				if got := ask(h, "PUT", fmt.Sprintf("/x?n=%d", n), "Origin: "+app).Header.Get("Access-Control-Expose-Headers"); !strings.EqualFold(got, want) {
					t.Errorf("exposed %q, want %q", got, want)
				}
			}
		})
	}
	wg.Wait()
	if calls.Load() != 1600 {
		t.Errorf("called %d times for 1600 requests", calls.Load())
	}
}

// TestDynamicTimeout: no request waits longer than the limit, a preflight that asks
// several questions neither; the function sees it end.
func TestDynamicTimeout(t *testing.T) {
	for _, limit := range []time.Duration{0, 300 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			release, ended := make(chan struct{}), make(chan struct{})
			s, cors := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Timeout: limit, Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
				switch r.Method {
				case "POST":
					<-r.Context().Done()
					close(ended)
					<-release // though its context has ended
				case "PUT":
					time.Sleep(200 * time.Millisecond)
				}
				return &routecors.ResourceOptions{AllowHeaders: []string{"X-A"}, MaxAge: 60}, nil
			}})
			must(t, cors.Add(s.Handle("POST", "/x", text("x"))))
			begun := time.Now()
			res := ask(s, "OPTIONS", "/x", "Origin: "+app, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-a")
			want := limit
			if limit == 0 {
				want = time.Second
			}
			if got := time.Since(begun); got != want {
				t.Errorf("limit %v: waited %v, want %v", limit, got, want)
			}
			if got := answer(res); !strings.Contains(got, "204") || !strings.Contains(got, "Access-Control-Max-Age=0") {
				t.Errorf("limit %v: what POST may do is not known, and the names may be kept: %s", limit, got)
			}
			<-ended
			close(release)
		})
	}
}

// TestDynamicLeftBehind: calls that do not return are bounded, and those that do make
// room again.
func TestDynamicLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		release := make(chan struct{})
		s, _ := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
			calls.Add(1)
			<-release
			return &routecors.ResourceOptions{}, nil
		}})
		for i := range 300 {
			if got := actual(s, "PUT", "/x", app); got != "200 Vary=Origin" {
				t.Fatalf("request %d: %s", i, got)
			}
		}
		if got := calls.Load(); got != 256 {
			t.Errorf("%d calls are left behind, want 256", got)
		}
		close(release)
		synctest.Wait()
		if got, want := actual(s, "PUT", "/x", app), "200 Access-Control-Allow-Origin="+app+" Vary=Origin"; got != want {
			t.Errorf("when they have returned: %s, want %s", got, want)
		}
	})
}

// TestDynamicGone: a request whose client has gone waits no longer, and is no failure.
func TestDynamicGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var book logbook
		var ended error
		s, _ := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
			<-r.Context().Done()
			ended = r.Context().Err()
			return nil, ended
		}}, routecors.WithLogger(slog.New(slog.NewTextHandler(&book, nil))))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		r := httptest.NewRequestWithContext(ctx, "PUT", "/x", nil)
		r.Header.Set("Origin", app)
		begun, rec := time.Now(), httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		synctest.Wait()
		if got := time.Since(begun); got != time.Millisecond || ended != context.Canceled {
			t.Errorf("waited %v, and the function saw %v", got, ended)
		}
		if got := answer(rec.Result()); got != "200 Vary=Origin" {
			t.Error(got)
		}
		for _, line := range book.take() {
			if strings.Contains(line, "level=ERROR") {
				t.Error(line)
			}
		}
	})
}

func TestDynamicLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var book logbook
		handler := slog.NewTextHandler(&book, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
		s, cors := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Origin: decides, Timeout: time.Second}, routecors.WithLogger(slog.New(handler)))
		h := cors.Handler(s)
		var got []string
		for _, origin := range []string{"https://error.example", "https://panic.example", "https://exit.example", "https://old.example", "null", "https://slow.example"} {
			actual(h, "PUT", "/x", origin)
			preflight(h, "PUT", "/x", origin) // within the 10 seconds
			time.Sleep(time.Minute)
			for _, line := range book.take() {
				if strings.Contains(line, "level=ERROR") {
					line, _, _ = strings.Cut(line, `\ngoroutine`)
					got = append(got, line)
				}
			}
		}
		line := func(origin, err string, suppressed int) string {
			return fmt.Sprintf(`level=ERROR msg="routecors: origin undecided" route="PUT /x" method="\"PUT\"" origin="\"%s\"" path="\"/x\"" error=%s suppressed=%d`, origin, err, suppressed)
		}
		want := []string{
			line("https://error.example", `"the database is gone"`, 0),
			line("https://panic.example", `"panic: out of cheese`, 0),
			line("https://exit.example", `"the function called runtime.Goexit"`, 1),
			line("https://old.example", `"routecors: dynamic: origin \"https://old.example\": MaxAge \"100000\": longer than any browser keeps it; write 86400 (24 hours) or less"`, 1),
			line("null", `"routecors: dynamic: origin \"null\": AllowCredentials \"true\": any website can make a page of this origin, with a sandboxed frame; leave credentials out, or set up with DangerouslyTrustNullOrigin"`, 1),
			line("https://slow.example", `"no answer within 1s"`, 1),
		}
		want[1], _, _ = strings.Cut(want[1], "out of cheese")
		got[1], _, _ = strings.Cut(got[1], "out of cheese")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		var counted []string
		for n := range cors.Counters().All() {
			counted = append(counted, fmt.Sprintln(n.Reason, n.Preflight, n.Count))
		}
		if diff := cmp.Diff([]string{"origin-undecided false 6\n", "origin-undecided true 6\n"}, counted); diff != "" {
			t.Errorf("counters (-want +got)\n%s", diff)
		}
	})
}

// TestDynamicKept: what a browser keeps of a preflight is what the function would say
// of every method that it may then send unasked.
func TestDynamicKept(t *testing.T) {
	by := func(names map[string]string) decision { // header names by method
		return func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
			o := &routecors.ResourceOptions{MaxAge: 60, AllowMethods: []string{"*"}}
			if names[r.Method] == "error" {
				return nil, context.Canceled
			}
			if names[r.Method] != "" {
				o.AllowHeaders = strings.Split(names[r.Method], ",")
			}
			return o, nil
		}
	}
	for _, tt := range []struct {
		routes []string
		names  map[string]string
		asked  string // after the method
		keeps  bool
	}{
		{[]string{"PUT /x"}, map[string]string{"PUT": "x-a"}, "PUT x-a", true},
		{[]string{"PUT /x", "POST /x"}, map[string]string{"PUT": "x-a", "POST": "x-a"}, "PUT x-a", true},
		{[]string{"PUT /x", "POST /x"}, map[string]string{"PUT": "x-a"}, "PUT x-a", false},
		{[]string{"PUT /x", "POST /x"}, map[string]string{"PUT": "x-a", "POST": "error"}, "PUT x-a", false},
		{[]string{"PUT /x", "DELETE /x"}, map[string]string{"PUT": "x-a", "DELETE": "x-a"}, "PUT x-a", true},
		{[]string{"PUT /x", "DELETE /x"}, map[string]string{"PUT": "x-a"}, "PUT x-a", false},
		{[]string{"PUT /x", "DELETE /x"}, map[string]string{"PUT": "x-a", "DELETE": "error"}, "PUT x-a", false},
		{[]string{"PUT /x", "/x"}, map[string]string{"PUT": "x-a", "DELETE": "x-a"}, "PUT x-a", false}, // one of many methods
		{[]string{"/x"}, map[string]string{"PUT": "x-a"}, "PUT x-a", false},
		{[]string{"/x"}, nil, "PUT ", true},
		{[]string{"/x"}, nil, "PURGE ", false}, // which no later answer would know
	} {
		s := newSite(t, "")
		cors, err := s.cors.Dynamic(routecors.Dynamic{Origin: by(tt.names)})
		must(t, err)
		for _, route := range tt.routes {
			must(t, cors.Add(s.router.Handle(route, text("x"))))
		}
		method, names, _ := strings.Cut(tt.asked, " ")
		lines := []string{"Origin: " + app, "Access-Control-Request-Method: " + method}
		if names != "" {
			lines = append(lines, "Access-Control-Request-Headers: "+names)
		}
		res := ask(s.mux, "OPTIONS", "/x", lines...)
		if got := res.Header.Get("Access-Control-Max-Age") == "60"; got != tt.keeps || res.StatusCode != http.StatusNoContent {
			t.Errorf("%s of %q, %v: %s, want kept: %v", tt.asked, tt.routes, tt.names, answer(res), tt.keeps)
		}
	}
}

// TestDynamicDebug: the browser is told by what was decided, and nothing is asked again.
func TestDynamicDebug(t *testing.T) {
	var calls atomic.Int64
	s, _ := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		calls.Add(1)
		return decides(r, origin)
	}}, routecors.WithDebug())
	got := answer(ask(s, "OPTIONS", "/x", "Origin: https://tenant.example", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-b"))
	want := "200 Access-Control-Allow-Headers=x-a Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin=https://tenant.example Access-Control-Max-Age=0 " + asked
	if got != want || calls.Load() != 1 {
		t.Errorf("%d calls, %s, want %s", calls.Load(), got, want)
	}
	if got := preflight(s, "PUT", "/x", "https://error.example"); got != "403 "+asked {
		t.Error(got)
	}
}

// TestDynamicShown: all that shows policies shows that there is a function.
func TestDynamicShown(t *testing.T) {
	s := newSite(t, `{"https://fixed.example": {"allow_headers": ["Content-Type"]}}`)
	cors, err := s.cors.Dynamic(routecors.Dynamic{Origin: decides})
	must(t, err)
	must(t, cors.Add(s.router.Handle("PUT /x", text("x")), policy(t, `{"https://own.example": {"allow_headers": ["Content-Type"]}}`)))
	res := s.router.Resource("/r")
	must(t, cors.Add(res))
	res.Handle("GET", text("x"))

	var table strings.Builder
	must(t, cors.Routes().WriteTable(&table))
	want := `
ROUTE             ORIGIN                 METHODS     CREDENTIALS  ALLOW         EXPOSE  MAX-AGE  LAYER
PUT /x            https://own.example    PUT         -            content-type  -       -        route
                  (dynamic)              as decided  -            -             -       -        group
                  https://fixed.example  PUT         -            content-type  -       -        defaults
GET /r (covered)  (dynamic)              as decided  -            -             -       -        group
                  https://fixed.example  none        -            content-type  -       -        defaults
`
	if diff := cmp.Diff(want[1:], table.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	text, err := json.Marshal(cors.Routes()[0].Origins[1])
	must(t, err)
	if got := cors.Routes()[0].Origins[1]; !got.Dynamic || got.Methods != nil || !strings.Contains(string(text), `"Dynamic":true`) {
		t.Errorf("%+v", got)
	}
	whole, err := json.Marshal(cors.Routes()[0])
	must(t, err)
	if !strings.Contains(string(whole), `{"origin":"(dynamic)","layer":"group","options":{},"methods":[],"dynamic":true}`) || strings.Count(string(whole), "dynamic\":") != 1 {
		t.Error(string(whole))
	}
	var findings []string
	cors.Handler(s.mux)
	for _, f := range cors.Audit() {
		findings = append(findings, f.Error())
	}
	wantFindings := []string{"routecors: note: dynamic-origins: PUT /x and 1 more: a function decides which origins the route is open to, of which nothing can be audited; see to it that it knows its origins, and never echoes what it is asked"}
	if diff := cmp.Diff(wantFindings, findings); diff != "" {
		t.Errorf("Audit (-want +got)\n%s", diff)
	}
	must(t, cors.Verify())
	const wantMatrix = `GET /r
  GET, HEAD  any other origin  as a function decides
PUT /x
  PUT  any other origin     as a function decides
  PUT  https://own.example  reads; sends content-type
`
	if diff := cmp.Diff(wantMatrix, corstest.Matrix(t, cors)); diff != "" {
		t.Errorf("Matrix (-want +got)\n%s", diff)
	}
}

// TestDynamicCovered: what a function names of a resource's methods is open, and no other.
func TestDynamicCovered(t *testing.T) {
	s := newSite(t, "")
	cors, err := s.cors.Dynamic(routecors.Dynamic{Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		return &routecors.ResourceOptions{AllowMethods: []string{"PUT"}}, nil
	}})
	must(t, err)
	res := s.router.Resource("/r")
	must(t, cors.Add(res))
	res.Handle("PUT", text("x"))
	res.Handle("DELETE", text("x"))
	for method, want := range map[string][2]string{
		"PUT":    {"204 Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin=" + app + " " + asked, "200" + shared},
		"DELETE": {"403 " + asked, "200 Vary=Origin"},
	} {
		if got := [2]string{preflight(s.mux, method, "/r", app), actual(s.mux, method, "/r", app)}; got != want {
			t.Errorf("%s: (-want +got)\n%s", method, cmp.Diff(want, got))
		}
	}
}
