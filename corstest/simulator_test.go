package corstest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/routecors/routecors/corstest"
)

// TestSimulator runs the browser cases in the simulator, which so is what the
// browsers are, but where a case says otherwise and why.
func TestSimulator(t *testing.T) {
	for _, c := range loadBrowserCases(t) {
		t.Run(c.name, func(t *testing.T) {
			for _, router := range routers {
				for _, serving := range servings {
					s := &simulator{pages: map[string]*corstest.Page{}}
					v, err := c.newVariant(t, router, serving, s)
					if err != nil {
						t.Fatal(err)
					}
					if !v.applies() {
						continue
					}
					t.Run(router.Name+"/"+serving, func(t *testing.T) {
						s.profile = corstest.Browser(t, v)
						for _, d := range v.run(s) {
							t.Error(d)
						}
					})
				}
			}
		})
	}
}

// A simulator needs no ports of its own: every URL leads to the variant, which
// looks at the Host.
type simulator struct {
	nowhere
	profile *corstest.Profile
	pages   map[string]*corstest.Page // by name
}

func (s *simulator) wait(d time.Duration) { s.profile.Wait(d) }

func (s *simulator) fetch(v *variant, step *step, page, server string) (outcome, error) {
	if s.pages[page] == nil {
		origin := "null"
		if !slices.Contains(opaque, page) {
			origin = v.origins[page]
		}
		s.pages[page] = s.profile.Page(origin)
	}
	var options []corstest.FetchOption
	for _, h := range step.header {
		options = append(options, corstest.Header(h[0], h[1]))
	}
	for name, value := range step.settings {
		options = append(options, settings[name](value))
	}
	if step.stream {
		v.release() // at once: the simulator reads the body to its end
	}
	response := s.pages[page].Fetch(step.method, v.at(server, step.url), options...)
	o := outcome{Type: response.Type, Status: response.Status, Body: response.Body}
	for _, name := range slices.Sorted(maps.Keys(response.Header)) {
		o.Header = append(o.Header, [2]string{strings.ToLower(name), strings.Join(response.Header[name], ", ")})
	}
	if step.stream {
		o.Body = strings.Replace(o.Body, "onetwo", "one|two", 1)
	}
	return o, nil
}

var settings = map[string]func(string) corstest.FetchOption{
	"credentials": corstest.Credentials,
	"redirect":    corstest.Redirect,
	"mode":        corstest.Mode,
	"body":        corstest.Body,
}
