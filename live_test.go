package routecors_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

// choose decides by a hash of all that it may read.
func choose(seed uint64) decision {
	return func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		h := fnv.New64a()
		fmt.Fprint(h, seed, r.Method, r.Host, r.URL, origin, r.Header)
		n := h.Sum64()
		switch n % 5 {
		case 0:
			return nil, nil
		case 1:
			return nil, errors.New("none")
		case 2:
			return &routecors.ResourceOptions{AllowMethods: []string{"PUT", "PURGE"}}, nil
		}
		return &routecors.ResourceOptions{AllowMethods: []string{"*"}, AllowCredentials: n%2 == 0}, nil
	}
}

// TestDynamicAgrees: a preflight is approved if and only if its request is shared,
// whatever the function reads.
func TestDynamicAgrees(t *testing.T) {
	paths := []string{"/x", "/y/1", "/y/2?q=1", "/api/in", "/api/in/2", "/res", "/y/%2F"}
	approved, total := 0, 0
	for seed := range uint64(20) {
		for _, router := range []conformance.Router{sites.ServeMux, sites.Chi} {
			s := router.New()
			cors, err := routecors.Setup(s.Adapter(), nil)
			must(t, err)
			dynamic, err := cors.Dynamic(routecors.Dynamic{Origin: choose(seed), Vary: []string{"X-Forwarded-Host"}})
			must(t, err)
			for _, route := range []string{"GET /x", "PUT /x", "PURGE /x", " /y/{id}", "DELETE /y/{id}"} {
				method, pattern, _ := strings.Cut(route, " ")
				if method != "PURGE" || router.Name == sites.ServeMux.Name { // which chi must be told of
					must(t, dynamic.Add(s.Handle(method, pattern, text("x"))))
				}
			}
			res := s.Resource("/res")
			must(t, dynamic.Add(res))
			res.Handle("PUT", text("x"))
			res.Handle("GET", text("x"))
			if router.Name == sites.ServeMux.Name {
				mounted := newSite(t, "")
				dynamic, err := mounted.cors.Dynamic(routecors.Dynamic{Origin: choose(seed)})
				must(t, err)
				inner := mounted.router.Mount("/api", http.NewServeMux())
				must(t, dynamic.Add(inner.Handle("PUT /in", text("x"))))
				must(t, dynamic.Add(inner.Handle("/in/2", text("x"))))
				agree(t, seed, "mounted", mounted.mux, paths, &approved, &total)
				agree(t, seed, "mounted, handler", dynamic.Handler(mounted.mux), paths, &approved, &total)
			}
			agree(t, seed, router.Name, s, paths, &approved, &total)
			agree(t, seed, router.Name+", handler", cors.Handler(s), paths, &approved, &total)
		}
	}
	if approved < total/10 || approved > total/2 {
		t.Errorf("%d of %d were approved, which tries little", approved, total)
	}
}

func agree(t *testing.T, seed uint64, name string, h http.Handler, paths []string, approved, total *int) {
	t.Helper()
	for _, path := range paths {
		for _, method := range []string{"GET", "PUT", "DELETE", "POST", "PURGE"} {
			for _, host := range []string{"a.example", "b.example"} {
				target := "http://" + host + path
				for _, origin := range []string{app, "https://b.example"} {
					lines := []string{"Origin: " + origin, "X-Forwarded-Host: " + host}
					res := ask(h, "OPTIONS", target, append(lines, "Access-Control-Request-Method: "+method)...)
					yes := res.StatusCode == http.StatusNoContent && res.Header.Get("Access-Control-Allow-Origin") != ""
					act := ask(h, method, target, append(lines, "Cookie: a=b", "Authorization: c")...)
					shared := act.Header.Get("Access-Control-Allow-Origin") != ""
					if yes != shared {
						t.Errorf("seed %d, %s: %s %s of %s: preflight %s, request %s", seed, name, method, target, origin, answer(res), answer(act))
					}
					if *total++; yes {
						*approved++
					}
				}
			}
		}
	}
}

