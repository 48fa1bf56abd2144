package routecors_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// lines returns one line for each change, "+" in front if it widens, else "-".
func lines(changes []routecors.Change) string {
	var b strings.Builder
	for _, c := range changes {
		sign := "-"
		if c.Widens {
			sign = "+"
		}
		b.WriteString(sign + c.String() + "\n")
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	const none = "{}"
	tests := []struct{ old, new, further, want string }{
		{none, none, "", ``},
		{none, `{"https://a.example": {}}`, "", `+"https://a.example" is now allowed, whatever the layers further away say`},
		{none, `{"https://a.example": {}}`, none, `+"https://a.example" is now allowed`},
		{none, `{"https://a.example": {}}`, `{"*": {}}`, ``},
		{none, `{"https://a.example": {"allow_methods": ["PUT"]}}`, none, `+"https://a.example" is now allowed` + "\n" + `+"https://a.example" may now use PUT`},
		{`{"https://a.example": {}}`, none, "", `+"https://a.example" is left to the layers further away`},
		{`{"https://a.example": {}}`, none, none, `-"https://a.example" is no longer allowed`},
		{`{"https://a.example": {"deny": true}}`, none, "", `+"https://a.example" is no longer denied, but left to the layers further away`},
		{`{"https://a.example": {"deny": true}}`, none, none, `-"https://a.example" is no longer denied, but listed nowhere`},
		{`{"https://a.example": {"deny": true}}`, none, `{"*": {}}`, `+"https://a.example" is no longer denied, but allowed`},
		{none, `{"https://a.example": {"deny": true}}`, "", `-"https://a.example" is now denied`},
		{`{"*": {}, "https://*.a.example": {"deny": true}}`, `{"*": {}}`, "", `+"https://*.a.example" is no longer denied, but allowed`},
		{`{"*": {}}`, `{"*": {}, "https://*.a.example": {}}`, "", ``},
		{`{"*": {"allow_headers": "*"}}`, `{"*": {"allow_headers": "*"}, "https://a.example": {}}`, "", `-"https://a.example" may no longer send every header`},
		{`{"*": {"allow_headers": "*"}, "https://a.example": {}}`, `{"*": {"allow_headers": "*"}}`, "", `+"https://a.example" may now send every header`},
		{`{"https://a.example": {"allow_headers": ["X-A", "X-B"], "max_age": 5}}`, `{"https://a.example": {"allow_headers": ["x-b", "X-C"], "max_age": 50, "allow_credentials": true}}`, "",
			`+"https://a.example" may now use credentials` + "\n" + `+"https://a.example" may now send x-c` + "\n" + `-"https://a.example" may no longer send x-a` + "\n" + `-"https://a.example": MaxAge is now 50, was 5`},
		{`{"*": {"expose_headers": "*"}}`, `{"*": {"expose_headers": ["X-A"]}}`, "", `-"*" may no longer read every response header`},
		{`{"*": {"expose_headers": ["X-A"]}}`, `{"*": {"expose_headers": "*"}}`, "", `+"*" may now read every response header`},
		// Without a list a route that serves every method allows three, and a covered one none.
		{`{"*": {}}`, `{"*": {"allow_methods": ["GET", "PUT"]}}`, "", `+"*" may now use GET` + "\n" + `+"*" may now use HEAD` + "\n" + `+"*" may now use PUT` + "\n" + `-"*" may no longer use POST`},
		{`{"*": {"allow_methods": "*"}}`, `{"*": {}}`, "", `-"*" may no longer use every method`},
		// Where two keys meet.
		{`{"https://*.b.example:*": {"deny": true}, "https://*.example:8443": {}}`, `{"https://*.example:8443": {}}`, none,
			`+"https://*.b.example:*" is no longer denied, but allowed` + "\n" + `-"https://*.b.example:*" is no longer denied, but listed nowhere`},
		// Expressions: the same one is compared with itself, another with all that it may stand in for.
		{`{"regexp:https://[a-z]+\\.a\\.example": {}, "https://b.a.example": {"deny": true}}`, `{"regexp:https://[a-z]+\\.a\\.example": {}}`, none, `+"https://b.a.example" is no longer denied, but allowed`},
		{`{"regexp:https://[a-z]+\\.a\\.example": {}}`, `{"regexp:https://[a-z]+\\.a\\.example": {"allow_headers": ["X-A"]}}`, none, `+"regexp:https://[a-z]+\\.a\\.example" may now send x-a`},
		{none, `{"regexp:https://[a-z]+\\.a\\.example": {}}`, none, `+"regexp:https://[a-z]+\\.a\\.example" is now allowed`},
		{`{"null": {}}`, none, none, `-"null" is no longer allowed`},
		// Beyond CORS.
		{`{"*": {}}`, `{"*": {"allow_timing": true}}`, "", `+"*" may now see timings`},
		{`{"*": {"allow_timing": true}}`, `{"*": {}}`, "", `-"*" may no longer see timings`},
		{`{"*": {"cross_origin_resource_policy": "same-site"}}`, `{"*": {}}`, "", `+"*": CrossOriginResourcePolicy is now "", was "same-site"`},
		{`{"*": {}}`, `{"*": {"cross_origin_resource_policy": "same-site"}}`, "", `+"*": CrossOriginResourcePolicy is now "same-site", was ""`},
		{`{"*": {"cross_origin_resource_policy": "cross-origin"}}`, `{"*": {"cross_origin_resource_policy": "same-site"}}`, "", `-"*": CrossOriginResourcePolicy is now "same-site", was "cross-origin"`},
		{`{"*": {}}`, `{"*": {"cross_origin_resource_policy": "same-origin"}}`, "", `-"*": CrossOriginResourcePolicy is now "same-origin", was ""`},
		{`{"*": {"deny": true}}`, none, `{"*": {"deny": true}, "https://a.example": {"cross_origin_resource_policy": "cross-origin"}}`,
			`+"https://a.example" is no longer denied, but allowed` + "\n" + `+"*": CrossOriginResourcePolicy is now "cross-origin", was ""`},
		{`{"https://a.example": {"cross_origin_resource_policy": "same-origin"}}`, none, "",
			`+"https://a.example" is left to the layers further away` + "\n" + `+"*": CrossOriginResourcePolicy is now "inherited", was "same-origin"`},
	}
	for _, tt := range tests {
		var further []routecors.Policy
		if tt.further != "" {
			further = []routecors.Policy{policy(t, tt.further)}
		}
		got := lines(routecors.Diff(policy(t, tt.old), policy(t, tt.new), further...))
		if diff := cmp.Diff(strings.TrimSpace(tt.want), strings.TrimSpace(got)); diff != "" {
			t.Errorf("%s, %s, further %s (-want +got)\n%s", tt.old, tt.new, tt.further, diff)
		}
	}
}

func TestChangeJSON(t *testing.T) {
	changes := routecors.Diff(policy(t, `{"*": {"max_age": 5}}`), policy(t, `{"*": {"allow_headers": ["X-A"]}}`))
	got, err := json.Marshal(changes)
	must(t, err)
	want := `[{"origin":"*","field":"AllowHeaders","new":"x-a","widens":true},{"origin":"*","field":"MaxAge","old":"5","new":"0","widens":false}]`
	if string(got) != want {
		t.Errorf("have %s, want %s", got, want)
	}
}

// A world is what pages may do under a policy, as a server of it answers.
type world struct{ h http.Handler }

func newWorld(t *testing.T, p, defaults routecors.Policy) world {
	t.Helper()
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, defaults, everyDanger...)
	must(t, err)
	must(t, cors.Add(router.Handle("/any", text("")), p))
	covered := router.Resource("/covered")
	must(t, cors.Add(covered, p))
	for _, m := range []string{"GET", "PUT", "POST"} {
		covered.Handle(m, text(""))
	}
	return world{cors.Handler(mux)}
}

