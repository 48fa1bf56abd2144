package routecors_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
)

// What stands here are cases where two features meet.

// TestAuditWhileRoutesClose: what an audit has listed is private before it is looked at.
func TestAuditWhileRoutesClose(t *testing.T) {
	s := newSite(t, "")
	for _, pattern := range []string{"PUT /x", "POST /x", "PUT /y"} {
		s.router.Handle(pattern, text("x"))
	}
	s.cors.Handler(s.cors.CrossOriginProtection().Handler(s.mux))
	files := []*routecors.PolicyFile{file(t, `{"routes": {"/*": {"https://app.example": {}}}}`), file(t, `{}`)}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for i := range 1000 {
			if _, err := s.cors.Apply(files[i%2]); err != nil {
				t.Error(err)
			}
		}
	})
	for range 200 {
		s.cors.Audit()
		s.cors.Verify()
		s.cors.Routes()
		_ = s.cors.Counters().String()
	}
}

// TestZeroValues: a program that declares one where it should ask a CorsConfig for it
// has something that opens nothing, and does not panic at the first attack.
func TestZeroValues(t *testing.T) {
	var protection routecors.CrossOriginProtection
	h := protection.Handler(text("served"))
	for site, want := range map[string]string{"cross-site": "403", "same-origin": "200"} {
		if got := answer(ask(h, "POST", "/x", "Origin: "+app, "Sec-Fetch-Site: "+site)); got != want {
			t.Errorf("%s: got %s, want %s", site, got, want)
		}
	}
	if got := new(routecors.Counters).String(); got != "[]" {
		t.Errorf("counters: got %s, want []", got)
	}
	s := newSite(t, "")
	_, err := s.cors.Apply(&routecors.PolicyFile{})
	wantError(t, "policy file", err, "routecors: Apply: nil file; pass what ReadPolicyFile returned")
}

// TestRefuseWideningOfCovered: a function opens a covered route by AllowMethods alone,
// and a route that was added whatever that says.
func TestRefuseWideningOfCovered(t *testing.T) {
	s := newSite(t, "", routecors.RefuseWidening())
	dynamic, err := s.cors.Dynamic(routecors.Dynamic{Origin: func(*http.Request, string) (*routecors.ResourceOptions, error) {
		return &routecors.ResourceOptions{}, nil
	}})
	must(t, err)
	res := s.router.Resource("/x")
	res.Handle("PUT", text("x"))
	must(t, dynamic.Add(res))
	_, err = dynamic.Apply(file(t, `{}`))
	must(t, err)

	before := preflight(s.mux, "PUT", "/x", app)
	_, err = dynamic.Apply(file(t, `{"routes": {"PUT /x": []}}`))
	var widening *routecors.WideningError
	if !errors.As(err, &widening) {
		t.Errorf("Apply: got %v, want a WideningError", err)
	}
	want(t, "preflight", before, preflight(s.mux, "PUT", "/x", app))
	want(t, "preflight", "403 "+asked, before)
}

// TestDynamicAskedAnew: behind CorsConfig.Handler the question becomes another one, and a
// middleware gives the route a header of its own. The response is by the second answer.
func TestDynamicAskedAnew(t *testing.T) {
	const tenant = "X-Tenant"
	for _, lose := range []bool{false, true} { // what was asked before, with the context
		s := newSite(t, "")
		dynamic, err := s.cors.Dynamic(routecors.Dynamic{Vary: []string{tenant}, Origin: func(r *http.Request, _ string) (*routecors.ResourceOptions, error) {
			return &routecors.ResourceOptions{AllowCredentials: r.Header.Get(tenant) == ""}, nil
		}})
		must(t, err)
		must(t, dynamic.Add(s.router.HandleFunc("GET /x", answerB)))
		got := get(t, timeout(s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if lose {
				r = r.WithContext(context.Background())
			}
			r.Header.Set(tenant, "b")
			s.mux.ServeHTTP(w, r)
		})))
		want(t, "response", "202 Access-Control-Allow-Origin="+app, got)
	}
}

// TestSourceReadAnew is the same for a Source: the context that keeps what was read is lost.
func TestSourceReadAnew(t *testing.T) {
	s := newSite(t, "")
	tb := table{policy: policy(t, `{"https://app.example": {"allow_credentials": true}}`)}
	src, err := s.cors.Source(t.Context(), tb.load)
	must(t, err)
	must(t, src.Config().Add(s.router.HandleFunc("GET /x", answerB)))
	got := get(t, timeout(s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tb.set(policy(t, `{"*": {"expose_headers": ["X-B"]}}`), nil)
		must(t, src.Refresh(t.Context()))
		s.mux.ServeHTTP(w, r.WithContext(context.Background()))
	})))
	want(t, "response", "202 Access-Control-Allow-Origin=* Access-Control-Expose-Headers=X-B", got)
}

