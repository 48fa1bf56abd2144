package routecors_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

// A medley is a site with a bit of everything, whose policies change.
type medley struct {
	random
	conformance.Site
	cors     *routecors.CorsConfig
	configs  []*routecors.CorsConfig // by whose layers the entities are added and updated
	entities []routecors.Entity
	paths    []string
	source   *routecors.Source
	loaded   routecors.Policy
}

func newMedley(t *testing.T, r random, router conformance.Router) *medley {
	m := &medley{random: r, Site: router.New()}
	options := everyDanger
	if r.IntN(2) == 0 {
		options = append(options[:len(options):len(options)], routecors.WithDebug())
	}
	var err error
	m.cors, err = routecors.Setup(m.Adapter(), r.policy(t, 2), options...)
	must(t, err)
	m.loaded = unfixed(r.policy(t, 2))
	m.source, err = m.cors.Source(t.Context(), func(context.Context) (routecors.Policy, error) { return m.loaded, nil })
	must(t, err)
	given := unfixed(r.policy(t, 3))
	dynamic, err := m.cors.Dynamic(routecors.Dynamic{Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		if o, ok := given[origin]; ok {
			return &o, nil
		}
		if r.Method == "DELETE" && origin == "https://x.example:8443" {
			return nil, errors.New("the database is gone")
		}
		return nil, nil
	}})
	must(t, err)
	group, err := m.source.Config().Group(r.policy(t, 1))
	must(t, err)
	m.configs = []*routecors.CorsConfig{m.cors, m.source.Config(), dynamic, group}

	for i, method := range []string{"PUT", "", "GET", "POST", "DELETE"} {
		path := fmt.Sprintf("/%d", i)
		route := m.Handle(method, path, text(path))
		m.add(t, path, route)
	}
	res := m.Resource("/resource")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		res.Handle(method, text("resource"))
	}
	m.add(t, "/resource", res)
	for _, method := range []string{"PUT", "POST"} {
		m.Handle(method, "/mix/{id}", text("by the file"))
	}
	m.Handle("DELETE", "/mix/all", text("private"))
	m.paths = append(m.paths, "/mix/1", "/mix/all", "/nothing")
	return m
}

// unfixed returns p for a layer that is not fixed.
func unfixed(p routecors.Policy) routecors.Policy {
	for key, o := range p {
		o.CrossOriginResourcePolicy = ""
		p[key] = o
	}
	return p
}

func (m *medley) config() *routecors.CorsConfig { return m.configs[m.IntN(len(m.configs))] }

// policyOf returns a policy for e.
func (m *medley) policyOf(t *testing.T, e routecors.Entity) routecors.Policy {
	if route, ok := e.(*routecors.Route); ok && route.Method() != "" {
		return forOneMethod(m.policy(t, 2))
	}
	return m.policy(t, 2)
}

func (m *medley) add(t *testing.T, path string, e routecors.Entity) {
	must(t, m.config().Add(e, m.policyOf(t, e)))
	m.entities, m.paths = append(m.entities, e), append(m.paths, path)
}

func (m *medley) change(t *testing.T) {
	for range 3 {
		e := m.entities[m.IntN(len(m.entities))]
		must(t, m.config().Update(e, m.policyOf(t, e)))
	}
	m.loaded = unfixed(m.policy(t, 2))
	must(t, m.source.Refresh(t.Context()))
	_, err := m.cors.Apply(file(t, m.pick([]string{
		`{}`,
		`{"routes": {"PUT /mix/{id}": {"https://a.example": {}}, "POST /mix/{id}": []}}`,
		`{"defaults": {"https://b.a.example": {"allow_headers": ["X-A"]}}, "routes": {"/mix/*": {"https://a.example": {"deny": true}}}}`,
	})))
	must(t, err)
}

// TestInterplay: whatever features a site has, and however its policies have changed,
// preflights, actual responses, Explain and CrossOriginProtection agree, and it is the
// same by all ways of serving.
func TestInterplay(t *testing.T) {
	r, shared, trusted := random{rand.New(rand.NewPCG(11, 12))}, 0, 0
	rounds := 60
	if testing.Short() {
		rounds = 6
	}
	for round := range rounds {
		m := newMedley(t, r, []conformance.Router{sites.ServeMux, sites.Chi}[round%2])
		protection := m.cors.CrossOriginProtection()
		ways := []http.Handler{m, m.cors.Handler(m), m.cors.Handler(m.cors.Handler(m)), m.cors.Handler(withTimeout(m))}
		for range 3 {
			for _, origin := range askedFor {
				for _, path := range m.paths {
					for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
						what := fmt.Sprintf("round %d, %s, %s %s", round, origin, method, path)
						open, own := m.agree(t, what, ways, origin, method, path)
						if open {
							shared++
						}
						served := ask(m.cors.Handler(protection.Handler(m)), method, path, "Origin: "+origin, "Sec-Fetch-Site: cross-site").StatusCode != http.StatusForbidden
						if served && method != "GET" {
							if trusted++; !own {
								t.Fatalf("%s: trusted without credentials", what)
							}
						}
					}
				}
			}
			m.change(t)
		}
	}
	if shared < 50*rounds || trusted < rounds {
		t.Errorf("%d shared, %d trusted", shared, trusted)
	}
}

// agree reports whether a response is shared with origin, and whether with credentials.
func (m *medley) agree(t *testing.T, what string, ways []http.Handler, origin, method, path string) (open, own bool) {
	t.Helper()
	var first string
	for i, h := range ways {
		before := ask(h, "OPTIONS", path, "Origin: "+origin, "Access-Control-Request-Method: "+method)
		after := ask(h, method, path, "Origin: "+origin)
		allowed := after.Header.Get("Access-Control-Allow-Origin")
		open, own = allowed != "", after.Header.Get("Access-Control-Allow-Credentials") != ""
		if approved := before.StatusCode == http.StatusNoContent && before.Header.Get("Access-Control-Allow-Origin") != ""; approved != open ||
			open && (before.Header.Get("Access-Control-Allow-Origin") != allowed || own != (before.Header.Get("Access-Control-Allow-Credentials") != "")) {
			t.Fatalf("%s: way %d: a preflight is answered %s and the request %s", what, i, answer(before), answer(after))
		}
		if timing := after.Header.Get("Timing-Allow-Origin"); timing != "" && timing != allowed {
			t.Fatalf("%s: way %d: %s", what, i, answer(after))
		}
		after.Header.Del("Vary") // which may be there twice, under two keys
		delete(after.Header, "vary")
		if own {
			after.Header.Del("Access-Control-Expose-Headers") // http.TimeoutHandler adds some
		}
		if got := answer(after); i == 0 {
			first = got
		} else if got != first {
			t.Fatalf("%s: way %d: %s, want %s", what, i, got, first)
		}
	}
	r := httptest.NewRequest("OPTIONS", path, nil)
	r.Header = http.Header{"Origin": {origin}, "Access-Control-Request-Method": {method}}
	if d := m.cors.Explain(r); d.Allowed != open || strings.Contains(fmt.Sprint(d.Response.Header), "Access-Control-Allow-Origin") != open && !debugged(d) {
		t.Fatalf("%s: answered %s, and Explain says\n%s", what, first, d)
	}
	return open, own
}

// debugged reports whether d is of an answer of WithDebug.
func debugged(d routecors.Decision) bool { return !d.Allowed && d.Response.Status == http.StatusOK }