// abilities lists what a page of origin may do.
func (w world) abilities(origin string) map[string]bool {
	can := map[string]bool{}
	for _, path := range []string{"/any", "/covered"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
			for _, header := range []string{"", "x-a", "x-b"} {
				res := ask(w.h, "OPTIONS", path, "Origin: "+origin, "Access-Control-Request-Method: "+method, "Access-Control-Request-Headers: "+header)
				if res.StatusCode == 204 {
					can[strings.Join([]string{path, method, header}, " ")] = true
					if res.Header.Get("Access-Control-Allow-Credentials") == "true" {
						can[strings.Join([]string{path, method, header, "credentials"}, " ")] = true
					}
				}
			}
		}
		res := ask(w.h, "GET", path, "Origin: "+origin)
		can[path+" reads"] = res.Header.Get("Access-Control-Allow-Origin") != ""
		can[path+" sees timings"] = res.Header.Get("Timing-Allow-Origin") != ""
		// A page of the site or of another, one that requires the header among them.
		switch res.Header.Get("Cross-Origin-Resource-Policy") {
		case "":
			can[path+" is embedded by the site"], can[path+" is embedded"] = true, true
		case "same-site":
			can[path+" is embedded by the site"], can[path+" is embedded by the site, isolated"] = true, true
		case "cross-origin":
			can[path+" is embedded by the site"], can[path+" is embedded by the site, isolated"] = true, true
			can[path+" is embedded"], can[path+" is embedded, isolated"] = true, true
		}
		for _, name := range strings.Split(res.Header.Get("Access-Control-Expose-Headers"), ",") {
			can[path+" reads "+name] = name != ""
			if name == "*" || name == "Date" { // with credentials every name is listed
				can[path+" reads Date"], can[path+" reads X-A"], can[path+" reads *"] = true, true, true
			}
		}
	}
	return can
}

