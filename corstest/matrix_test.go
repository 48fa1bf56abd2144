package corstest_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/stdmux"
)

// A Matrix runs none of these.
func never(http.ResponseWriter, *http.Request) { panic("a handler of the program ran") }

func TestMatrix(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{
		"https://app.example": {AllowHeaders: []string{"Content-Type", "X-A"}, ExposeHeaders: []string{"ETag"}, MaxAge: 600},
	})
	if err != nil {
		t.Fatal(err)
	}
	add := func(pattern string, policies ...routecors.Policy) {
		t.Helper()
		if err := cors.Add(router.HandleFunc(pattern, never), policies...); err != nil {
			t.Fatal(err)
		}
	}
	add("GET /articles/{id}", routecors.Policy{"*": {}})
	add("PUT /articles/{id}", routecors.Policy{"https://*.admin.example": {AllowCredentials: true, AllowHeaders: []string{"*"}, ExposeHeaders: []string{"*"}, MaxAge: -1}})
	add("api.example.com/every/", routecors.Policy{
		"https://one.example": {AllowMethods: []string{"GET", "FROB"}, ExposeHeaders: []string{"*"}},
		"null":                {},
		"https://app.example": {Deny: true},
	})
	add("POST /articles", routecors.Policy{"regexp:https://.*": {AllowHeaders: []string{"*"}}})
	mux.HandleFunc("DELETE /articles/all", never)
	mux.HandleFunc("GET /secret", never)

	got := corstest.Matrix(t, cors, "DELETE /articles/all", "GET api.example.com/secret")
	const want = `POST /articles
  POST  any other origin   sends, blind
  POST  regexp:https://.*  reads; sends any header
GET /articles/{id}
  GET, HEAD  any other origin  reads
PUT /articles/{id}
  PUT  any other origin         nothing
  PUT  https://*.admin.example  reads, with credentials; sends any header; sees any header; max-age 0
  PUT  https://app.example      reads; sends content-type x-a; sees etag; max-age 600
api.example.com/every/
  GET, HEAD  any other origin     sends, blind
  GET, HEAD  https://one.example  reads; sees any header
  GET, HEAD  null                 reads
  POST       any other origin     sends, blind
  POST       null                 reads
  FROB       any other origin     nothing
  FROB       https://one.example  reads; sees any header
DELETE /articles/all (private)
  DELETE  any other origin  nothing
GET api.example.com/secret (private)
  GET  any other origin  sends, blind
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("matrix (-want +got)\n%s", diff)
	}
	if again := corstest.Matrix(t, cors, "DELETE /articles/all", "GET api.example.com/secret"); again != got {
		t.Errorf("the second time it is another\n%s", cmp.Diff(got, again))
	}
}

// In chi the samples come from the tree, mounts and expressions included.
func TestMatrixChi(t *testing.T) {
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{"*": {}})
	if err != nil {
		t.Fatal(err)
	}
	r.Route("/v1", func(r chi.Router) {
		if err := cors.Add(router.On(r).Get("/{id:[0-9]+}", never)); err != nil {
			t.Fatal(err)
		}
	})
	const want = `GET /v1/{id:[0-9]+}
  GET  any other origin  reads
`
	if diff := cmp.Diff(want, corstest.Matrix(t, cors)); diff != "" {
		t.Errorf("matrix (-want +got)\n%s", diff)
	}
}

// TestMatrixBeyond: what goes beyond CORS is part of a policy, and of the text.
func TestMatrixBeyond(t *testing.T) {
	router := stdmux.New(http.NewServeMux())
	cors, err := routecors.Setup(router, routecors.Policy{
		"https://app.example": {AllowTiming: true, MaxAge: 5, CrossOriginResourcePolicy: "same-site"},
	})
	if err != nil {
		t.Fatal(err)
	}
	dynamic, err := cors.Dynamic(routecors.Dynamic{Origin: func(*http.Request, string) (*routecors.ResourceOptions, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(dynamic.Add(router.HandleFunc("PUT /x", never)), cors.Add(router.HandleFunc("PUT /y", never))); err != nil {
		t.Fatal(err)
	}
	const want = `PUT /x
  PUT  any other origin  as a function decides
  Cross-Origin-Resource-Policy: same-site
PUT /y
  PUT  any other origin     nothing
  PUT  https://app.example  reads; sees timings; max-age 5
  Cross-Origin-Resource-Policy: same-site
`
	if diff := cmp.Diff(want, corstest.Matrix(t, cors)); diff != "" {
		t.Errorf("matrix (-want +got)\n%s", diff)
	}
}
