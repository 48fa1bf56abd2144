package inspect_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/inspect"
)

const (
	app     = "https://app.example.com"
	partner = "https://shop.partner.example"
	admin   = "https://admin.example.com"
)

// newSite returns an API with the page at /internal/cors.
func newSite(t testing.TB) (http.Handler, *routecors.CorsConfig) {
	t.Helper()
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{
		app:                             {AllowHeaders: []string{"Content-Type"}, ExposeHeaders: []string{"ETag"}, MaxAge: 600},
		"https://*.preview.example.com": {AllowHeaders: []string{"Content-Type"}},
	})
	must(t, err)
	partners, err := cors.Group(routecors.Policy{
		partner: {AllowCredentials: true, AllowHeaders: []string{"Content-Type", "Idempotency-Key"}, ExposeHeaders: []string{"Location"}},
		"*":     {Deny: true},
	})
	must(t, err)
	r.Use(cors.Handler)
	anyone := routecors.Policy{"*": {ExposeHeaders: []string{"ETag"}}}
	must(t, errors.Join(
		cors.Add(router.Get("/articles", says("articles")), anyone),
		cors.Add(router.Get("/articles/{id}", says("article")), anyone),
		cors.Add(router.Put("/articles/{id}", says("put"))),
		cors.Add(router.Delete("/articles/{id}", says("deleted"))),
		partners.Add(router.Post("/orders", says("order"))),
		partners.Add(router.Get("/orders/{id}", says("order"))),
		cors.Add(router.Get("/admin/stats", says("stats")), routecors.Policy{
			admin: {AllowCredentials: true, AllowHeaders: []string{"Authorization"}},
			"*":   {Deny: true},
		}),
		cors.Add(router.Handle("/search", says("search")), routecors.Policy{app: {AllowMethods: []string{"GET", "POST"}}}),
	))
	r.Delete("/articles/all", says("purged"))
	r.Post("/admin/reset", says("reset"))
	r.Method("GET", "/internal/cors", inspect.Handler(cors))
	return r, cors
}

// refuse has something to count.
func refuse(h http.Handler) {
	for _, test := range []struct {
		times                int
		method, path, origin string
	}{
		{3, "DELETE", "/articles/all", app},
		{17, "PUT", "/articles/7", "https://evil.example"},
		{2, "PUT", "/orders/1", app},
	} {
		for range test.times {
			r := httptest.NewRequest("OPTIONS", test.path, nil)
			r.Header.Set("Origin", test.origin)
			r.Header.Set("Access-Control-Request-Method", test.method)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	r := httptest.NewRequest("POST", "/orders", nil)
	r.Header.Set("Origin", app)
	h.ServeHTTP(httptest.NewRecorder(), r)
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) }
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// query writes pairs of names and values.
func query(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "?" + q.Encode()
}
