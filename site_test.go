package routecors_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

const app = "https://app.example"

// What responses to app carry, as answer has it.
const (
	asked   = "Vary=Origin, Access-Control-Request-Method, Access-Control-Request-Headers" // every answer to a preflight
	shared  = " Access-Control-Allow-Origin=" + app + " Vary=Origin"
	exposed = " Access-Control-Allow-Credentials=true Access-Control-Allow-Origin=" + app + " Access-Control-Expose-Headers="
)

// A site is a mux with its adapter and its registry.
type site struct {
	mux    *http.ServeMux
	router *stdmux.Adapter
	cors   *routecors.CorsConfig
}

func newSite(t *testing.T, defaults string, options ...routecors.Option) site {
	t.Helper()
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, policy(t, defaults), options...)
	must(t, err)
	return site{mux, router, cors}
}

// add registers and adds a route that answers with its pattern.
func (s site) add(t *testing.T, pattern string, policies ...routecors.Policy) *routecors.Route {
	t.Helper()
	route := s.router.Handle(pattern, text(pattern))
	must(t, s.cors.Add(route, policies...))
	return route
}

// policy reads a policy from JSON; "" is none.
func policy(t *testing.T, s string) (p routecors.Policy) {
	t.Helper()
	if s != "" {
		must(t, json.Unmarshal([]byte(s), &p))
	}
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// text is a handler that answers with itself.
type text string

func (s text) ServeHTTP(w http.ResponseWriter, r *http.Request) { io.WriteString(w, string(s)) }

// ask sends a request with header lines such as "Origin: https://a.example" to h.
func ask(h http.Handler, method, target string, lines ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result()
}

func preflight(h http.Handler, method, target, origin string) string {
	return answer(ask(h, "OPTIONS", target, "Origin: "+origin, "Access-Control-Request-Method: "+method))
}

func actual(h http.Handler, method, target, origin string) string {
	return answer(ask(h, method, target, "Origin: "+origin))
}

// answer returns the status of a response and all that CORS and caches make of its
// header: "200 Access-Control-Allow-Origin=* Vary=Accept". Lines of one name are
// joined by "|", since some clients do not add them up. A key without values is no line.
func answer(res *http.Response) string {
	all := http.Header{}
	for key, values := range res.Header {
		key = http.CanonicalHeaderKey(key)
		if len(values) == 0 {
			continue
		}
		if strings.HasPrefix(key, "Access-Control-") || slices.Contains([]string{"Vary", "Allow", "Timing-Allow-Origin", "Cross-Origin-Resource-Policy"}, key) {
			all[key] = append(all[key], values...)
		}
	}
	out := fmt.Sprint(res.StatusCode)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		slices.Sort(all[key]) // the two spellings of Vary come from a map
		out += " " + key + "=" + strings.Join(all[key], "|")
	}
	return out
}

func body(res *http.Response) string {
	b, _ := io.ReadAll(res.Body)
	return string(b)
}

// kinds are policies, one for each kind of answer to app.
var kinds = []struct{ name, policy string }{
	{"exact", `{"https://app.example": {"allow_headers": ["X-A"]}}`},
	{"pattern", `{"https://*.example": {"allow_methods": ["GET"], "max_age": 5}}`},
	{"star", `{"*": {"expose_headers": ["X-B"]}}`},
	{"star beside exact", `{"*": {}, "https://b.example": {}}`},
	{"credentials", `{"https://app.example": {"allow_credentials": true, "allow_headers": "*", "expose_headers": ["X-B", "X-C"]}}`},
	{"not listed", `{"https://b.example": {}}`},
	{"denied", `{"https://app.example": {"deny": true}}`},
	{"expose all", exposeAll},
	{"timing", `{"https://app.example": {"allow_timing": true, "allow_credentials": true, "expose_headers": ["X-B"]}}`},
	{"resource policy", `{"https://b.example": {"cross_origin_resource_policy": "same-site"}}`},
	{"both", `{"*": {"allow_timing": true, "cross_origin_resource_policy": "cross-origin"}, "https://b.example": {"cross_origin_resource_policy": "cross-origin"}}`},
}

const exposeAll = `{"https://app.example": {"allow_credentials": true, "expose_headers": "*"}}`

// servings are the ways to serve a site.
var servings = []struct {
	name string
	wrap func(s site, h http.Handler) http.Handler
}{
	{"bare", func(s site, h http.Handler) http.Handler { return h }},
	{"handler", func(s site, h http.Handler) http.Handler { return s.cors.Handler(h) }},
	{"handler twice", func(s site, h http.Handler) http.Handler { return s.cors.Handler(s.cors.Handler(h)) }},
}

// serve starts a server for h; proto is "HTTP/1.1" or "HTTP/2.0".
func serve(t *testing.T, proto string, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if server.EnableHTTP2 = proto == "HTTP/2.0"; server.EnableHTTP2 {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

// fetch sends a GET request with header h to a server.
func fetch(server *httptest.Server, path string, h http.Header) (*http.Response, error) {
	u, _ := url.Parse(server.URL + path) // both are ours
	return server.Client().Do(&http.Request{URL: u, Header: h})
}

var fromApp = http.Header{"Origin": {app}}
