package routecors_test

import (
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

type decision = func(r *http.Request, origin string) (*routecors.ResourceOptions, error)

// decides is a function of a Dynamic that has one answer for each origin.
func decides(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
	host, _ := strings.CutPrefix(origin, "https://")
	switch host {
	case "tenant.example":
		return &routecors.ResourceOptions{AllowHeaders: []string{"X-A"}, MaxAge: 60}, nil
	case "admin.example", "null", "http://plain.example":
		return &routecors.ResourceOptions{AllowCredentials: true, ExposeHeaders: []string{"ETag"}}, nil
	case "denied.example":
		return &routecors.ResourceOptions{Deny: true}, nil
	case "error.example":
		return &routecors.ResourceOptions{}, errors.New("the database is gone")
	case "panic.example":
		panic("out of cheese")
	case "abort.example":
		panic(http.ErrAbortHandler)
	case "badpanic.example":
		return nil, badError{}
	case "exit.example":
		runtime.Goexit()
	case "old.example":
		return &routecors.ResourceOptions{MaxAge: 100000}, nil
	case "star.example":
		return &routecors.ResourceOptions{AllowHeaders: []string{"*", "X-A"}}, nil
	case "slow.example":
		<-r.Context().Done()
		return &routecors.ResourceOptions{}, nil
	case "stubborn.example":
		time.Sleep(200 * time.Millisecond)
		return &routecors.ResourceOptions{}, nil
	}
	return nil, nil
}

type badError struct{}

func (badError) Error() string { panic("an error that panics") }

// dynamicSite has PUT /x added through a Dynamic of d, behind defaults.
func dynamicSite(t *testing.T, router conformance.Router, d routecors.Dynamic, options ...routecors.Option) (conformance.Site, *routecors.CorsConfig) {
	t.Helper()
	s := router.New()
	cors, err := routecors.Setup(s.Adapter(), policy(t, `{"https://fixed.example": {}, "https://tenant.example": {"allow_headers": "*"}, "https://error.example": {}}`), options...)
	must(t, err)
	dynamic, err := cors.Dynamic(d)
	must(t, err)
	must(t, dynamic.Add(s.Handle("PUT", "/x", text("x")), policy(t, `{"https://own.example": {"max_age": 9}}`)))
	return s, dynamic
}

func TestDynamic(t *testing.T) {
	const refused = "403 " + asked
	share := func(origin string) (preflight, actual string) {
		return "204 Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin=" + origin, "200 Access-Control-Allow-Origin=" + origin + " Vary=Origin"
	}
	for _, router := range []conformance.Router{sites.ServeMux, sites.Chi} {
		s, cors := dynamicSite(t, router, routecors.Dynamic{Origin: decides, Timeout: 20 * time.Millisecond})
		for _, serving := range []struct {
			name string
			http.Handler
		}{{"bare", s}, {"handler", cors.Handler(s)}, {"handler twice", cors.Handler(cors.Handler(s))}} {
			for _, tt := range []struct {
				origin, preflight, why string // "" is the answer of an origin without options
			}{
				{"https://own.example", "204 Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin=https://own.example Access-Control-Max-Age=9 Vary=" + asked[5:], ""},
				{"https://tenant.example", "204 Access-Control-Allow-Headers=x-a Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin=https://tenant.example Access-Control-Max-Age=60 Vary=" + asked[5:], ""},
				{"https://fixed.example", "", ""},
				{"https://other.example", refused, "no policy of the route lists it"},
				{"https://denied.example", refused, "is denied"},
				{"https://error.example", refused, "could not be decided now"},
				{"https://panic.example", refused, "could not be decided now"},
				{"https://abort.example", refused, "could not be decided now"},
				{"https://badpanic.example", refused, "could not be decided now"},
				{"https://exit.example", refused, "could not be decided now"},
				{"https://old.example", refused, "could not be decided now"},
				{"https://star.example", refused, "could not be decided now"},
				{"https://slow.example", refused, "could not be decided now"},
				{"https://stubborn.example", refused, "could not be decided now"},
				{"http://plain.example", refused, "could not be decided now"}, // credentials
				{"null", refused, "could not be decided now"},                 // credentials
				{"https://Tenant.example", refused, "not one serialized origin"},
			} {
				name := router.Name + ", " + serving.name + ", " + tt.origin
				wantPreflight, wantActual := share(tt.origin)
				wantPreflight += " " + asked
				if tt.preflight != "" {
					wantPreflight = tt.preflight
				}
				if tt.preflight == refused {
					wantActual = "200 Vary=Origin"
				}
				res := ask(serving, "OPTIONS", "/x", "Origin: "+tt.origin, "Access-Control-Request-Method: PUT")
				if got := answer(res); got != wantPreflight {
					t.Errorf("%s: preflight %s, want %s", name, got, wantPreflight)
				}
				if why := body(res); !strings.Contains(why, tt.why) || strings.Contains(why, "database") {
					t.Errorf("%s: %q, want %q", name, why, tt.why)
				}
				if got := actual(serving, "PUT", "/x", tt.origin); got != wantActual {
					t.Errorf("%s: %s, want %s", name, got, wantActual)
				}
			}
			if got, want := actual(serving, "PUT", "/x", "https://admin.example"), "200 Access-Control-Allow-Credentials=true Access-Control-Allow-Origin=https://admin.example Access-Control-Expose-Headers=ETag Vary=Origin"; !strings.EqualFold(got, want) {
				t.Errorf("%s, %s: %s, want %s", router.Name, serving.name, got, want)
			}
			if got := answer(ask(serving, "PUT", "/x")); got != "200 Vary=Origin" {
				t.Errorf("%s, %s: without Origin %s", router.Name, serving.name, got)
			}
		}
	}
}

// TestDynamicDanger: what Setup accepts, a function may decide.
func TestDynamicDanger(t *testing.T) {
	s, cors := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Origin: decides}, routecors.DangerouslyTrustInsecureOrigins())
	if got := actual(s, "PUT", "/x", "http://plain.example"); !strings.Contains(got, "Allow-Credentials=true") {
		t.Error(got)
	}
	if got := actual(s, "PUT", "/x", "null"); got != "200 Vary=Origin" {
		t.Error(got)
	}
	if err := cors.Verify(); err != nil {
		t.Errorf("what a function needs cannot be known: %v", err)
	}
}

