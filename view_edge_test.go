package routecors_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

func preflightOf(h http.Handler, method, path, origin, names string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("OPTIONS", path, nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	if names != "" {
		r.Header.Set("Access-Control-Request-Headers", names)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A policy file opens a route with the policies of its View, as Add does.
func TestViewApply(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{x: {AllowMethods: []string{"*"}}})
	must(t, err)
	router.Handle("/v", view{"PUT": {"*": {Deny: true}}})
	f := file(t, `{"routes": {"/v": {}}}`)
	_, err = cors.Apply(f)
	must(t, err)
	for method, want := range map[string]int{"PUT": 403, "DELETE": 204} {
		if res := preflightOf(mux, method, "/v", x, ""); res.Code != want {
			t.Errorf("preflight of %s: %d, want %d", method, res.Code, want)
		}
	}
	router.Handle("/bad", view{"put": {}})
	f = file(t, `{"routes": {"/v": {}, "/bad": {}}}`)
	if _, err := cors.Apply(f); err == nil || !strings.Contains(err.Error(), `CORSPolicies "put"`) {
		t.Errorf("Apply with a View that is wrong: %v", err)
	}
}

// A HEAD route serves HEAD by the entry for GET, where there is none for HEAD.
func TestViewHEADRoute(t *testing.T) {
	for _, tt := range []struct {
		v    view
		want int
	}{
		{view{"GET": {"*": {Deny: true}}}, 403},
		{view{"GET": {"*": {Deny: true}}, "HEAD": {x: {}}}, 204},
		{view{"GET": {"*": {Deny: true}}, "": {x: {}}}, 403},
	} {
		mux := http.NewServeMux()
		router := stdmux.New(mux)
		cors, err := routecors.Setup(router, routecors.Policy{x: {}})
		must(t, err)
		must(t, cors.Add(router.Handle("HEAD /head", tt.v)))
		must(t, cors.Add(router.Handle("/all", tt.v)))
		for _, path := range []string{"/head", "/all"} {
			if res := preflightOf(mux, "HEAD", path, x, ""); res.Code != tt.want {
				t.Errorf("%v: preflight of HEAD %s: %d, want %d", tt.v, path, res.Code, tt.want)
			}
		}
	}
}

// FROB is allowed by an entry that names every method, and so is kept by browsers: a name
// that PUT is allowed must not be kept beside it.
func TestViewKeepsNoCustomMethod(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	must(t, cors.Add(router.Handle("/v", view{
		"FROB": {x: {AllowMethods: []string{"*"}, AllowHeaders: []string{"X-A"}, MaxAge: 600}},
		"PUT":  {x: {AllowHeaders: []string{"X-A", "X-B"}, MaxAge: 600}},
		"POST": {x: {AllowHeaders: []string{"X-A", "X-B"}}},
	})))
	frob, put := preflightOf(mux, "FROB", "/v", x, "x-a"), preflightOf(mux, "PUT", "/v", x, "x-b")
	if frob.Code != 204 || put.Code != 204 {
		t.Fatalf("preflights: %d, %d", frob.Code, put.Code)
	}
	if frob.Header().Get("Access-Control-Max-Age") != "0" && put.Header().Get("Access-Control-Max-Age") != "0" {
		t.Error("both answers are kept: FROB could be sent with X-B")
	}
}
