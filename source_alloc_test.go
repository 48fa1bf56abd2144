//go:build !race

package routecors_test

import (
	"net/http"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

// TestSourceAllocations: a route that a source decides for costs a request no more
// than any other.
func TestSourceAllocations(t *testing.T) {
	var counts []float64
	for _, router := range []conformance.Router{sites.ServeMux, sites.Chi} {
		s := router.New()
		cors, err := routecors.Setup(s.Adapter(), nil)
		must(t, err)
		src, err := cors.Source(t.Context(), (&table{policy: policy(t, `{"https://app.example": {}}`)}).load)
		must(t, err)
		group, err := cors.Group(policy(t, `{"https://app.example": {}}`))
		must(t, err)
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		must(t, src.Config().Add(s.Handle("GET", "/source", h)))
		must(t, group.Add(s.Handle("GET", "/fixed", h)))
		for _, path := range []string{"/source", "/fixed"} {
			r, err := http.NewRequest("GET", path, nil)
			must(t, err)
			r.Header.Set("Origin", app)
			w := nullWriter{}
			counts = append(counts, testing.AllocsPerRun(100, func() { clear(w); s.ServeHTTP(w, r) }))
			r.Method = "OPTIONS"
			r.Header.Set("Access-Control-Request-Method", "GET")
			counts = append(counts, testing.AllocsPerRun(100, func() { clear(w); s.ServeHTTP(w, r) }))
		}
	}
	for i := 0; i < len(counts); i += 4 {
		if counts[i] != counts[i+2] || counts[i+1] != counts[i+3] {
			t.Errorf("allocations by a source, and by a group: %v", counts)
		}
	}
}
