package routecors_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

type view map[string]routecors.Policy

func (v view) CORSPolicies() map[string]routecors.Policy        { return v }
func (v view) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }

const x, y = "https://x.example", "https://y.example"

func TestViewLayers(t *testing.T) {
	v := view{"PUT": {x: {}}, "GET": {"*": {}}, "": {y: {AllowMethods: []string{"PUT", "DELETE"}}}}
	router := stdmux.New(http.NewServeMux())
	cors, err := routecors.Setup(router, routecors.Policy{"https://d.example": {}})
	must(t, err)
	must(t, cors.Add(router.Tree("/t/"), routecors.Policy{"https://tree.example": {AllowMethods: []string{"PUT"}}}))
	must(t, cors.Add(router.Handle("/all", v), routecors.Policy{"https://own.example": {AllowMethods: []string{"PUT"}}}))
	must(t, cors.Add(router.Handle("PUT /put", v)))
	must(t, cors.Add(router.Handle("POST /post", v)))
	router.Handle("/t/x", v)
	router.Handle("GET /t/private", v)
	var got []string
	for _, p := range cors.Routes() {
		for _, o := range p.Origins {
			got = append(got, strings.Join([]string{p.Route.String(), p.Method, o.Origin, o.Layer, strings.Join(o.Methods, ",")}, "|"))
		}
	}
	want := []string{
		"/all||https://own.example|route|", "/all||https://y.example|view|DELETE", "/all||https://d.example|defaults|POST",
		"/all|GET|https://own.example|route|", "/all|GET|*|view|GET",
		"/all|PUT|https://own.example|route|PUT", "/all|PUT|https://x.example|view|PUT", "/all|PUT|https://d.example|defaults|",
		"PUT /put||https://x.example|view|PUT", "PUT /put||https://d.example|defaults|PUT",
		"POST /post||https://y.example|view|POST", "POST /post||https://d.example|defaults|POST",
		"/t/x||https://y.example|view|DELETE", "/t/x||https://tree.example|tree|", "/t/x||https://d.example|defaults|",
		"/t/x|GET|*|view|GET",
		"/t/x|PUT|https://x.example|view|PUT", "/t/x|PUT|https://tree.example|tree|PUT", "/t/x|PUT|https://d.example|defaults|",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestViewErrors(t *testing.T) {
	for _, tt := range []struct {
		v    view
		want string
	}{
		{view{"PUT": {"x": {}}}, `/v: CORSPolicies "PUT": origin "x"`},
		{view{"put": {x: {}}}, `/v: CORSPolicies "put": no page can be allowed this method`},
		{view{"TRACE": {x: {}}}, "no page can be allowed this method"},
		{view{"PUT": {x: {AllowMethods: []string{"GET"}}}}, "does not contain the method"},
		{view{"": {"*": {AllowCredentials: true}}}, `/v: CORSPolicies "": origin "*"`},
	} {
		router := stdmux.New(http.NewServeMux())
		cors, err := routecors.Setup(router, nil)
		must(t, err)
		route := router.Handle("/v", tt.v)
		for _, e := range []routecors.Entity{route, router.Tree("/")} {
			if err := cors.Add(e, routecors.Policy{y: {AllowMethods: []string{"PUT"}}}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v: %v, want %q", e, err, tt.want)
			}
		}
	}
}

// Update sees what widens for the methods of a View only.
func TestViewWidening(t *testing.T) {
	router := stdmux.New(http.NewServeMux())
	cors, err := routecors.Setup(router, nil, routecors.RefuseWidening())
	must(t, err)
	route := router.Handle("/v", view{"PUT": {x: {}}})
	must(t, cors.Add(route, routecors.Policy{"*": {Deny: true}}))
	if err := cors.Update(route); err == nil || !strings.Contains(err.Error(), `"https://x.example" is now allowed`) && !strings.Contains(err.Error(), "x.example") {
		t.Errorf("Update that opens the View: %v", err)
	}
	must(t, cors.Widen(route))
	must(t, cors.Update(route, routecors.Policy{x: {Deny: true}}))
}

func TestCommonLists(t *testing.T) {
	want := routecors.CommonHeaders()
	routecors.CommonHeaders()[0], routecors.CommonMethods()[0] = "X-Other", "OTHER"
	if diff := cmp.Diff(want, routecors.CommonHeaders()); diff != "" || routecors.CommonMethods()[0] == "OTHER" {
		t.Errorf("a list was changed from outside: %s", diff)
	}
	router := stdmux.New(http.NewServeMux())
	_, err := routecors.Setup(router, routecors.Policy{x: {AllowHeaders: append(routecors.CommonHeaders(), "X-Mine"), AllowMethods: routecors.CommonMethods()}})
	must(t, err)
}