func TestDynamicErrors(t *testing.T) {
	s := newSite(t, "")
	_, err := s.cors.Dynamic(routecors.Dynamic{Timeout: -1, Vary: []string{"*", "a b", "origin", "Host", "cookie", "Authorization", "Content-Type", "Sec-Fetch-Site", "Access-Control-Request-Method", "X-Fine"}})
	var got []string
	for line := range strings.Lines(err.Error()) {
		got = append(got, strings.TrimSpace(line))
	}
	want := []string{
		`routecors: dynamic: nil Origin; give the function that decides`,
		`routecors: dynamic: Timeout "-1ns": negative; leave it out for one second`,
		`routecors: dynamic: Vary "*": not the name of a header; name each one that is read`,
		`routecors: dynamic: Vary "a b": not the name of a header; name each one that is read`,
		`routecors: dynamic: Vary "origin": is among Vary as it is; leave it out`,
		`routecors: dynamic: Vary "Host": every cache tells hosts apart; leave it out, and read r.Host`,
		`routecors: dynamic: Vary "cookie": a preflight never carries it, so that its answer would not hold for the request; leave it out`,
		`routecors: dynamic: Vary "Authorization": a preflight never carries it, so that its answer would not hold for the request; leave it out`,
		`routecors: dynamic: Vary "Content-Type": a preflight never carries it, so that its answer would not hold for the request; leave it out`,
		`routecors: dynamic: Vary "Sec-Fetch-Site": a preflight and its request may differ in it; leave it out`,
		`routecors: dynamic: Vary "Access-Control-Request-Method": is among Vary as it is; leave it out`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDynamicMalformed: a function that takes every origin does not see what is none.
func TestDynamicMalformed(t *testing.T) {
	s, cors := dynamicSite(t, sites.ServeMux, routecors.Dynamic{Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		return &routecors.ResourceOptions{}, nil
	}})
	for _, h := range []http.Handler{s, cors.Handler(s)} {
		for _, origin := range []string{"https://A.example", "https://a.example/", "https://a.example:443", "*", "", "https://a.example, https://b.example", "https://" + strings.Repeat("a", 1<<16)} {
			if got := preflight(h, "PUT", "/x", origin); got != "403 "+asked {
				t.Errorf("preflight of %.40q: %s", origin, got)
			}
			if got := actual(h, "PUT", "/x", origin); got != "200 Vary=Origin" {
				t.Errorf("%.40q: %s", origin, got)
			}
		}
		if got := answer(ask(h, "PUT", "/x", "Origin: "+app, "Origin: "+app)); got != "200 Vary=Origin" {
			t.Errorf("two lines of Origin: %s", got)
		}
	}
}