// TestUpdateBehindAnotherRegistry: the router has two, and CorsConfig.Handler is of the one
// that the route was not added to.
func TestUpdateBehindAnotherRegistry(t *testing.T) {
	s := newSite(t, "")
	other, err := routecors.Setup(s.router, nil)
	must(t, err)
	route := s.router.HandleFunc("GET /x", answerB)
	must(t, s.cors.Add(route, policy(t, exposeAll)))
	got := get(t, timeout(site{cors: other}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		must(t, s.cors.Update(route, policy(t, `{"*": {}}`)))
		s.mux.ServeHTTP(w, r)
	})))
	want(t, "response", "202 Access-Control-Allow-Origin=*", got)
}

// TestExplainAsksOnce: what Explain says, and the answer that it shows, are by one answer
// of the function.
func TestExplainAsksOnce(t *testing.T) {
	s, calls := newSite(t, "", routecors.WithDebug()), 0
	dynamic, err := s.cors.Dynamic(routecors.Dynamic{Origin: func(*http.Request, string) (*routecors.ResourceOptions, error) {
		calls++
		return &routecors.ResourceOptions{Deny: calls%2 == 0}, nil
	}})
	must(t, err)
	must(t, dynamic.Add(s.router.Handle("PUT /x", text("x"))))
	r := httptest.NewRequest("OPTIONS", "/x", nil)
	r.Header = http.Header{"Origin": {app}, "Access-Control-Request-Method": {"PUT"}}
	got := s.cors.Explain(r)
	if !got.Allowed || got.Response.Status != http.StatusNoContent || calls != 1 {
		t.Errorf("allowed %t, status %d, after %d calls", got.Allowed, got.Response.Status, calls)
	}
}

// TestExplainDeclaredHeaders: what a reverse proxy adds to a request it adds to the
// preflight before it.
func TestExplainDeclaredHeaders(t *testing.T) {
	s := newSite(t, "")
	const host = "X-Forwarded-Host"
	dynamic, err := s.cors.Dynamic(routecors.Dynamic{Vary: []string{host}, Origin: func(r *http.Request, _ string) (*routecors.ResourceOptions, error) {
		return &routecors.ResourceOptions{Deny: r.Header.Get(host) != "tenant.example"}, nil
	}})
	must(t, err)
	must(t, dynamic.Add(s.router.Handle("PUT /x", text("x"))))
	for tenant, want := range map[string]bool{"tenant.example": true, "other.example": false} {
		r := httptest.NewRequest("PUT", "/x", nil)
		r.Header = http.Header{"Origin": {app}, host: {tenant}}
		if got := s.cors.Explain(r); got.Allowed != want {
			t.Errorf("%s: got %s, allowed should be %t", tenant, got.Sentence, want)
		}
	}
}

// TestSourceResourcePolicy: all that is wrong in a policy is told at once, also that a
// Source has no Cross-Origin-Resource-Policy.
func TestSourceResourcePolicy(t *testing.T) {
	s := newSite(t, "")
	tb := table{policy: policy(t, `{"https://a.example/": {}, "https://b.example": {"cross_origin_resource_policy": "same-site"}, "https://c.example": {}}`)}
	_, err := s.cors.Source(t.Context(), tb.load)
	const belongs = "belongs to the route, whatever the origin; name it in a policy of Add, of a Group or of Setup"
	if diff := cmp.Diff([]routecors.ConfigError{
		{Route: "source", Origin: "https://a.example/", Reason: `trailing slash; write "https://a.example"`},
		{Route: "source", Origin: "https://b.example", Field: "CrossOriginResourcePolicy", Value: "same-site", Reason: belongs},
	}, configErrors(t, err)); diff != "" {
		t.Errorf("errors (-want +got)\n%s", diff)
	}
}

// TestExplainLists: a reader of the JSON finds lists, also where nothing stands in them.
func TestExplainLists(t *testing.T) {
	s := newSite(t, "")
	s.add(t, "GET /open")
	for _, path := range []string{"/open", "/private"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Origin", app)
		got, err := json.Marshal(s.cors.Explain(r))
		must(t, err)
		for _, list := range []string{`"layers":[]`, `"header":[]`, `"steps":[{`} {
			if !strings.Contains(string(got), list) {
				t.Errorf("%s: no %s in %s", path, list, got)
			}
		}
	}
}
