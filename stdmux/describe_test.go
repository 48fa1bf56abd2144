package stdmux_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

func TestDescribe(t *testing.T) {
	ok := func(http.ResponseWriter, *http.Request) {}
	mux := http.NewServeMux()
	a := stdmux.New(mux)
	cors, err := routecors.Setup(a, routecors.Policy{"https://app.example": {}})
	if err == nil {
		err = cors.Add(a.HandleFunc("GET /x/{id}", ok))
	}
	if err == nil {
		err = cors.Add(a.HandleFunc("GET /mine", ok))
	}
	if err != nil {
		t.Fatal(err)
	}
	a.HandleFunc("PUT /x/{id}", ok)
	a.HandleFunc("OPTIONS /mine", ok)
	mux.HandleFunc("POST /x/{id}", ok)
	mux.HandleFunc("/tree/", ok)
	mux.Handle("/moved", http.RedirectHandler("/there", http.StatusFound))
	mux.Handle("/foreign/", http.StripPrefix("/foreign", http.NewServeMux()))
	a.Mount("/api", http.NewServeMux()).HandleFunc("GET /z/", ok)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/tree", nil))
	moved := w.Code // 301 or 307, by the release of Go
	tests := []struct {
		method, target string
		want           routecors.Outcome
	}{
		{"GET", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsRoute, Pattern: "GET /x/{id}"}},
		{"HEAD", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsRoute, Pattern: "GET /x/{id}"}},
		{"PUT", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsRoute, Pattern: "PUT /x/{id}"}},
		{"POST", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsHandler, Pattern: "POST /x/{id}"}},
		{"OPTIONS", "/x/1", routecors.Outcome{Kind: routecors.OutcomeRunsHandler, Pattern: "OPTIONS /x/{id}", Refuses: true}},
		{"OPTIONS", "/mine", routecors.Outcome{Kind: routecors.OutcomeRunsRoute, Pattern: "OPTIONS /mine"}},
		{"DELETE", "/x/1", routecors.Outcome{Kind: routecors.OutcomeNoHandlerOfMethod, Status: 405, Allow: []string{"GET", "HEAD", "OPTIONS", "POST", "PUT"}}},
		{"GET", "/nowhere", routecors.Outcome{Kind: routecors.OutcomeNoHandler, Status: 404}},
		{"GET", "/tree?q=1", routecors.Outcome{Kind: routecors.OutcomeRedirects, Pattern: "/tree/", Status: moved, Location: "/tree/?q=1"}},
		{"GET", "//x/1", routecors.Outcome{Kind: routecors.OutcomeRedirects, Pattern: "GET /x/{id}", Status: moved, Location: "/x/1"}},
		{"GET", "/moved", routecors.Outcome{Kind: routecors.OutcomeRedirects, Pattern: "/moved", Status: 302, Location: "/there"}},
		{"GET", "/foreign/x", routecors.Outcome{Kind: routecors.OutcomeRunsHandler, Pattern: "/foreign/"}},
		{"GET", "/api/z/", routecors.Outcome{Kind: routecors.OutcomeRunsRoute, Pattern: "GET /z/"}},
		{"GET", "/api/y", routecors.Outcome{Kind: routecors.OutcomeNoHandler, Status: 404}},
		{"PUT", "/api/z/", routecors.Outcome{Kind: routecors.OutcomeNoHandlerOfMethod, Status: 405, Allow: []string{"GET", "HEAD"}}},
		{"GET", "*", routecors.Outcome{Kind: routecors.OutcomeNoHandler}},
	}
	for _, test := range tests {
		got := a.Describe(httptest.NewRequest("OPTIONS", test.target, nil), test.method)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.method, test.target, diff)
		}
		if got.Status == 0 {
			continue
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(test.method, test.target, nil))
		if w.Code != got.Status || w.Header().Get("Location") != got.Location {
			t.Errorf("%s %s: the mux answers %d, Location %q", test.method, test.target, w.Code, w.Header().Get("Location"))
		}
	}
}
