package routecors_test

import (
	"net/http"
	"testing"
)

// TestOuterHeaders: what a middleware further out has set does not add to what the
// policy allows.
func TestOuterHeaders(t *testing.T) {
	for _, kind := range kinds[:4] {
		for _, serving := range servings {
			s := newSite(t, kind.policy)
			s.add(t, "GET /x")
			h := serving.wrap(s, s.mux)
			outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for _, name := range []string{"Allow-Credentials", "Allow-Methods", "Allow-Headers", "Expose-Headers", "Max-Age"} {
					w.Header().Set("Access-Control-"+name, "outer")
				}
				h.ServeHTTP(w, r)
			})
			for _, of := range []string{app, "https://b.other"} {
				if got, want := preflight(outer, "GET", "/x", of), preflight(h, "GET", "/x", of); got != want {
					t.Errorf("%s, %s: preflight of %s: %s, want %s", kind.name, serving.name, of, got, want)
				}
				got := ask(outer, "GET", "/x", "Origin: "+of)
				for _, name := range []string{"Allow-Credentials", "Expose-Headers"} {
					if got.Header.Get("Access-Control-"+name) == "outer" {
						t.Errorf("%s, %s: the response to %s: %s", kind.name, serving.name, of, answer(got))
					}
				}
			}
		}
	}
}
