package inspect_test

import (
	"context"
	"errors"
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/inspect"
	"github.com/routecors/routecors/stdmux"
)

const tenant = "https://shop.tenant.example"

// newDynamicSite has a function as the layer of some routes, in front of the defaults.
// asked counts its calls.
func newDynamicSite(t *testing.T) (h http.Handler, asked *int) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{
		app:                             {},
		"https://*.preview.example.com": {},
		`regexp:https://[a-z]\.example`: {},
		"*":                             {Deny: true},
	})
	must(t, err)
	asked = new(int)
	tenants, err := cors.Dynamic(routecors.Dynamic{
		Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
			*asked++
			switch origin {
			case tenant:
				return &routecors.ResourceOptions{AllowHeaders: []string{"X-Tenant"}}, nil
			case "https://broken.example":
				return nil, errors.New("the database is gone")
			}
			return nil, nil
		},
	})
	must(t, err)
	must(t, errors.Join(
		tenants.Add(router.Handle("PUT /all", says(""))),
		tenants.Add(router.Handle("GET /near", says("")), routecors.Policy{
			admin:                   {AllowTiming: true},
			"https://*.example.com": {},
		}),
		tenants.Add(router.Handle("/closed", says("")), routecors.Policy{"*": {}}),
		tenants.Add(router.Handle("/any", says(""))),
		tenants.Add(router.Handle("GET /wide", says("")), routecors.Policy{"regexp:https://.+": {}}),
		cors.Add(router.Handle("GET /fixed", says(""))),
	))
	mux.Handle("GET /internal/cors", inspect.Handler(cors))
	return mux, asked
}

// TestDynamicColumns: a function has no column, decides what no nearer key does, and is
// not asked by the page.
func TestDynamicColumns(t *testing.T) {
	h, asked := newDynamicSite(t)
	const f = "a function decides"
	want := []string{
		`Route | https://admin.example.com | https://app.example.com | https://*.example.com | https://*.preview.example.com | regexp:https://.+ | regexp:https://[a-z]\.example | * any other origin`,
		strings.Join([]string{"/any", f, f, f, f, f, f, f}, " | "),
		"/closed | GET, HEAD, POST by * | GET, HEAD, POST by * | GET, HEAD, POST by * | GET, HEAD, POST by * | – | – | GET, HEAD, POST",
		"GET /fixed | denied by * | GET | denied by * | GET | – | GET | denied",
		"GET /near | GET | GET by https://*.example.com | GET | GET by https://*.example.com | – | " + f + " | " + f,
		"GET /wide | GET by regexp:https://.+ | GET by regexp:https://.+ | GET by regexp:https://.+ | GET by regexp:https://.+ | GET | " + f + " | " + f,
		strings.Join([]string{"PUT /all", f, f, f, f, f, f, f}, " | "),
	}
	if diff := cmp.Diff(want, sortedRows(rows(t, h, "/internal/cors?part=routes"))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	body := html.UnescapeString(get(h, "GET", "/internal/cors").Body.String())
	for _, want := range []string{
		"the function of the layer “group” decides", "asked only about the origin of a question",
		"GET without credentials; resource timing can be read; by " + admin, "dynamic-origins",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(body, "(dynamic)") {
		t.Error("the page has (dynamic) as if it were an origin")
	}
	if *asked > 0 {
		t.Errorf("the page asked the function %d times", *asked)
	}
}

// sortedRows orders all but the first, which is the head, by route.
func sortedRows(list []string) []string {
	if len(list) > 0 {
		slices.Sort(list[1:])
	}
	return list
}

// TestDynamicAnswers: a question asks the function.
func TestDynamicAnswers(t *testing.T) {
	h, asked := newDynamicSite(t)
	tests := []struct {
		origin, path string
		wants        []string
	}{
		{tenant, "/all", []string{"Yes.", `its function decides: {"allow_headers":["x-tenant"]}`}},
		{app, "/all", []string{"Yes.", "the key " + app + " decides"}},
		{"https://broken.example", "/all", []string{"No.", "origin-undecided", "its function could not decide"}},
		{"https://other.example", "/all", []string{"No.", "origin-denied", "the key * decides"}},
	}
	for _, test := range tests {
		*asked = 0
		text := answer(t, h, "origin", test.origin, "method", "PUT", "url", test.path)
		for _, want := range test.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s %s: no %q in\n%s", test.origin, test.path, want, text)
			}
		}
		if *asked == 0 || strings.Contains(text, "(dynamic)") {
			t.Errorf("%s %s: the function was asked %d times\n%s", test.origin, test.path, *asked, text)
		}
	}
}

// TestDynamicOnly: where functions alone decide there is a column to show it.
func TestDynamicOnly(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	tenants, err := cors.Dynamic(routecors.Dynamic{
		Origin: func(*http.Request, string) (*routecors.ResourceOptions, error) { return nil, nil },
	})
	must(t, err)
	must(t, tenants.Add(router.Handle("PUT /a", says(""))))
	want := []string{"Route | * any other origin", "PUT /a | a function decides"}
	if diff := cmp.Diff(want, rows(t, inspect.Handler(cors), "/?part=routes")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestSource: the keys are those that are loaded when the page is asked.
func TestSource(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	policy := routecors.Policy{app: {}}
	source, err := cors.Source(t.Context(), func(context.Context) (routecors.Policy, error) { return policy, nil })
	must(t, err)
	must(t, source.Config().Add(router.Handle("PUT /a", says("")), routecors.Policy{"null": {CrossOriginResourcePolicy: "same-site"}}))
	page := inspect.Handler(cors)
	for _, key := range []string{app, partner} {
		policy = routecors.Policy{key: {}}
		must(t, source.Refresh(t.Context()))
		want := []string{"Route | " + key + " | null", "PUT /a Cross-Origin-Resource-Policy: same-site | PUT | PUT"}
		if diff := cmp.Diff(want, rows(t, page, "/?part=routes")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}
