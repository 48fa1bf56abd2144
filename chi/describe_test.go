package chicors_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
)

func ok(http.ResponseWriter, *http.Request) {}

// tree registers routes, and returns the adapter with the router.
func tree(t *testing.T) (*chicors.Adapter, *chi.Mux) {
	t.Helper()
	r := chi.NewRouter()
	a := chicors.New(r)
	cors, err := routecors.Setup(a, routecors.Policy{"https://app.example": {}})
	if err == nil {
		err = cors.Add(a.Get("/x/{id}", ok))
	}
	if err != nil {
		t.Fatal(err)
	}
	a.Put("/x/{id}", ok)
	r.Post("/x/{id}", ok)
	r.HandleFunc("/all", ok)
	r.Mount("/foreign", http.NewServeMux())
	r.Route("/sub", func(r chi.Router) {
		r.Get("/y", ok)
		a.On(r).Get("/z", ok)
	})
	return a, r
}

func TestDescribe(t *testing.T) {
	tests := []struct {
		method, path string
		want         routecors.Outcome
	}{
		{"GET", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsRoute, Pattern: "GET /x/{id}"}},
		{"PUT", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsRoute, Pattern: "PUT /x/{id}"}},
		{"POST", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsHandler, Pattern: "POST /x/{id}"}},
		{"OPTIONS", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsHandler, Pattern: "OPTIONS /x/{id}", Refuses: true}},
		{"DELETE", "/x/1", routecors.Outcome{Kind: routecors.OutcomeNoHandlerOfMethod, Status: 405, Allow: []string{"GET", "OPTIONS", "POST", "PUT"}}},
		{"UNKNOWN", "/x/1", routecors.Outcome{Kind: routecors.OutcomeNoHandlerOfMethod, Status: 405, Allow: []string{"GET", "OPTIONS", "POST", "PUT"}}},
		{"UNKNOWN", "/nowhere", routecors.Outcome{Kind: routecors.OutcomeNoHandlerOfMethod, Status: 405}},
		{"GET", "/nowhere", routecors.Outcome{Kind: routecors.OutcomeNoHandler, Status: 404}},
		{"GET", "/all", routecors.Outcome{Kind: routecors.OutcomeRunsHandler, Pattern: "/all"}},
		{"GET", "/foreign/x", routecors.Outcome{Pattern: "/foreign/*"}},
		{"GET", "/sub/y", routecors.Outcome{Kind: routecors.OutcomeRunsHandler, Pattern: "GET /sub/y"}},
		{"GET", "/sub/z", routecors.Outcome{Kind: routecors.OutcomeRunsRoute, Pattern: "GET /z"}},
		{"PUT", "/sub/z", routecors.Outcome{Kind: routecors.OutcomeNoHandlerOfMethod, Status: 405, Allow: []string{"GET"}}},
		{"PUT", "/sub/nowhere", routecors.Outcome{Kind: routecors.OutcomeNoHandler, Status: 404}},
	}
	a, router := tree(t)
	for _, test := range tests {
		r := httptest.NewRequest("GET", test.path, nil)
		got := a.Describe(r, test.method)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.method, test.path, diff)
		}
		if got.Status == 0 {
			continue
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
		if w.Code != got.Status {
			t.Errorf("%s %s: chi answers %d", test.method, test.path, w.Code)
		}
	}
}

// TestDescribeCustom: what the program's own handlers answer is not known, and they
// are not run.
func TestDescribeCustom(t *testing.T) {
	run := func(http.ResponseWriter, *http.Request) { t.Error("a handler was run") }
	custom := []func(chi.Router){
		func(r chi.Router) { r.NotFound(run) },
		func(r chi.Router) { r.MethodNotAllowed(run) },
		func(r chi.Router) { r.Route("/own", func(r chi.Router) { r.NotFound(run); r.Get("/", run) }) },
	}
	for i, set := range custom {
		a, r := tree(t)
		set(r)
		for _, method := range []string{"GET", "DELETE"} {
			got := a.Describe(httptest.NewRequest("GET", "/x/1/2", nil), method)
			if got.Kind != routecors.OutcomeNoHandler || got.Status != 0 {
				t.Errorf("%d: %s: %+v, want no handler and no status", i, method, got)
			}
		}
	}
}

// TestDescribeGetHead: by middleware.GetHead, HEAD runs GET's route.
func TestDescribeGetHead(t *testing.T) {
	r := chi.NewRouter()
	r.Use(middleware.GetHead)
	a := chicors.New(r)
	route := a.Get("/x", ok)
	got := a.Describe(httptest.NewRequest("HEAD", "/x", nil), "HEAD")
	if got.Kind != routecors.OutcomeRunsRoute || got.Pattern != route.String() {
		t.Errorf("%+v, want the route of GET", got)
	}
	if escaped := a.Describe(httptest.NewRequest("HEAD", "/"+strings.Repeat("%2F", 2), nil), "HEAD"); escaped.Kind != routecors.OutcomeNoHandler {
		t.Errorf("%+v, want no handler", escaped)
	}
}
