package routecors_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
)

// inventory has a line for each route: what it is, to whom it is open, and whose it is.
func inventory(cors *routecors.CorsConfig) (lines []string, complete bool) {
	routes, complete := cors.AllRoutes()
	for _, r := range routes {
		line := fmt.Sprintf("%q %s", r.Method, r.Pattern)
		if r.Public {
			line += " public"
		}
		switch {
		case r.Route == nil:
			line += " bare"
		case r.Route.Method() != r.Method:
			line += " of " + r.Route.String()
		}
		lines = append(lines, line)
	}
	return lines, complete
}

func TestAllRoutesServeMux(t *testing.T) {
	s := newSite(t, `{"https://app.example": {}}`)
	s.add(t, "PUT /x/{id}")
	s.router.Handle("GET /x/{id}", text("x"))
	s.router.Handle("OPTIONS /x/{name}", text("their own, beside ours"))
	s.mux.Handle("DELETE /x/all", text("not known"))
	s.add(t, "/")
	res := s.router.Resource("h.example/r")
	must(t, s.cors.Add(res, policy(t, `{"*": {"allow_methods": ["GET"]}}`)))
	res.Handle("GET", text("x"))
	res.Handle("DELETE", text("x"))
	inner := s.router.Mount("/api", http.NewServeMux())
	must(t, s.cors.Add(inner.Handle("GET /x", text("x"))))
	inner.Mount("/deep", http.NewServeMux()).Handle("POST /y", text("x"))
	func() {
		defer func() { recover() }()
		s.router.Handle("PUT /x/{other}", text("refused by the mux"))
	}()
	want := []string{
		`"" / public`,
		`"POST" /api/deep/y`,
		`"GET" /api/x public`,
		`"GET" /x/{id}`,
		`"PUT" /x/{id} public`,
		`"OPTIONS" /x/{name}`,
		`"DELETE" h.example/r`,
		`"GET" h.example/r public`,
	}
	got, complete := inventory(s.cors)
	if diff := cmp.Diff(want, got); diff != "" || complete {
		t.Errorf("complete=%v (-want +got)\n%s", complete, diff)
	}
	// What is open by one registry is private to another of the same router.
	other, err := routecors.Setup(inner, routecors.Policy{"*": {}})
	must(t, err)
	routes, _ := other.AllRoutes()
	for _, r := range routes {
		if r.Public {
			t.Errorf("%v is open by another registry", r)
		}
	}
	if listed, _ := inner.Registered(); len(listed) != len(want) {
		t.Errorf("%d routes listed by the adapter of a mount, want %d", len(listed), len(want))
	}
	if len(routes) != len(want) {
		t.Errorf("%d routes by the adapter of a mount, want %d", len(routes), len(want))
	}
}

func TestAllRoutesChi(t *testing.T) {
	x := func(http.ResponseWriter, *http.Request) {}
	through := func(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example": {}})
	must(t, err)
	r.Get("/items/{id}", x)
	must(t, cors.Add(router.Put("/items/{id}", x)))
	must(t, cors.Add(router.Handle("/every", text("x"))))
	r.Handle("/bare", text("x"))
	r.Post("/bare", x)
	r.Handle("/files/*", text("x"))
	r.Options("/own", x)
	must(t, cors.Add(router.Get("/own", x)))
	res := router.Resource("/r")
	must(t, cors.Add(res, routecors.Policy{"*": {AllowMethods: []string{"GET"}}}))
	res.Handle("GET", text("x"))
	res.Handle("DELETE", text("x"))
	r.Route("/{tenant}/api", func(r chi.Router) {
		r.Use(through)
		r.With(through).Get("/", x)
		must(t, cors.Add(router.On(r).Get("/x", x)))
		r.Group(func(r chi.Router) {
			r.Use(through)
			must(t, cors.Add(router.On(r).Patch("/x", x)))
			r.Route("/deep", func(r chi.Router) { r.Post("/y", x) })
		})
	})
	must(t, cors.Add(router.Get("/{tenant}/api/*", x))) // laid over the mount, OPTIONS too
	twice := chi.NewRouter()
	must(t, cors.Add(router.On(twice).Get("/t", x)))
	r.Mount("/v1", twice)
	r.Mount("/v2", twice)
	want := []string{
		`"" /bare bare`,
		`"POST" /bare bare`,
		`"" /every public`,
		`"" /files/* bare`,
		`"GET" /items/{id} bare`,
		`"PUT" /items/{id} public`,
		`"GET" /own public`,
		`"OPTIONS" /own bare`,
		`"DELETE" /r`,
		`"GET" /r public`,
		`"GET" /v1/t public`,
		`"GET" /v2/t public`,
		`"GET" /{tenant}/api/ bare`,
		`"GET" /{tenant}/api/* public`,
		`"POST" /{tenant}/api/deep/y bare`,
		`"GET" /{tenant}/api/x public`,
		`"PATCH" /{tenant}/api/x public`,
	}
	got, complete := inventory(cors)
	if diff := cmp.Diff(want, got); diff != "" || !complete {
		t.Errorf("complete=%v (-want +got)\n%s", complete, diff)
	}

	// Routes of chicors takes over what is there: the same list, nothing bare.
	router.Routes()
	routes, complete := cors.AllRoutes()
	for _, r := range routes {
		if r.Route == nil || r.Route.Method() != r.Method {
			t.Errorf("after Routes: %+v", r)
		}
	}
	if len(routes) != len(want) || !complete {
		t.Errorf("after Routes: %d routes, want %d", len(routes), len(want))
	}

	twice.Mount("/foreign", http.NewServeMux())
	got, complete = inventory(cors)
	if len(got) != len(want)+2 || !slices.Contains(got, `"" /v1/foreign/* bare`) || !slices.Contains(got, `"" /v2/foreign/* bare`) || complete {
		t.Errorf("with a mount of another kind: complete=%v %q", complete, got)
	}
}

// Of an adapter that cannot list, what was added is known.
func TestAllRoutesWithoutLister(t *testing.T) {
	a := &nothingFound{}
	cors, err := routecors.Setup(a, policy(t, `{"*": {}}`))
	must(t, err)
	must(t, cors.Add(routecors.NewRoute(a, "GET", "/x", text("x"))))
	got, complete := inventory(cors)
	if diff := cmp.Diff([]string{`"GET" /x public`}, got); diff != "" || complete {
		t.Errorf("complete=%v (-want +got)\n%s", complete, diff)
	}
}