// TestDynamicQuestion: the function sees what a preflight and its request have in
// common, and cannot reach what they have not.
func TestDynamicQuestion(t *testing.T) {
	var seen []string
	d := routecors.Dynamic{Vary: []string{"x-tenant"}, Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		_, limited := r.Context().Deadline()
		seen = append(seen, fmt.Sprint(r.Method, " ", r.Host, " ", r.URL, " ", r.Header, r.RemoteAddr, r.TLS == nil, r.Pattern, r.RequestURI, limited, r.Context().Value(http.ServerContextKey)))
		r.URL.Path, r.Header["Origin"][0], r.Header["X-Tenant"][0] = "/private", "https://evil.example", "evil"
		return nil, nil
	}}
	for _, router := range []conformance.Router{sites.ServeMux, sites.Chi} {
		s, cors := dynamicSite(t, router, d)
		for _, h := range []http.Handler{s, cors.Handler(s)} {
			seen = nil
			r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.ServerContextKey, "server"), "PUT", "https://h.example/x?q=1", nil)
			r.Header = http.Header{"Origin": {app}, "X-Tenant": {"t"}, "Cookie": {"a=b"}, "X-Other": {"o"}, "Access-Control-Request-Method": {"PUT"}}
			before := r.Header.Clone()
			h.ServeHTTP(httptest.NewRecorder(), r)
			r.Method = "OPTIONS"
			h.ServeHTTP(httptest.NewRecorder(), r)
			want := "PUT h.example https://h.example/x?q=1 map[Origin:[https://app.example] X-Tenant:[t]]" + "truetrue <nil>"
			if diff := cmp.Diff([]string{want, want}, seen); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", router.Name, diff)
			}
			if diff := cmp.Diff(before, r.Header); diff != "" || r.URL.Path != "/x" {
				t.Errorf("%s: path %s, header (-before +after)\n%s", router.Name, r.URL.Path, diff)
			}
		}
	}
}

// TestDynamicOnce: one request asks once, however often it is decided, and a request
// that a handler sends on in the same context is another.
func TestDynamicOnce(t *testing.T) {
	var calls []string
	var mu sync.Mutex
	decide := func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, r.Method+" "+r.URL.Path)
		if r.URL.Path == "/api/closed" || r.URL.Path == "/closed" {
			return nil, nil
		}
		return &routecors.ResourceOptions{}, nil
	}
	s := newSite(t, "")
	cors, err := s.cors.Dynamic(routecors.Dynamic{Origin: decide})
	must(t, err)
	inner := s.router.Mount("/api", http.NewServeMux())
	must(t, cors.Add(s.router.Handle("GET /x", text("x"))))
	must(t, cors.Add(s.router.Handle("/closed", text("x"))))
	must(t, cors.Add(inner.Handle("/x", text("x"))))
	must(t, cors.Add(inner.Handle("/closed", text("x"))))
	for _, path := range []string{"/closed", "/api/closed"} {
		batch := func(w http.ResponseWriter, r *http.Request) {
			sub := r.Clone(r.Context())
			sub.URL.Path = path
			rec := httptest.NewRecorder()
			s.mux.ServeHTTP(rec, sub)
			w.Header().Set("X-Sub", answer(rec.Result()))
		}
		must(t, cors.Add(s.router.HandleFunc("GET /batch"+path, batch)))
		must(t, cors.Add(inner.HandleFunc("GET /batch"+path, batch)))
	}
	front := cors.Handler(s.mux)
	for _, tt := range []struct {
		name   string
		h      http.Handler
		method string
		path   string
		want   string // calls
	}{
		{"bare", s.mux, "GET", "/x", "GET /x"},
		{"handler", front, "GET", "/x", "GET /x"},
		{"twice", cors.Handler(front), "GET", "/x", "GET /x"},
		{"time-out", cors.Handler(http.TimeoutHandler(s.mux, time.Minute, "")), "GET", "/x", "GET /x"},
		{"mounted", front, "PUT", "/api/x", "PUT /api/x"},
		{"mounted, bare", s.mux, "PUT", "/api/x", "PUT /api/x"},
		{"closed", front, "GET", "/closed", "GET /closed"},
		{"none", front, "GET", "/none", ""},
		{"batch", front, "GET", "/batch/closed", "GET /batch/closed|GET /closed"},
		{"batch to the mount", front, "GET", "/batch/api/closed", "GET /batch/api/closed|GET /api/closed"},
		{"batch in the mount", front, "GET", "/api/batch/api/closed", "GET /api/batch/api/closed|GET /api/closed"},
		{"batch out of the mount", front, "GET", "/api/batch/closed", "GET /api/batch/closed|GET /closed"},
	} {
		calls = nil
		res := ask(tt.h, tt.method, tt.path, "Origin: "+app)
		if got := strings.Join(calls, "|"); got != tt.want {
			t.Errorf("%s: asked %s, want %s", tt.name, got, tt.want)
		}
		if sub := res.Header.Get("X-Sub"); strings.Contains(tt.name, "batch") && sub != "200 Vary=Origin" {
			t.Errorf("%s: the request in it was answered %s", tt.name, sub)
		}
	}
}

