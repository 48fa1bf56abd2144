package routecors_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/routecors/routecors"
)

// The host of all handshakes is example.com, unless a case says another.
var handshakes = []struct {
	reason        string
	path          string
	origins, site string // "|" between two lines
	want          bool
}{
	{"no browser", "/ws", "", "", true},
	{"no browser, private", "/private", "", "", true},
	{"own", "/ws", "https://example.com", "", true},
	{"own, private", "/private", "https://example.com", "", true},
	{"own, behind a proxy that says another host", "/private", "https://www.example.com", "same-origin", true},
	{"own host, in plain http", "/ws", "http://example.com", "cross-site", false},
	{"own host, another port", "/ws", "https://example.com:8443", "", false},
	{"listed", "/ws", "https://app.example", "", true},
	{"listed, in a browser that says cross-site", "/ws", "https://app.example", "cross-site", true},
	{"listed, upper case", "/ws", "https://App.example", "", false},
	{"subdomain", "/ws", "https://a.w.example", "", true},
	{"ports", "/ws", "http://localhost:5173", "", true},
	{"IPv6", "/ws", "http://[::1]:8080", "", true},
	{"listed without credentials", "/ws", "https://read.w.example", "", false},
	{"denied", "/ws", "https://denied.w.example", "", false},
	{"unlisted", "/ws", "https://evil.example", "", false},
	{"subdomain of the site itself", "/ws", "https://user.example.com", "same-site", false},
	{"regexp", "/ws", "https://pr-7.app.example", "", false},
	{"null", "/ws", "null", "", false},
	{"null without a host", "/ws", "null", "", false},
	{"no browser, without a host", "/ws", "", "", true},
	{"listed without a host", "/ws", "https://app.example", "", true},
	{"a cut Origin", "/ws", "", "cross-site", false},
	{"several lines", "/ws", "https://example.com|https://evil.example", "", false},
	{"several lines of one", "/ws", "https://app.example|https://app.example", "", false},
	{"listed, private", "/private", "https://app.example", "", false},
	{"listed, nowhere", "/nowhere", "https://app.example", "", false},
	{`"*" with credentials`, "/any", "https://evil.example", "", false},
	{"every method", "/every", "https://app.example", "", true},
	{"every method but GET", "/post", "https://app.example", "", false},
}

func TestCheckOrigin(t *testing.T) {
	for name, router := range map[string]func() vault{"ServeMux": serveMux, "chi": chiRouter} {
		v := newVault(t, router)
		router := v.RouterAdapter.(interface {
			Handle(pattern string, h http.Handler) *routecors.Route
		})
		// As users do it, in the handler.
		upgrade := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !v.cors.CheckOrigin(r) {
				w.WriteHeader(http.StatusForbidden)
			}
		})
		must(t, v.cors.Add(router.Handle("GET /ws", upgrade)))
		must(t, v.cors.Add(router.Handle("GET /any", upgrade), policy(t, `{"*": {"allow_credentials": true}}`)))
		must(t, v.cors.Add(router.Handle("/post", upgrade), policy(t, `{"https://app.example": {"allow_credentials": true, "allow_methods": ["POST"]}}`)))
		router.Handle("GET /private", upgrade)
		for _, tt := range handshakes {
			r := httptest.NewRequest("GET", tt.path, nil)
			if strings.Contains(tt.reason, "without a host") {
				r.Host = ""
			}
			r.Header.Set("Upgrade", "websocket")
			for o := range strings.SplitSeq(tt.origins, "|") {
				if o != "" {
					r.Header.Add("Origin", o)
				}
			}
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
			if got := v.cors.CheckOrigin(r); got != tt.want {
				t.Errorf("%s: %s: %s of %q: %v, want %v", name, tt.reason, tt.path, tt.origins, got, tt.want)
			}
			if tt.path == "/every" || tt.path == "/nowhere" {
				continue // run something else
			}
			w := httptest.NewRecorder()
			v.ServeHTTP(w, r)
			if got := w.Code == http.StatusOK; got != tt.want {
				t.Errorf("%s: %s: %s of %q, in the handler: %d, want %v", name, tt.reason, tt.path, tt.origins, w.Code, tt.want)
			}
		}
	}
}
