package chicors_test

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/go-cmp/cmp"
)

// TestRoutes: a table that exists is taken over in place.
func TestRoutes(t *testing.T) {
	r, router, cors := setup(t)
	r.Use(middleware.StripSlashes)
	var closures []http.HandlerFunc // of the same code
	for _, name := range []string{"every", "post"} {
		closures = append(closures, says(name))
	}
	r.Get("/items/{id}", says("get"))
	r.With(logs("inline")).Put("/items/{name}", says("put"))
	r.Handle("/every", closures[0])
	r.Post("/every", closures[1])
	r.Options("/items/{id}", says("their OPTIONS"))
	r.Route("/sub", func(r chi.Router) { r.Patch("/x", says("sub")) })
	r.Mount("/foreign", http.NotFoundHandler())
	added := router.Delete("/items/{id}", says("by the adapter"))

	var names []string
	for _, route := range router.Routes() {
		names = append(names, route.String())
		add(t, cors, route)
	}
	want := []string{"/every", "POST /every", "DELETE /items/{id}", "GET /items/{id}", "OPTIONS /items/{id}", "PUT /items/{name}", "PATCH /x"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("Routes (-want +got)\n%s", diff)
	}
	again := router.Routes()
	if len(again) != len(want) || again[2] != added {
		t.Errorf("the second Routes returns others: %v", again)
	}
	tests := []struct{ method, url, asked, want string }{
		{"OPTIONS", "/items/7", "GET", "204 " + app},
		{"OPTIONS", "/items/7", "PUT", "204 " + app},
		{"OPTIONS", "/items/7", "OPTIONS", "204 " + app},
		{"OPTIONS", "/items/7", "", "200 " + app + " their OPTIONS id=7 (/items/{id})"},
		{"PUT", "/items/7", "", "200 " + app + " inline put name=7 (/items/{name})"},
		{"GET", "/every", "", "200 " + app + " every (/every)"},
		{"POST", "/every", "", "200 " + app + " post (/every)"},
		{"DELETE", "/every", "", "200  every (/every)"}, // not among the default methods
		{"PATCH", "/sub/x", "", "200 " + app + " sub *= (/sub/x)"},
		{"GET", "/foreign/x", "", "404 "},
	}
	for _, tt := range tests {
		if got := send(r, tt.method, tt.url, tt.asked); got != tt.want {
			t.Errorf("%s %s asking for %q: %s; want %s", tt.method, tt.url, tt.asked, got, tt.want)
		}
	}
	if err := cors.Verify(); err != nil {
		t.Error(err)
	}
}
