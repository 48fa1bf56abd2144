// Command bench compares routecors with rs/cors and go-chi/cors: the same policies,
// wrapped by hand round the same routes of the same router, their OPTIONS registered
// by hand.
//
//	go run .             a table of ratios
//	go test -bench .     every row as a benchmark
//
// All contenders run in one process, in turn, round after round; a ratio is the median
// of the ratios of the rounds. A machine that is busy, or slow, or fast, moves them
// little; nanoseconds say nothing.
package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	chipeer "github.com/go-chi/cors"
	"github.com/rs/cors"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/stdmux"
)

// A policy is one that all contenders can have.
type policy struct {
	origins     []string
	headers     []string
	expose      []string
	credentials bool
}

// A scenario is one row.
type scenario struct {
	name   string
	policy policy
	method string
	lines  []string // of the request
	bar    float64  // against rs/cors, of the design; 0 is none

	// less says what is taken off: the router's own cost of the actual request ("route"),
	// or of its look-up ("look-up").
	less string
}

const (
	app   = "https://app.example.com"
	other = "https://other.example.org"
)

var five = []string{"Accept-Version", "Content-Type", "X-Csrf-Token", "X-Request-Id", "X-Trace"}

func exact(n int) (list []string) {
	for i := range n - 1 {
		list = append(list, fmt.Sprintf("https://site%d.example.net", i))
	}
	return append(list, app)
}

func subdomains(n int) (list []string) {
	for i := range n - 1 {
		list = append(list, fmt.Sprintf("https://*.site%d.example.net", i))
	}
	return append(list, "https://*.example.com")
}

func scenarios() []scenario {
	from, stranger := "Origin: "+app, "Origin: "+other
	asks := func(of string, names ...string) []string {
		lines := []string{of, "Access-Control-Request-Method: PUT"}
		if names != nil {
			lines = append(lines, "Access-Control-Request-Headers: "+strings.ToLower(strings.Join(names, ",")))
		}
		return lines
	}
	one := policy{origins: exact(1)}
	return []scenario{
		{"no Origin", one, "PUT", nil, 1.3, "route"},
		{"actual, 1 exact origin", one, "PUT", []string{from}, 0.80, "route"},
		{"actual, 10,000 exact origins", policy{origins: exact(10000)}, "PUT", []string{from}, 0.05, "route"},
		{"actual, `*`", policy{origins: []string{"*"}}, "PUT", []string{from}, 0.70, "route"},
		{"actual, credentials and expose", policy{origins: exact(1), expose: []string{"ETag", "X-Total"}, credentials: true}, "PUT", []string{from}, 1.00, "route"},
		{"actual, 1 subdomain pattern", policy{origins: subdomains(1)}, "PUT", []string{from}, 0.88, "route"},
		{"actual, 1,000 subdomain patterns", policy{origins: subdomains(1000)}, "PUT", []string{from}, 0.06, "route"},
		{"actual, origin not allowed", one, "PUT", []string{stranger}, 0.55, "route"},
		{"preflight", one, "OPTIONS", asks(from), 0.68, "look-up"},
		{"preflight, 1 header", policy{origins: exact(1), headers: five[:1]}, "OPTIONS", asks(from, five[:1]...), 0.70, "look-up"},
		{"preflight, 5 headers", policy{origins: exact(1), headers: five}, "OPTIONS", asks(from, five...), 0.65, "look-up"},
		{"refused: origin", one, "OPTIONS", asks(stranger), 0.50, "look-up"},
		{"refused: header", policy{origins: exact(1), headers: five}, "OPTIONS", asks(from, "X-Other"), 0.50, "look-up"},
		{"hostile: 1 MiB of header", policy{origins: exact(1), headers: five}, "OPTIONS", asks(from, strings.Repeat("x", 1<<20)), 0, "look-up"},
		{"hostile: 100,000 commas", policy{origins: exact(1), headers: five}, "OPTIONS", asks(from, strings.Repeat(",", 100000)), 0, "look-up"},
		{"hostile: 1 MiB of Origin", one, "OPTIONS", asks("Origin: https://" + strings.Repeat("a", 1<<20)), 0, "look-up"},
		{"hostile: 253-byte host, 1,000 patterns", policy{origins: subdomains(1000)}, "OPTIONS", asks("Origin: https://" + strings.Repeat("a.", 116) + "site9.example.org"), 0, "look-up"},
	}
}

// A contender serves a scenario on one router.
type contender struct {
	name  string
	build func(policy) http.Handler
}

const path = "/articles/7"

var handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// serveMux and chiRouter are the contenders on one router: without CORS, ours by the
// router itself and by cors.Handler, and the peers.
var (
	serveMux  = []contender{{"bare", bareMux}, {"routecors", oursMux(false)}, {"routecors front", oursMux(true)}, {"rs/cors", peerMux(rs)}, {"go-chi/cors", peerMux(gochi)}}
	chiRouter = []contender{{"bare", bareChi}, {"routecors", oursChi(false)}, {"routecors front", oursChi(true)}, {"rs/cors", peerChi(rs)}, {"go-chi/cors", peerChi(gochi)}}
)

// methods are what the pattern serves; POST, too, since a preflight that names headers
// asks for it.
var methods = []string{"GET", "POST", "PUT"}

func bareMux(policy) http.Handler {
	mux := http.NewServeMux()
	for _, m := range append(methods, "OPTIONS") {
		mux.Handle(m+" /articles/{id}", handler)
	}
	return mux
}

func bareChi(policy) http.Handler {
	r := chi.NewRouter()
	for _, m := range append(methods, "OPTIONS") {
		r.Method(m, "/articles/{id}", handler)
	}
	return r
}

func (p policy) ours() routecors.Policy {
	all := routecors.Policy{}
	for _, o := range p.origins {
		all[o] = routecors.ResourceOptions{AllowHeaders: p.headers, ExposeHeaders: p.expose, AllowCredentials: p.credentials, MaxAge: 600}
	}
	return all
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func oursMux(front bool) func(policy) http.Handler {
	return func(p policy) http.Handler {
		mux := http.NewServeMux()
		router := stdmux.New(mux)
		c, err := routecors.Setup(router, p.ours())
		must(err)
		for _, m := range methods {
			must(c.Add(router.Handle(m+" /articles/{id}", handler)))
		}
		if front {
			return c.Handler(mux)
		}
		return mux
	}
}

func oursChi(front bool) func(policy) http.Handler {
	return func(p policy) http.Handler {
		r := chi.NewRouter()
		router := chicors.New(r)
		c, err := routecors.Setup(router, p.ours())
		must(err)
		for _, m := range methods {
			must(c.Add(router.Method(m, "/articles/{id}", handler)))
		}
		if front {
			return c.Handler(r)
		}
		return r
	}
}

func rs(p policy) func(http.Handler) http.Handler {
	return cors.New(cors.Options{AllowedOrigins: p.origins, AllowedMethods: methods, AllowedHeaders: p.headers, ExposedHeaders: p.expose, AllowCredentials: p.credentials, MaxAge: 600}).Handler
}

func gochi(p policy) func(http.Handler) http.Handler {
	// It appends to the list that it is given.
	return chipeer.Handler(chipeer.Options{AllowedOrigins: p.origins, AllowedMethods: methods, AllowedHeaders: slices.Clone(p.headers), ExposedHeaders: p.expose, AllowCredentials: p.credentials, MaxAge: 600})
}

func peerMux(peer func(policy) func(http.Handler) http.Handler) func(policy) http.Handler {
	return func(p policy) http.Handler {
		mux, wrapped := http.NewServeMux(), peer(p)(handler)
		for _, m := range append(methods, "OPTIONS") {
			mux.Handle(m+" /articles/{id}", wrapped)
		}
		return mux
	}
}

func peerChi(peer func(policy) func(http.Handler) http.Handler) func(policy) http.Handler {
	return func(p policy) http.Handler {
		r, wrapped := chi.NewRouter(), peer(p)(handler)
		for _, m := range append(methods, "OPTIONS") {
			r.Method(m, "/articles/{id}", wrapped)
		}
		return r
	}
}

// request returns that of s, with the headers that a browser sends beside.
func (s scenario) request() *http.Request {
	r, err := http.NewRequest(s.method, "http://api.example.com"+path, nil)
	must(err)
	r.Header = http.Header{
		"Accept": {"*/*"}, "Accept-Encoding": {"gzip, deflate, br, zstd"}, "Accept-Language": {"en"}, "Connection": {"keep-alive"},
		"Referer": {app + "/"}, "Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Site": {"same-site"},
		"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64)"}, "Priority": {"u=4"}, "Cache-Control": {"no-cache"}, "Pragma": {"no-cache"},
	}
	for _, line := range s.lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// A writer allocates nothing, and hides no allocation.
type writer struct {
	header http.Header
	status int
}

func (w *writer) Header() http.Header         { return w.header }
func (w *writer) Write(b []byte) (int, error) { return len(b), nil }
func (w *writer) WriteHeader(status int)      { w.status = status }
