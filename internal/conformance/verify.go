package conformance

import (
	"net/http"
	"testing"

	"github.com/routecors/routecors"
)

// verifyTable is good: no line shadows another.
const verifyTable = `public GET /a
private POST /a
public PUT /a/{id}
bare DELETE /a/{id}/b
private * /every
public GET /tree/
public DELETE /rest/{rest...}
public GET /exact/{$}
private OPTIONS /own
public PUT /own
`

func (s *Suite) verifyChecks() []Check {
	if !s.verifier {
		return nil
	}
	checks := []Check{{"verify/shadowed", s.verifyShadowed}}
	for _, serving := range s.servings() {
		checks = append(checks, Check{"verify/good/" + serving, func(t testing.TB) {
			site := s.target(t, s.router.New(), Lines(verifyTable))
			site.serve(serving)
			if err := site.cors.Verify(); err != nil {
				t.Errorf("Verify reports errors of a good table: %v\n%s", err, verifyTable)
			}
		}})
	}
	return checks
}

// verifyShadowed registers a handler for the pattern of an added route, before it and
// after. Where the router then never runs the route, Verify must say so.
func (s *Suite) verifyShadowed(t testing.TB) {
	shadowed := false
	for _, first := range []bool{true, false} {
		site := s.router.New()
		cors, err := routecors.Setup(site.Adapter(), routecors.Policy{"https://app.example": {}})
		if err != nil {
			t.Fatal(err)
		}
		added := &Leaf{ID: "added"}
		register := func(bare bool) {
			if bare {
				site.HandleBare("GET", "/a/{id}", &Leaf{ID: "bare"})
				return
			}
			if err := cors.Add(site.Handle("GET", "/a/{id}", added)); err != nil {
				t.Fatal(err)
			}
		}
		legal(func() {
			register(first)
			register(!first)
			r := newRequest()
			query{host: "api.example", uri: "/a/7", method: "GET"}.set(r, "GET", http.Header{})
			r.URL.Path = "/a/7"
			if ask(site, r).header.Get("Ran") != "bare" {
				return
			}
			shadowed = true
			if cors.Verify() == nil {
				t.Errorf("Verify reports nothing of a route that never runs, since another handler has its pattern (registered before it: %v)", first)
			}
		})
	}
	if !shadowed {
		t.Skip("the router does not let one handler take the pattern of another")
	}
}
