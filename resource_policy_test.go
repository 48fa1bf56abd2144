package routecors_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
)

// TestMixedResourcePolicy: a policy whose keys do not agree is refused, at every key
// that is not like the first.
func TestMixedResourcePolicy(t *testing.T) {
	const because = "the requests that it is for carry no Origin, so that it is one for all keys of a policy; write "
	wrong := func(origin, value, reason string) routecors.ConfigError {
		return routecors.ConfigError{Route: "defaults", Origin: origin, Field: "CrossOriginResourcePolicy", Value: value, Reason: reason}
	}
	for _, tt := range []struct {
		policy string
		want   []routecors.ConfigError
	}{
		{`{"*": {}, "https://a.example": {}}`, nil},
		{`{"*": {"cross_origin_resource_policy": "same-site"}, "https://a.example": {"cross_origin_resource_policy": "same-site", "max_age": 5}}`, nil},
		{`{"*": {"deny": true}, "https://a.example": {"cross_origin_resource_policy": "same-site"}, "https://b.example": {"deny": true}}`, nil},
		{
			`{"*": {}, "https://a.example": {"cross_origin_resource_policy": "same-site"}}`,
			[]routecors.ConfigError{wrong("*", "", because+`"same-site" as for origin "https://a.example", or give the route a policy of its own`)},
		},
		{
			`{"https://c.example": {}, "https://b.example": {"cross_origin_resource_policy": "same-site"}, "https://a.example": {"cross_origin_resource_policy": "cross-origin"}, "https://d.example": {"deny": true}}`,
			[]routecors.ConfigError{
				wrong("https://b.example", "same-site", because+`"cross-origin" as for origin "https://a.example", or give the route a policy of its own`),
				wrong("https://c.example", "", because+`"cross-origin" as for origin "https://a.example", or give the route a policy of its own`),
			},
		},
		{
			`{"*": {}, "https://a.example": {"cross_origin_resource_policy": "none"}}`,
			[]routecors.ConfigError{
				wrong("*", "", because+`"none" as for origin "https://a.example", or give the route a policy of its own`),
				wrong("https://a.example", "none", `browsers ignore it; write "same-origin", "same-site" or "cross-origin", or leave it out`),
			},
		},
	} {
		var got []routecors.ConfigError
		if err := check(policy(t, tt.policy)); err != nil {
			got = configErrors(t, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.policy, diff)
		}
	}
}

// TestBeyondCORSIsOfThePolicy: policies that differ in nothing else are told apart,
// those that were compiled before, too.
func TestBeyondCORSIsOfThePolicy(t *testing.T) {
	s := newSite(t, "")
	s.add(t, "GET /none", policy(t, `{"https://app.example": {}}`))
	s.add(t, "GET /timing", policy(t, `{"https://app.example": {"allow_timing": true}}`))
	s.add(t, "GET /site", policy(t, `{"https://app.example": {"cross_origin_resource_policy": "same-site"}}`))
	s.add(t, "GET /cross", policy(t, `{"https://app.example": {"cross_origin_resource_policy": "cross-origin"}}`))
	s.add(t, "GET /keys", policy(t, `{"https://app.example": {}, "https://b.example": {"allow_timing": true}}`))
	const from = "200 Access-Control-Allow-Origin="
	for _, tt := range []struct{ path, origin, want string }{
		{"/none", app, from + app + " Vary=Origin"},
		{"/timing", app, from + app + " Timing-Allow-Origin=" + app + " Vary=Origin"},
		{"/site", app, from + app + " Cross-Origin-Resource-Policy=same-site Vary=Origin"},
		{"/cross", app, from + app + " Cross-Origin-Resource-Policy=cross-origin Vary=Origin"},
		{"/keys", app, from + app + " Vary=Origin"},
		{"/keys", "https://b.example", from + "https://b.example Timing-Allow-Origin=https://b.example Vary=Origin"},
	} {
		for _, serving := range servings {
			if got := actual(serving.wrap(s, s.mux), "GET", tt.path, tt.origin); got != tt.want {
				t.Errorf("%s: %s from %s: %s, want %s", serving.name, tt.path, tt.origin, got, tt.want)
			}
		}
	}
}

// TestBeyondCORSOfOthers: what middlewares further out say. Timing-Allow-Origin is
// ours alone where some route has AllowTiming, Cross-Origin-Resource-Policy where the
// route has one; a private route is left alone.
func TestBeyondCORSOfOthers(t *testing.T) {
	const own = `{"https://app.example": {"allow_timing": true, "cross_origin_resource_policy": "cross-origin"}}`
	const shared = " Access-Control-Allow-Origin=" + app
	for _, tt := range []struct{ other, path, want string }{
		{kinds[0].policy, "/x", "200" + shared + " Cross-Origin-Resource-Policy=same-origin Timing-Allow-Origin=* Vary=Origin"},
		{own, "/x", "200" + shared + " Cross-Origin-Resource-Policy=same-origin Vary=Origin"},
		{own, "/other", "200" + shared + " Cross-Origin-Resource-Policy=cross-origin Timing-Allow-Origin=" + app + " Vary=Origin"},
		{own, "/private", "200 Cross-Origin-Resource-Policy=same-origin Timing-Allow-Origin=*"},
	} {
		for _, serving := range servings {
			s := newSite(t, kinds[0].policy)
			s.add(t, "GET /x")
			s.add(t, "GET /other", policy(t, tt.other))
			s.router.Handle("GET /private", text("x"))
			h := serving.wrap(s, s.mux)
			outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Timing-Allow-Origin", "*")
				w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
				h.ServeHTTP(w, r)
			})
			if got := actual(outer, "GET", tt.path, app); got != tt.want {
				t.Errorf("%s: %s beside %s\n%s, want\n%s", serving.name, tt.path, tt.other, got, tt.want)
			}
		}
	}
}

