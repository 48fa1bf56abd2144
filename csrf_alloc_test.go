//go:build !race

package routecors_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestCrossOriginProtectionAllocations: what net/http lets through costs what it costs
// there; all else one look-up more, and the error.
func TestCrossOriginProtectionAllocations(t *testing.T) {
	for name, router := range map[string]func() vault{"ServeMux": serveMux, "chi": chiRouter} {
		v := newVault(t, router)
		var std http.CrossOriginProtection
		std.AddTrustedOrigin("https://app.example")
		for _, tt := range []struct {
			origin, site string
			lookups      float64
			more         float64
		}{
			{"", "", 0, 0},
			{"https://example.com", "same-origin", 0, 0},
			{"https://example.com", "", 0, 0},
			{"https://app.example", "cross-site", 1, 0},
			{"https://a.w.example", "cross-site", 1, 0},
			{"https://evil.example", "cross-site", 1, 1},
		} {
			r := httptest.NewRequest("POST", "/items", nil)
			r.Header.Set("Origin", tt.origin)
			r.Header.Set("Sec-Fetch-Site", tt.site)
			own := testing.AllocsPerRun(100, func() { std.Check(r) })
			lookup := testing.AllocsPerRun(100, func() { v.Resolve(r, "POST") })
			got := testing.AllocsPerRun(100, func() { v.protection.Check(r) })
			if most := own + tt.lookups*lookup + tt.more; got > most {
				t.Errorf("%s: %s, %q: %v allocations, want at most %v", name, tt.origin, tt.site, got, most)
			}
		}
	}
}