// A random makes policies of few keys and options, so that they meet.
type random struct{ *rand.Rand }

func (r random) pick(list []string) string { return list[r.IntN(len(list))] }

func (r random) policy(t *testing.T, most int) routecors.Policy {
	p := routecors.Policy{}
	resourcePolicy := r.pick([]string{"", "", "", "", "same-origin", "same-site", "cross-origin"})
	for range r.IntN(most + 1) {
		var o routecors.ResourceOptions
		must(t, json.Unmarshal([]byte(r.pick([]string{
			`{}`, `{}`, `{"deny": true}`, `{"allow_credentials": true}`, `{"allow_headers": ["X-A"]}`, `{"allow_headers": "*"}`, `{"allow_methods": ["PUT"]}`,
			`{"allow_methods": ["GET"], "allow_headers": ["X-B"]}`, `{"allow_methods": "*", "allow_credentials": true}`, `{"expose_headers": ["X-A"]}`,
			`{"allow_timing": true}`, `{"expose_headers": "*"}`, `{"expose_headers": "*", "allow_credentials": true, "allow_headers": "*"}`,
		})), &o))
		if !o.Deny {
			o.CrossOriginResourcePolicy = resourcePolicy
		}
		p[r.pick([]string{
			"*", "https://a.example", "https://b.a.example", "https://*.a.example", "https://*.example:8443", "https://*.a.example:*", "https://a.example:84*",
			"http://localhost:*", "null", `regexp:https://[a-z]\.a\.example`, `regexp:https://b\..*`, `regexp:.*:8443`,
		})] = o
	}
	return p
}

// less returns p without some of its keys.
func (r random) less(p routecors.Policy) routecors.Policy {
	less := routecors.Policy{}
	for key, o := range p {
		if r.IntN(4) > 0 {
			less[key] = o
		}
	}
	return less
}

// askedFor are the origins of the pages that try.
var askedFor = []string{
	"https://a.example", "https://b.a.example", "https://c.a.example", "https://c.d.a.example:8443", "https://x.example:8443", "https://a.example:8443",
	"https://a.example:80", "http://localhost", "http://localhost:5", "null", "https://other.test", "https://b.test:8443",
}

// all returns what every page may do.
func (w world) all() map[string]bool {
	all := map[string]bool{}
	for _, origin := range askedFor {
		for what, can := range w.abilities(origin) {
			all[origin+" "+what] = can
		}
	}
	return all
}