func TestDynamicVary(t *testing.T) {
	s := newSite(t, `{"*": {}}`)
	group := func(of *routecors.CorsConfig, vary ...string) *routecors.CorsConfig {
		c, err := of.Dynamic(routecors.Dynamic{Vary: vary, Origin: decides})
		must(t, err)
		return c
	}
	must(t, s.cors.Add(s.router.Handle("GET /star", text(""))))
	must(t, group(s.cors).Add(s.router.Handle("GET /plain", text(""))))
	must(t, group(group(s.cors, "X-B", "x-a"), "X-A").Add(s.router.Handle("GET /two", text(""))))
	must(t, group(s.cors, "X-A").Add(s.router.Handle("GET /fixed", text("")), policy(t, `{"*": {}}`)))
	sets := func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Vary", "Accept") }
	must(t, group(s.cors, "X-A").Add(s.router.HandleFunc("GET /sets", sets)))
	for _, h := range []http.Handler{s.mux, s.cors.Handler(s.mux), s.cors.Handler(s.cors.Handler(s.mux))} {
		for _, tt := range []struct{ path, actual, preflight string }{
			{"/star", "", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
			{"/plain", "Origin", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
			{"/two", "Origin, X-A, X-B", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, X-A, X-B"},
			{"/fixed", "", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}, // nobody is asked
			{"/sets", "Accept|Origin, X-A", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, X-A"},
		} {
			vary := func(res *http.Response) string {
				_, vary, _ := strings.Cut(answer(res), "Vary=")
				return vary
			}
			for _, origin := range []string{"https://tenant.example", "https://denied.example", "https://other.example", "malformed", "https://error.example"} {
				if got := vary(ask(h, "GET", tt.path, "Origin: "+origin)); got != tt.actual {
					t.Errorf("GET %s of %s: Vary %q, want %q", tt.path, origin, got, tt.actual)
				}
				if got := vary(ask(h, "OPTIONS", tt.path, "Origin: "+origin, "Access-Control-Request-Method: GET")); got != tt.preflight {
					t.Errorf("preflight to %s of %s: Vary %q, want %q", tt.path, origin, got, tt.preflight)
				}
			}
			if got := vary(ask(h, "GET", tt.path)); got != tt.actual {
				t.Errorf("GET %s without Origin: Vary %q, want %q", tt.path, got, tt.actual)
			}
		}
	}
}

// TestDynamicSeen: the route sees that CorsConfig.Handler has set all that it would set.
func TestDynamicSeen(t *testing.T) {
	var book logbook
	logger := slog.New(slog.NewTextHandler(&book, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, cors := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Origin: decides, Vary: []string{"X-A"}}, routecors.WithLogger(logger))
	actual(cors.Handler(s), "PUT", "/x", "https://tenant.example")
	if lines := book.take(); len(lines) != 1 || !strings.Contains(lines[0], "response shared") {
		t.Errorf("%q, want one line", lines)
	}
}
