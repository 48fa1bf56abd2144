package routecors_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/routecors/routecors"
)

// TestVerify: what Verify says of a mux that is served bare, and after Handler was
// called, agrees with what a preflight meets.
func TestVerify(t *testing.T) {
	const refused = ": its preflights do not arrive, since the mux refuses a handler for OPTIONS there; serve through CorsConfig.Handler (the mux says: …"
	var (
		x       = text("x")
		every   = routecors.Policy{app: {AllowMethods: []string{"*"}}}
		without = []routecors.Option{routecors.WithoutSyntheticOPTIONS()}
		trust   = []routecors.Option{routecors.DangerouslyTrustNullOrigin()}
	)
	for _, tt := range []struct {
		reason      string
		options     []routecors.Option
		build       func(t *testing.T, s site)
		ask         string // a preflight of an added route
		bare, front string // errors after "routecors: "; "" is none
	}{
		{"nothing added", without, func(t *testing.T, s site) { s.mux.Handle("/x", x) }, "", "", ""},
		{"all is fine", nil, func(t *testing.T, s site) {
			resource := s.router.Resource("/r/{id}")
			must(t, s.cors.Add(resource, every))
			resource.Handle("PUT", x)
			s.router.Resource("/unadded").Handle("PUT", x)
			s.router.Handle("OPTIONS /x/{id}", x)
			for _, pattern := range []string{"GET /{$}", "PUT /x/{name}", "/every", "/every/{id}", "GET h.example/", "POST /tree/", "GET /é", "GET /a%2Fb/{rest...}", "OPTIONS /own"} {
				s.add(t, pattern)
			}
		}, "PUT /x/1", "", ""},
		{"a resource that names no method", nil, func(t *testing.T, s site) {
			resource := s.router.Resource("/r")
			must(t, s.cors.Add(resource, routecors.Policy{app: {}}))
			resource.Handle("PUT", x)
		}, "", "/r: was added, but opens none of its routes; name methods in AllowMethods, or add the routes", "/r: was added, but opens none of its routes; name methods in AllowMethods, or add the routes"},
		{"an odd spelling is fine, too", nil, func(t *testing.T, s site) { s.add(t, "GET /é%2F") }, "GET /%C3%A9%2F", "", ""},
		{"no OPTIONS", without, func(t *testing.T, s site) { s.add(t, "PUT /x") }, "PUT /x", "nothing answers preflights: with WithoutSyntheticOPTIONS, serve through CorsConfig.Handler", ""},
		{"no OPTIONS, but the route takes them", without, func(t *testing.T, s site) { s.add(t, "/x", every) }, "PUT /x", "", ""},
		{"class 2: theirs on an overlapping path", nil, func(t *testing.T, s site) { s.mux.Handle("OPTIONS /{x}/a", x); s.add(t, "GET /a/") }, "GET /a/a", "GET /a/" + refused, ""},
		{"theirs by the adapter, on a path inside", nil, func(t *testing.T, s site) { s.router.Handle("OPTIONS /a/b", x); s.add(t, "PUT /a/{x}") }, "PUT /a/b", "", ""},
		{"class 3: the route takes its own", nil, func(t *testing.T, s site) { s.mux.Handle("/a", x); s.add(t, "/", every) }, "PUT /b", "", ""},
		{"class 3: so does the route of a resource", nil, func(t *testing.T, s site) {
			s.mux.Handle("/a", x)
			resource := s.router.Resource("/")
			must(t, s.cors.Add(resource, every))
			resource.Handle("", x)
		}, "PUT /b", "", ""},
		{"class 4: two of ours overlap", nil, func(t *testing.T, s site) { s.add(t, "GET /a/"); s.add(t, "POST /{x}/a") }, "POST /b/a", "POST /{x}/a" + refused, ""},
		{"in a wrapper", nil, func(t *testing.T, s site) {
			route := routecors.NewRoute(s.router, "GET", "/x", x)
			s.mux.Handle("GET /x", http.MaxBytesHandler(route, 1))
			must(t, s.cors.Add(route))
		}, "", `GET /x: no request is known that runs this route: pattern "GET /x" (http.HandlerFunc) stands before it, or has it inside a wrapper; register the route itself, router.Handle(pattern, wrap(h))`, "same"},
		{"not in the mux", nil, func(t *testing.T, s site) { must(t, s.cors.Add(routecors.NewRoute(s.router, "GET", "/x", x))) }, "", "GET /x: is not in the mux; register routes with the adapter, router.Handle(pattern, h)", "same"},
		{"shadowed by an outer mux", nil, func(t *testing.T, s site) {
			s.mux.Handle("PUT /api/x", x)
			must(t, s.cors.Add(s.router.Mount("/api", http.NewServeMux()).Handle("PUT /x", x)))
		}, "", "PUT /x: no request is known that runs this route: …", "same"},
		{"no policy", nil, func(t *testing.T, s site) { must(t, s.cors.Add(s.router.Handle("GET /x", x))) }, "", "GET /x: was added, but no policy, group or default lists an origin; give Add a policy", "same"},
		{"browsers cut MaxAge", nil, func(t *testing.T, s site) {
			s.add(t, "PUT /x", routecors.Policy{app: {MaxAge: 7201}, "https://b.example": {MaxAge: 7200}})
			s.add(t, "PUT /y", routecors.Policy{app: {MaxAge: 7201}, "https://b.example": {MaxAge: 7200}})
		}, "", `PUT /x: origin "https://app.example": MaxAge "7201": Chromium keeps a preflight for 7200 seconds (2 hours) at most; write 7200 or less`, "same"},
		{"a danger that nobody runs", trust, func(t *testing.T, s site) { s.add(t, "PUT /x") }, "", "Setup: DangerouslyTrustNullOrigin is not needed by any policy; leave it out", "same"},
		{"a danger that somebody runs", trust, func(t *testing.T, s site) { s.add(t, "PUT /x", routecors.Policy{"null": {AllowCredentials: true}}) }, "PUT /x", "", ""},
	} {
		defaults := `{"https://app.example": {}}`
		if tt.reason == "no policy" {
			defaults = ""
		}
		s := newSite(t, defaults, tt.options...)
		tt.build(t, s)
		for i, want := range []string{tt.bare, tt.front} {
			if want == "same" {
				want = tt.bare
			}
			h := http.Handler(s.mux)
			if i == 1 {
				h = s.cors.Handler(s.mux)
			}
			if err := s.cors.Verify(); want != "" {
				wantError(t, tt.reason, err, "routecors: "+want)
			} else if err != nil {
				t.Errorf("%s: %v", tt.reason, err)
			}
			if method, path, ok := strings.Cut(tt.ask, " "); ok {
				if got := preflight(h, method, path, app); strings.HasPrefix(got, "204 Access-Control-Allow-") != (want == "") {
					t.Errorf("%s: preflight of %s: %s, while Verify was to say %q", tt.reason, tt.ask, got, want)
				}
			}
		}
	}
}