// TestBeyondCORSBehindHandler: what happens behind cors.Handler does not count: the
// route that runs says who may time and embed it, where a path is rewritten and where
// a middleware says something else.
func TestBeyondCORSBehindHandler(t *testing.T) {
	s := newSite(t, `{"https://app.example": {"cross_origin_resource_policy": "same-site"}}`)
	s.add(t, "GET /x", policy(t, `{"https://app.example": {"allow_timing": true, "cross_origin_resource_policy": "cross-origin"}}`))
	s.add(t, "GET /v1/x")
	rewrites := s.cors.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/v1" + r.URL.Path
		s.mux.ServeHTTP(w, r)
	}))
	says := s.cors.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, value, _ := strings.Cut(r.URL.RawQuery, "=")
		w.Header().Set(name, value)
		s.mux.ServeHTTP(w, r)
	}))
	const site, other = " Cross-Origin-Resource-Policy=same-site", "https://b.example"
	for _, tt := range []struct {
		h              http.Handler
		target, origin string
		want           string
	}{
		{rewrites, "/x", app, "200 Access-Control-Allow-Origin=" + app + site + " Vary=Origin"},
		{rewrites, "/x", other, "200" + site + " Vary=Origin"},
		{says, "/v1/x?Timing-Allow-Origin=*", app, "200 Access-Control-Allow-Origin=" + app + site + " Vary=Origin"},
		{says, "/v1/x?Timing-Allow-Origin=*", other, "200" + site + " Vary=Origin"},
		{says, "/v1/x?Cross-Origin-Resource-Policy=same-origin", app, "200 Access-Control-Allow-Origin=" + app + site + " Vary=Origin"},
		{says, "/v1/x?Cross-Origin-Resource-Policy=same-origin", other, "200" + site + " Vary=Origin"},
	} {
		if got := actual(tt.h, "GET", tt.target, tt.origin); got != tt.want {
			t.Errorf("%s from %s: %s, want %s", tt.target, tt.origin, got, tt.want)
		}
	}
}

// TestFailedAddLeavesTiming: a policy of a failed Add does not make Timing-Allow-Origin
// ours.
func TestFailedAddLeavesTiming(t *testing.T) {
	s := newSite(t, kinds[0].policy)
	route := s.add(t, "GET /x")
	if err := s.cors.Add(route, policy(t, `{"*": {"allow_timing": true}}`)); err == nil {
		t.Fatal("a second Add")
	}
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Timing-Allow-Origin", "*")
		s.mux.ServeHTTP(w, r)
	})
	if got := ask(outer, "GET", "/x", "Origin: "+app).Header.Get("Timing-Allow-Origin"); got != "*" {
		t.Errorf("Timing-Allow-Origin of a middleware became %q", got)
	}
}

// TestBeyondCORSListed: both are in the table and in the JSON, as they are in force.
func TestBeyondCORSListed(t *testing.T) {
	s := newSite(t, `{"https://app.example": {"allow_timing": true, "cross_origin_resource_policy": "same-site"}}`)
	s.add(t, "GET /x")
	s.add(t, "PUT /y", policy(t, `{"https://b.example": {"allow_timing": true, "expose_headers": ["ETag", "Location"]}}`))
	var b strings.Builder
	must(t, s.cors.Routes().WriteTable(&b))
	want := `
ROUTE   ORIGIN               METHODS    CREDENTIALS  ALLOW  EXPOSE                  MAX-AGE  LAYER
GET /x  https://app.example  GET        -            -      (timing)                -        defaults
        (no CORS)            same-site  -            -      -                       -        -
PUT /y  https://b.example    PUT        -            -      Etag,Location (timing)  -        route
        https://app.example  PUT        -            -      (timing)                -        defaults
`
	if diff := cmp.Diff(want[1:], b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	got, err := json.Marshal(s.cors.Routes()[:1])
	must(t, err)
	const listed = `[{"route":"GET /x","pattern":"/x","method":"GET","covered":false,"cross_origin_resource_policy":"same-site","origins":` +
		`[{"origin":"https://app.example","layer":"defaults","options":{"allow_timing":true,"cross_origin_resource_policy":"same-site"},"methods":["GET"]}]}]`
	if diff := cmp.Diff(listed, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestAllocationsBeyondCORS: both stand in the one array of the response.
func TestAllocationsBeyondCORS(t *testing.T) {
	for _, policy := range []string{
		`{"https://app.example": {"allow_credentials": true, "expose_headers": ["X-B"], "allow_timing": true, "cross_origin_resource_policy": "same-site"}}`,
		`{"https://b.example": {"cross_origin_resource_policy": "same-site"}}`,
		`{"*": {"allow_timing": true}}`,
		`{"*": {"cross_origin_resource_policy": "same-site"}}`,
	} {
		for _, serving := range servings {
			for _, h := range []http.Header{fromApp, {}} {
				s := newSite(t, policy)
				must(t, s.cors.Add(s.router.Handle("GET /x", text(""))))
				handler := serving.wrap(s, s.mux)
				w, r := sink{http.Header{}}, httptest.NewRequest("GET", "/x", nil)
				r.Header = h
				if got := testing.AllocsPerRun(100, func() { clear(w.header); handler.ServeHTTP(w, r) }); got > 1 {
					t.Errorf("%s, %s, %v: %v allocations", policy, serving.name, h, got)
				}
			}
		}
	}
}
