package conformance

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/routecors/routecors"
)

// A bareWriter allocates nothing, and hides no allocation.
type bareWriter struct{ header http.Header }

func (w *bareWriter) Header() http.Header         { return w.header }
func (w *bareWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *bareWriter) WriteHeader(int)             {}

// allocations of h for one request with header lines such as "Origin: null".
func allocations(t testing.TB, h http.Handler, method, target string, lines ...string) float64 {
	r, err := http.NewRequest(method, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := &bareWriter{http.Header{}}
	return testing.AllocsPerRun(100, func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	})
}

// Allocations counts what a request costs beyond the router: one array that holds
// the values of all headers, which the handler may write to. The route leaves what
// cors.Handler has set. A logger costs nothing beyond the lines that it gets, which
// are one of each kind here. It does not count right under the race detector.
func Allocations(t testing.TB, router Router) {
	t.Helper()
	countAllocations(t, router)
	countAllocations(t, router, routecors.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
}

func countAllocations(t testing.TB, router Router, options ...routecors.Option) {
	t.Helper()
	site := router.New()
	policy := routecors.Policy{
		"https://app.example":    {AllowHeaders: []string{"Content-Type", "X-A", "X-B"}, ExposeHeaders: []string{"ETag", "X-C"}, AllowCredentials: true, MaxAge: 600},
		"https://plain.example":  {},
		"https://any.example":    {AllowHeaders: []string{"*"}},
		"https://denied.example": {Deny: true},
	}
	for i := range 1000 {
		policy[fmt.Sprintf("https://*.s%d.example", i)] = routecors.ResourceOptions{}
	}
	cors, err := routecors.Setup(site.Adapter(), policy, options...)
	if err != nil {
		t.Fatal(err)
	}
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	bare := router.New()
	for _, public := range []struct {
		pattern string
		methods []string
		own     routecors.Policy
	}{
		{"/x", []string{"GET", "POST", "PUT"}, nil},
		{"/w/{id}", []string{"GET", "POST", "PUT"}, nil},
		{"/star", []string{"GET", "POST"}, routecors.Policy{"*": {}}},
	} {
		bare.HandleBare("OPTIONS", public.pattern, h)
		for _, method := range public.methods {
			bare.HandleBare(method, public.pattern, h)
			if err := cors.Add(site.Handle(method, public.pattern, h), public.own); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range []Site{site, bare} {
		s.HandleBare("DELETE", "/x", h)
		s.HandleBare("GET", "/private", h)
	}
	if err := cors.Add(site.Handle("DELETE", "/open", h)); err != nil { // so that DELETE is asked for
		t.Fatal(err)
	}
	front := cors.Handler(site)

	const acrm, acrh = "Access-Control-Request-Method: ", "Access-Control-Request-Headers: "
	label := strings.Repeat("a.", 100)
	tests := []struct {
		name, method, target string
		lines                []string
		front, bare          float64 // at most, beyond what the router costs
	}{
		{"private", "GET", "/private", []string{"Origin: https://app.example"}, 0, 0},
		{"private, no Origin", "GET", "/private", nil, 0, 0},
		{"no Origin", "GET", "/x", nil, 1, 1},
		{"exact", "GET", "/x", []string{"Origin: https://plain.example"}, 1, 1},
		{"credentials and expose", "GET", "/x", []string{"Origin: https://app.example"}, 1, 1},
		{"subdomain", "GET", "/x", []string{"Origin: https://a.s7.example"}, 1, 1},
		{"star", "GET", "/star", []string{"Origin: https://other.example"}, 1, 1},
		{"star, no Origin", "GET", "/star", nil, 1, 1},
		{"wildcard", "GET", "/w/7", []string{"Origin: https://plain.example"}, 2, 1}, // ServeMux allocates one at a look-up
		{"unlisted", "GET", "/x", []string{"Origin: https://other.example"}, 1, 1},
		{"hostile host", "GET", "/x", []string{"Origin: https://" + label + "s1000.example"}, 1, 1},
		{"long origin", "GET", "/x", []string{"Origin: https://" + strings.Repeat("a", 1<<20)}, 1, 1},

		{"preflight", "OPTIONS", "/x", []string{"Origin: https://plain.example", acrm + "PUT"}, 1, 1},
		{"preflight, headers", "OPTIONS", "/x", []string{"Origin: https://app.example", acrm + "PUT", acrh + "content-type,x-a"}, 1, 1},
		{"preflight, star", "OPTIONS", "/star", []string{"Origin: https://other.example", acrm + "POST"}, 1, 1},
		{"preflight, wildcard", "OPTIONS", "/w/7", []string{"Origin: https://plain.example", acrm + "PUT"}, 1, 2},
		{"preflight, wildcard and headers", "OPTIONS", "/w/7", []string{"Origin: https://app.example", acrm + "PUT", acrh + "content-type,x-a"}, 2, 3},
		{"preflight, any headers", "OPTIONS", "/x", []string{"Origin: https://any.example", acrm + "PUT", acrh + "x-q"}, 1, 1},

		{"refused origin", "OPTIONS", "/x", []string{"Origin: https://other.example", acrm + "PUT"}, 1, 1},
		{"refused, denied", "OPTIONS", "/x", []string{"Origin: https://denied.example", acrm + "PUT"}, 1, 1},
		{"refused private method", "OPTIONS", "/x", []string{"Origin: https://plain.example", acrm + "DELETE"}, 1, 1},
		{"refused header", "OPTIONS", "/x", []string{"Origin: https://app.example", acrm + "PUT", acrh + "x-q"}, 1, 1},
		{"refused, a megabyte of headers", "OPTIONS", "/x", []string{"Origin: https://app.example", acrm + "PUT", acrh + strings.Repeat("x", 1<<20)}, 1, 1},
		{"refused, 100,000 commas", "OPTIONS", "/x", []string{"Origin: https://app.example", acrm + "PUT", acrh + strings.Repeat(",", 100000)}, 1, 1},
		{"refused, 10,000 lines", "OPTIONS", "/x", append([]string{"Origin: https://app.example", acrm + "PUT"}, slices.Repeat([]string{acrh + "x-a"}, 10000)...), 1, 1},
		{"refused, long origin", "OPTIONS", "/x", []string{"Origin: https://" + strings.Repeat("a", 1<<20), acrm + "PUT"}, 1, 1},
	}
	for _, test := range tests {
		own := allocations(t, bare, test.method, test.target)
		for _, served := range []struct {
			name string
			h    http.Handler
			most float64
		}{{"handler", front, test.front}, {"bare", site, test.bare}} {
			if got := allocations(t, served.h, test.method, test.target, test.lines...) - own; got > served.most {
				t.Errorf("%s, served %s: %v allocations beyond the router, want at most %v", test.name, served.name, got, served.most)
			}
		}
	}
}