// moreThan returns something that after has and before has not.
func moreThan(before, after map[string]bool) string {
	for what, can := range after {
		if can && !before[what] {
			return what
		}
	}
	return ""
}

// forOneMethod returns p for a route that has a method.
func forOneMethod(p routecors.Policy) routecors.Policy {
	for key, o := range p {
		o.AllowMethods = nil
		p[key] = o
	}
	return p
}

// TestDiffSound: where a page may do more, by the answers of a server, Diff says so.
func TestDiffSound(t *testing.T) {
	r := random{rand.New(rand.NewPCG(3, 4))}
	rounds, wider := 500, 0
	if testing.Short() {
		rounds = 150
	}
	for range rounds {
		old, further := r.policy(t, 4), r.policy(t, 2)
		new := r.policy(t, 4)
		if r.IntN(2) == 0 { // a small step
			new = r.less(old)
		}
		known, unknown := routecors.Diff(old, new, further), routecors.Diff(old, new)
		a, b := newWorld(t, old, further), newWorld(t, new, further)
		for _, origin := range askedFor {
			before := a.abilities(origin)
			for what, can := range b.abilities(origin) {
				if !can || before[what] || strings.HasPrefix(what, "/covered is embedded") { // of a route that is private now
					continue
				}
				wider++
				if !widens(known) || !widens(unknown) {
					t.Fatalf("a page of %s may do %q more from\n%v to\n%v before\n%v; Diff has\n%sand without the last\n%s", origin, what, old, new, further, lines(known), lines(unknown))
				}
			}
		}
		if got := routecors.Diff(new, new, further); len(got) > 0 {
			t.Fatalf("%v differs from itself:\n%s", new, lines(got))
		}
	}
	if wider < rounds {
		t.Errorf("in %d rounds a page may do more %d times, want more", rounds, wider)
	}
}

// TestRefuseWideningSound: an Update that is not refused lets no page do more with any
// route, by the answers of a server; one that is refused changes nothing.
func TestRefuseWideningSound(t *testing.T) {
	r := random{rand.New(rand.NewPCG(5, 6))}
	rounds, taken, refused := 60, 0, 0
	if testing.Short() {
		rounds = 20
	}
	for range rounds {
		options := append(everyDanger, routecors.RefuseWidening())
		mux := http.NewServeMux()
		router := stdmux.New(mux)
		cors, err := routecors.Setup(router, r.policy(t, 3), options...)
		must(t, err)
		group, err := cors.Group(r.policy(t, 2))
		must(t, err)
		covered := router.Resource("/covered")
		must(t, cors.Add(covered, r.policy(t, 3)))
		covered.Handle("GET", text(""))
		covered.Handle("PUT", text(""))
		post, any := covered.Handle("POST", text("")), router.Handle("/any", text(""))
		w := world{cors.Handler(mux)}
		must(t, cors.Add(post, forOneMethod(r.policy(t, 2))))
		must(t, cors.Add(any, r.policy(t, 3)))
		for range 6 {
			before := w.all()
			entity := []routecors.Entity{covered, post, any}[r.IntN(3)]
			p := r.policy(t, 3)
			if entity == post {
				p = forOneMethod(p)
			}
			config := []*routecors.CorsConfig{cors, group}[r.IntN(2)]
			err := config.Update(entity, p)
			more := moreThan(before, w.all())
			if less := moreThan(w.all(), before); err != nil && more+less != "" {
				t.Fatalf("%s was refused: %v\nand there is more %q and less %q", entity, err, more, less)
			}
			if more != "" {
				t.Fatalf("%s was updated to %v, and there is more: %s", entity, p, more)
			}
			if err == nil {
				taken++
				continue
			}
			var widening *routecors.WideningError
			if refused++; !errors.As(err, &widening) {
				t.Fatal(err)
			}
		}
	}
	if taken < rounds/2 || refused < rounds/2 {
		t.Errorf("%d updates taken, %d refused", taken, refused)
	}
}

func widens(changes []routecors.Change) bool {
	for _, c := range changes {
		if c.Widens {
			return true
		}
	}
	return false
}
