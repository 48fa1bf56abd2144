package chicors

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

// slowView calls asked the first time that it is asked for its policies.
type slowView struct {
	once  *atomic.Bool
	asked func()
}

func (v slowView) ServeHTTP(http.ResponseWriter, *http.Request) {}
func (v slowView) CORSPolicies() map[string]routecors.Policy {
	if v.once.CompareAndSwap(false, true) {
		v.asked()
	}
	return nil
}

// The first request to a sub-router finds the place of a route for two registries, and
// one of them adds the route meanwhile: what its tree denies it does not open.
func TestTreeAddWhilePlaced(t *testing.T) {
	r := chi.NewRouter()
	router := New(r)
	cors, err := routecors.Setup(router, routecors.Policy{app: {}}, routecors.WithoutSyntheticOPTIONS())
	must(t, err)
	must(t, cors.Add(router.Tree("/api"), routecors.Policy{"*": {Deny: true}}))
	other, err := routecors.Setup(router, nil, routecors.WithoutSyntheticOPTIONS())
	must(t, err)
	must(t, other.Add(router.Tree("/api"), open))

	asked, added := make(chan bool), make(chan error, 1)
	var late *routecors.Route
	r.Route("/api", func(r chi.Router) {
		late = router.On(r).Method("GET", "/late", slowView{new(atomic.Bool), func() {
			close(asked)
			time.Sleep(50 * time.Millisecond)
		}})
	})
	go func() {
		<-asked
		added <- cors.Add(late)
	}()
	do(r, "GET", "/api/late", "Origin", app)
	must(t, <-added)
	if do(r, "GET", "/api/late", "Origin", app).Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("/api/late is shared")
	}
}

// The first requests come at once.
func TestTreeConcurrentFirst(t *testing.T) {
	for range 50 {
		r := chi.NewRouter()
		router := New(r)
		cors, err := routecors.Setup(router, routecors.Policy{app: {}})
		must(t, err)
		must(t, cors.Add(router.Tree("/api"), open))
		must(t, cors.Add(router.Tree("/api/shut"), routecors.Policy{"*": {Deny: true}}))
		r.Route("/api", func(r chi.Router) {
			router.On(r).Get("/covered", ok)
			router.On(r).Get("/shut/covered", ok)
			must(t, cors.Add(router.On(r).Get("/shut/added", ok)))
		})
		h := cors.Handler(r)
		var group sync.WaitGroup
		for path, want := range map[string]bool{"/api/covered": true, "/api/shut/covered": false, "/api/shut/added": false} {
			for range 3 {
				group.Go(func() {
					if got := do(h, "GET", path, "Origin", app).Header.Get("Access-Control-Allow-Origin") != ""; got != want {
						t.Errorf("%s: shared is %t", path, got)
					}
				})
			}
		}
		group.Wait()
	}
}
