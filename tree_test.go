package routecors_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

func noop(http.ResponseWriter, *http.Request) {}

// layersOf returns what Routes says, a line for each key.
func layersOf(cors *routecors.CorsConfig) (lines []string) {
	for _, p := range cors.Routes() {
		for _, o := range p.Origins {
			lines = append(lines, strings.Join([]string{p.Route.String(), o.Origin, o.Layer, strings.Join(o.Methods, ",")}, " "))
		}
	}
	return lines
}

// Nested trees, resources, groups: the layers of a route, wherever it was registered.
func TestTreeLayers(t *testing.T) {
	for _, late := range []bool{false, true} {
		router := stdmux.New(http.NewServeMux())
		cors, err := routecors.Setup(router, routecors.Policy{"https://d.example": {}})
		must(t, err)
		group, err := cors.Group(routecors.Policy{"https://g.example": {}})
		must(t, err)
		trees := func() {
			must(t, cors.Add(router.Tree("/a/"), routecors.Policy{"https://outer.example": {AllowMethods: []string{"GET"}}}))
			must(t, group.Add(router.Tree("/a/b/"), routecors.Policy{"https://inner.example": {}}))
		}
		if !late {
			trees()
		}
		must(t, cors.Add(router.HandleFunc("PUT /a/b/x", noop), routecors.Policy{"https://own.example": {}}))
		res := router.Resource("/a/b/r")
		must(t, cors.Add(res, routecors.Policy{"https://r.example": {}}))
		res.Handle("GET", http.HandlerFunc(noop))
		res.Handle("PUT", http.HandlerFunc(noop))
		router.HandleFunc("GET /a/b/y", noop)
		router.HandleFunc("PUT /a/b/y", noop)
		router.HandleFunc("GET /b", noop)
		if late {
			trees()
		}
		want := []string{
			"PUT /a/b/x https://own.example route PUT",
			"PUT /a/b/x https://inner.example tree PUT",
			"PUT /a/b/x https://outer.example tree PUT",
			"PUT /a/b/x https://d.example defaults PUT",
			"GET /a/b/r https://r.example resource ",
			"GET /a/b/r https://inner.example tree ",
			"GET /a/b/r https://outer.example tree GET",
			"GET /a/b/r https://d.example defaults ",
			"GET /a/b/y https://inner.example tree ",
			"GET /a/b/y https://outer.example tree GET",
			"GET /a/b/y https://g.example group ",
			"GET /a/b/y https://d.example defaults ",
		}
		if diff := cmp.Diff(want, layersOf(cors)); diff != "" {
			t.Errorf("late %t: (-want +got)\n%s", late, diff)
		}
	}
}

func TestTreeUpdate(t *testing.T) {
	router := stdmux.New(http.NewServeMux())
	cors, err := routecors.Setup(router, nil, routecors.RefuseWidening())
	must(t, err)
	tree := router.Tree("/a/")
	if err := cors.Update(tree); err == nil || !strings.Contains(err.Error(), "was not added") {
		t.Errorf("Update before Add: %v", err)
	}
	must(t, cors.Add(tree, routecors.Policy{"https://x.example": {AllowMethods: []string{"GET"}}}))
	router.HandleFunc("GET /a/x", noop)
	router.HandleFunc("PUT /a/x", noop)
	must(t, cors.Add(router.HandleFunc("DELETE /a/x", noop), routecors.Policy{"https://own.example": {}}))
	wider := routecors.Policy{"https://x.example": {AllowMethods: []string{"GET", "PUT"}}}
	var widening *routecors.WideningError
	if err := cors.Update(tree, wider); !errors.As(err, &widening) {
		t.Errorf("Update that widens: %v", err)
	}
	before := []string{"DELETE /a/x https://own.example route DELETE", "DELETE /a/x https://x.example tree DELETE", "GET /a/x https://x.example tree GET"}
	if diff := cmp.Diff(before, layersOf(cors)); diff != "" {
		t.Errorf("refused: (-want +got)\n%s", diff)
	}
	must(t, cors.Widen(tree, wider))
	if diff := cmp.Diff(append(before, "PUT /a/x https://x.example tree PUT"), layersOf(cors)); diff != "" {
		t.Errorf("widened: (-want +got)\n%s", diff)
	}
	must(t, cors.Update(tree, routecors.Policy{"*": {Deny: true}}))
	want := []string{"DELETE /a/x https://own.example route DELETE", "DELETE /a/x * tree "}
	if diff := cmp.Diff(want, layersOf(cors)); diff != "" {
		t.Errorf("denied: (-want +got)\n%s", diff)
	}
}

func TestTreeAddErrors(t *testing.T) {
	router, other := stdmux.New(http.NewServeMux()), stdmux.New(http.NewServeMux())
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	tree := router.Tree("/a/")
	must(t, cors.Add(tree))
	for _, tt := range []struct {
		tree *routecors.Tree
		p    routecors.Policy
		want string
	}{
		{tree, nil, "routecors: /a/: was added before"},
		{router.Tree("/a"), nil, "routecors: /a/: was added before"},
		{other.Tree("/b/"), nil, "routecors: /b/: the tree is of another adapter"},
		{router.Tree("/b/"), routecors.Policy{"x": {}}, `routecors: /b/: origin "x"`},
		{nil, nil, "unknown entity"},
	} {
		if err := cors.Add(tt.tree, tt.p); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q", tt.tree, err, tt.want)
		}
	}
	if err := cors.Verify(); err == nil || !strings.Contains(err.Error(), "routecors: /a/: was added, but no route is below it that is open") {
		t.Errorf("Verify: %v", err)
	}
}

// Explain names the tree, where its policy is to be changed.
func TestTreeExplain(t *testing.T) {
	router := stdmux.New(http.NewServeMux())
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	must(t, cors.Add(router.Tree("/a/"), routecors.Policy{"https://x.example": {AllowMethods: []string{"GET"}}}))
	router.HandleFunc("GET /a/x", noop)
	r, _ := http.NewRequest("GET", "http://h.example/a/x", nil)
	r.Header.Set("Origin", "https://y.example")
	d := cors.Explain(r)
	if want := `the policy that Add gets with the tree "/a/"`; !d.Added || !strings.Contains(d.Remedy, want) {
		t.Errorf("remedy %q, want %s", d.Remedy, want)
	}
}

// TestTreeOfOtherRegistry: a resource leaves alone what another registry's tree covers.
func TestTreeOfOtherRegistry(t *testing.T) {
	s := newSite(t, "")
	other, err := routecors.Setup(s.router, nil)
	must(t, err)
	res := s.router.Resource("/api/x")
	res.Handle("GET", text(""))
	must(t, s.cors.Add(s.router.Tree("/api/"), policy(t, `{"https://app.example": {"allow_methods": ["GET", "PUT"]}}`)))
	check := func(when string) {
		t.Helper()
		if got := preflight(s.cors.Handler(s.mux), "GET", "/api/x", app); got[:3] != "204" {
			t.Errorf("%s: %s", when, got)
		}
	}
	must(t, other.Add(res, policy(t, `{"https://b.example": {"allow_methods": ["GET", "PUT"]}}`)))
	check("added")
	must(t, other.Update(res, policy(t, `{"https://b.example": {}}`)))
	check("updated")
}
