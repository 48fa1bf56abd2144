package routecors_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/routecors/routecors"
)

// TestCrossOriginProtectionProperty: against the rules as they are read, over random
// policies of one route.
func TestCrossOriginProtectionProperty(t *testing.T) {
	keys := []struct { // by precedence
		key   string
		start string // of what it matches
		end   string
		owned bool
	}{
		{"https://a.w.example", "https://a.w.example", "", true},
		{"null", "null", "", false},
		{"http://localhost:*", "http://localhost:", "", true},
		{"https://*.w.example", "https://", ".w.example", true},
		{"https://*.github.io", "https://", ".github.io", false},
		{`regexp:https://.*\.example`, "https://", ".example", false},
		{"*", "", "", false},
	}
	origins := []string{"https://a.w.example", "https://b.w.example", "https://evil.example", "http://localhost:1", "https://x.github.io", "null", "https://example.com"}
	sites := []string{"", "cross-site", "same-site", "same-origin", "none"}
	methods := []string{"GET", "POST", "PUT", "DELETE"}
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from []string) string { return from[rnd.IntN(len(from))] }
	var std http.CrossOriginProtection
	passed, refused := 0, 0
	for range 2000 {
		s := newSite(t, "", everyDanger...)
		var layers []routecors.Policy
		for range 1 + rnd.IntN(2) {
			p := routecors.Policy{}
			for _, k := range keys {
				switch rnd.IntN(6) {
				case 0:
					p[k.key] = routecors.ResourceOptions{}
				case 1:
					p[k.key] = routecors.ResourceOptions{Deny: true}
				case 2, 3:
					p[k.key] = routecors.ResourceOptions{AllowCredentials: true}
				}
			}
			layers = append(layers, p)
		}
		added := rnd.IntN(4) > 0
		for _, m := range methods {
			route := s.router.Handle(m+" /x", text("x"))
			if added && m != "DELETE" {
				must(t, s.cors.Add(route, layers...))
			}
		}
		trusts := func(origin, method string) bool {
			if !added || method == "DELETE" {
				return false
			}
			for _, p := range layers {
				for _, k := range keys {
					if o, ok := p[k.key]; ok && strings.HasPrefix(origin, k.start) && strings.HasSuffix(origin, k.end) {
						return !o.Deny && o.AllowCredentials && k.owned
					}
				}
			}
			return false
		}
		protection := s.cors.CrossOriginProtection()
		for range 50 {
			origin, site, method := pick(origins), pick(sites), pick(methods)
			r := httptest.NewRequest(method, "/x", nil)
			r.Header.Set("Origin", origin)
			if site != "" {
				r.Header.Set("Sec-Fetch-Site", site)
			}
			want := std.Check(r) == nil || trusts(origin, method)
			if got := protection.Check(r) == nil; got != want {
				t.Fatalf("%s of %s, %q, added %v with %v: passes %v, want %v", method, origin, site, added, layers, got, want)
			}
			own := httptest.NewRequest("POST", "/x", nil)
			own.Header = r.Header
			if got, want := s.cors.CheckOrigin(r), std.Check(own) == nil || trusts(origin, method); got != want {
				t.Fatalf("CheckOrigin of %s for %s, %q, added %v with %v: %v, want %v", method, origin, site, added, layers, got, want)
			}
			if std.Check(r) != nil {
				if want {
					passed++
				} else {
					refused++
				}
			}
		}
	}
	if passed < 1000 || refused < 1000 {
		t.Errorf("%d passed and %d refused prove little", passed, refused)
	}
}

// A key that is not trusted shares no answer with one that is and has the same options.
func TestTrustIsOfTheKey(t *testing.T) {
	o := routecors.ResourceOptions{AllowCredentials: true}
	p := routecors.Policy{"*": o, `regexp:https://.*`: o, "null": o}
	for i := range 50 {
		p[fmt.Sprintf("https://a%d.example", i)] = o
	}
	s := newSite(t, "", everyDanger...)
	s.add(t, "POST /x", p)
	for key := range p {
		want := 403
		if strings.HasPrefix(key, "https://") {
			want = 200
		}
		origin := map[string]string{"*": "http://b.example", `regexp:https://.*`: "https://c.example"}[key]
		if origin == "" {
			origin = key
		}
		h := s.cors.CrossOriginProtection().Handler(s.mux)
		if got := ask(h, "POST", "/x", "Origin: "+origin, "Sec-Fetch-Site: cross-site").StatusCode; got != want {
			t.Errorf("%s by %s: %d, want %d", origin, key, got, want)
		}
		if got := actual(s.mux, "POST", "/x", origin); !slices.Contains(strings.Fields(got), "Access-Control-Allow-Credentials=true") {
			t.Errorf("%s by %s: %s", origin, key, got)
		}
	}
}
