package routecors_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
)

func TestRoutes(t *testing.T) {
	s := newSite(t, `{"https://d.example": {"max_age": 600}, "https://shadowed.example": {"deny": true}}`)
	group, err := s.cors.Group(policy(t, `{"https://*.g.example": {"allow_headers": ["X-B", "X-A"]}, "http://localhost:*": {}}`))
	must(t, err)
	s.add(t, "GET /a")
	must(t, group.Add(s.router.Handle("PUT /b/{id}", text("x")), policy(t, `{"https://shadowed.example": {"allow_credentials": true, "expose_headers": ["etag"]}}`)))
	s.add(t, "/every", policy(t, `{"https://a.example": {"allow_methods": ["PUT", "GET"], "expose_headers": "*", "max_age": -1}, "*": {"allow_methods": "*", "allow_headers": "*"}}`))
	res := s.router.Resource("/r")
	must(t, s.cors.Add(res, policy(t, `{"https://r.example": {"allow_methods": ["GET"]}}`)))
	res.Handle("GET", text("x"))
	res.Handle("DELETE", text("x"))
	must(t, s.cors.Add(res.Handle("PUT", text("x")), policy(t, `{"*": {"deny": true}}`)))
	s.router.Handle("GET /private", text("x"))
	s.add(t, "/safelisted", policy(t, `{"*": {}}`))

	var got []string
	for _, p := range s.cors.Routes() {
		sample := "none"
		if p.Sample != nil {
			sample = p.Sample.Method + p.Sample.URL.Path
			if p.Sample.Pattern != p.Route.Pattern() {
				t.Errorf("%v: the pattern of the sample is %s", p.Route, p.Sample.Pattern)
			}
		}
		got = append(got, fmt.Sprintf("%v covered=%v %s", p.Route, p.Covered, strings.ReplaceAll(sample, "~routecors~", "x")))
		for _, o := range p.Origins {
			json, err := o.Options.MarshalJSON()
			must(t, err)
			got = append(got, fmt.Sprintf("  %s %s %v %s", o.Layer, o.Origin, o.Methods, json))
		}
	}
	want := []string{
		"GET /a covered=false GET/a",
		`  defaults https://d.example [GET] {"max_age":600}`,
		`  defaults https://shadowed.example [] {"deny":true}`,
		"PUT /b/{id} covered=false PUT/b/x",
		`  route https://shadowed.example [PUT] {"allow_credentials":true,"expose_headers":["Etag"]}`,
		`  group http://localhost:* [PUT] {}`,
		`  group https://*.g.example [PUT] {"allow_headers":["x-a","x-b"]}`,
		`  defaults https://d.example [PUT] {"max_age":600}`,
		"/every covered=false /every",
		`  route https://a.example [GET HEAD PUT] {"expose_headers":"*","allow_methods":["GET","PUT"],"max_age":-1}`,
		`  route * [*] {"allow_headers":"*","allow_methods":"*"}`,
		"PUT /r covered=false PUT/r",
		`  route * [] {"deny":true}`,
		"/safelisted covered=false /safelisted",
		`  route * [GET HEAD POST] {}`,
		"GET /r covered=true GET/r",
		`  resource https://r.example [GET] {"allow_methods":["GET"]}`,
		`  defaults https://d.example [] {"max_age":600}`,
		`  defaults https://shadowed.example [] {"deny":true}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-want +got)\n%s", diff)
	}
}

// TestRoutesAgree asks every route as every origin, and compares what is listed with
// what is answered.
func TestRoutesAgree(t *testing.T) {
	s := newSite(t, `{"https://app.example": {"max_age": 1}, "https://*.example": {"max_age": 2}, "*": {"max_age": 3}}`)
	s.add(t, "PUT /a")
	s.add(t, "PUT /d", policy(t, `{"https://*.example": {"max_age": 7}}`))
	s.add(t, "PUT /b", policy(t, `{"https://b.example": {"max_age": 4}, "https://app.example": {"deny": true}}`))
	s.add(t, "PUT /c", policy(t, `{"https://*.x.example": {"max_age": 5}, "https://*.example": {"max_age": 6}}`))
	for _, p := range s.cors.Routes() {
		for _, o := range p.Origins {
			of := o.Origin
			switch {
			case of == "*":
				of = "https://elsewhere.test"
			case strings.Contains(of, "*"):
				of = strings.Replace(of, "*", "q", 1)
			}
			got := preflight(s.mux, "PUT", p.Sample.URL.Path, of)
			if want := fmt.Sprintf("Access-Control-Max-Age=%d ", o.Options.MaxAge); strings.Contains(got, want) == o.Options.Deny {
				t.Errorf("%v of %s: %s, listed as %+v", p.Route, of, got, o)
			}
		}
	}
}

// nothingFound is the least that an adapter can be.
type nothingFound struct{ _ int }

func (*nothingFound) Resolve(*http.Request, string) *routecors.Route { return nil }

// An adapter that is no Sampler has routes without samples.
func TestRoutesWithoutSampler(t *testing.T) {
	a := &nothingFound{}
	cors, err := routecors.Setup(a, policy(t, `{"*": {}}`))
	must(t, err)
	must(t, cors.Add(routecors.NewRoute(a, "GET", "/x", text("x"))))
	if got := cors.Routes(); len(got) != 1 || got[0].Sample != nil {
		t.Errorf("%+v", got)
	}
}
