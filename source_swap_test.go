package routecors_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/routecors/routecors"
)

// answers to one origin by two policies that differ in every header.
var twoPolicies = [2]string{
	`{"https://app.example": {"allow_credentials": true, "allow_headers": ["X-A"], "expose_headers": "*", "max_age": 5}}`,
	`{"https://app.example": {"allow_credentials": true, "allow_headers": ["X-A", "X-B"], "max_age": 6}}`,
}

// TestSourceWhileServing: while policies are swapped, every answer is by one of them.
func TestSourceWhileServing(t *testing.T) {
	s := newSite(t, "")
	tb := &table{policy: policy(t, twoPolicies[0])}
	src := newSource(t, s, tb.load)
	must(t, src.Config().Add(s.router.HandleFunc("POST /x", func(w http.ResponseWriter, r *http.Request) {})))
	between := func(h http.Handler) http.Handler { // gives others time
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { runtime.Gosched(); h.ServeHTTP(w, r) })
	}
	handlers := []http.Handler{s.mux, s.cors.Handler(between(s.mux))}
	wants := map[string]bool{}
	for _, p := range twoPolicies {
		tb.set(policy(t, p), nil)
		must(t, src.Refresh(t.Context()))
		for _, h := range handlers {
			for _, got := range both(h) {
				wants[got] = true
			}
		}
	}
	if len(wants) != 4 {
		t.Fatalf("the policies do not differ: %v", wants)
	}
	done := make(chan struct{})
	var clients, swaps sync.WaitGroup
	var counts sync.Map
	for range 4 {
		clients.Go(func() {
			for range 500 {
				for _, h := range handlers {
					for _, got := range both(h) {
						if counts.Store(got, true); !wants[got] {
							t.Errorf("%s is of no policy, or of both", got)
						}
					}
				}
			}
		})
	}
	swaps.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			tb.set(policy(t, twoPolicies[i%2]), nil)
			if err := src.Refresh(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	clients.Wait()
	close(done)
	swaps.Wait()
	for want := range wants {
		if _, ok := counts.Load(want); !ok {
			t.Errorf("%s was never answered", want)
		}
	}
}

func both(h http.Handler) [2]string {
	return [2]string{
		answer(ask(h, "OPTIONS", "/x", "Origin: "+app, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-a")),
		actual(h, "PUT", "/x", app),
	}
}

// TestSourceOneSnapshot: a request for which CorsConfig.Handler has decided is answered
// by that policy, though it is swapped before the route runs.
func TestSourceOneSnapshot(t *testing.T) {
	for from := range 2 {
		s := newSite(t, "")
		tb := &table{policy: policy(t, twoPolicies[from])}
		src := newSource(t, s, tb.load)
		swap := true
		h := s.cors.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if swap {
				tb.set(policy(t, twoPolicies[1-from]), nil)
				must(t, src.Refresh(t.Context()))
				swap = false
			}
			s.mux.ServeHTTP(w, r)
		}))
		first, second := actual(h, "PUT", "/x", app), actual(h, "PUT", "/x", app)
		want := [2]string{}
		want[0] = "200 Access-Control-Allow-Credentials=true Access-Control-Allow-Origin=" + app + " Access-Control-Expose-Headers=Date,Vary Vary=Origin"
		want[1] = "200 Access-Control-Allow-Credentials=true Access-Control-Allow-Origin=" + app + " Vary=Origin"
		if first != want[from] || second != want[1-from] {
			t.Errorf("%s, then %s", first, second)
		}
	}
}

// TestSourceOrder: a policy is never replaced by one that was loaded earlier, and a
// Refresh that returns has in force what was there when it was called.
func TestSourceOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var version, loads atomic.Int64
		s := newSite(t, "")
		src := newSource(t, s, func(context.Context) (routecors.Policy, error) {
			v := version.Load()
			time.Sleep(time.Duration(10-loads.Add(1)%10) * time.Millisecond) // the later the faster
			return routecors.Policy{app: {MaxAge: int(v) + 1}}, nil
		})
		inForce := func() (v int64) {
			fmt.Sscan(ask(s.mux, "OPTIONS", "/x", "Origin: "+app, "Access-Control-Request-Method: PUT").Header.Get("Access-Control-Max-Age"), &v)
			return v - 1
		}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				for range 5 {
					v := version.Add(1)
					before := inForce()
					must(t, src.Refresh(t.Context()))
					if got := inForce(); got < v || got < before {
						t.Errorf("version %d is in force, after %d and a refresh for %d", got, before, v)
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		wg.Wait()
		if n := loads.Load(); n > 100 {
			t.Errorf("%d loads for 500 calls, of which many could share one", n)
		}
	})
}

// TestSourceWaiting: who waits for the load of another gives up when its context ends.
func TestSourceWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		first := true
		src := newSource(t, newSite(t, ""), func(context.Context) (routecors.Policy, error) {
			if !first {
				<-release
			}
			first = false
			return nil, nil
		})
		go src.Refresh(t.Context())
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := src.Refresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		close(release)
		synctest.Wait()
		must(t, src.Refresh(t.Context()))
	})
}

// TestSourceEvery: it refreshes at its interval, give or take, whatever fails, until
// its context ends.
func TestSourceEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var at []time.Duration
		s := newSite(t, "")
		src := newSource(t, s, func(ctx context.Context) (routecors.Policy, error) {
			at = append(at, time.Since(begun))
			if len(at) == 3 {
				return nil, errors.New("gone")
			}
			if len(at) == 5 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return nil, nil
		})
		stop := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(400*time.Second, func() { cancel(stop) })
		if err := src.RefreshEvery(ctx, 10*time.Second); err != stop {
			t.Errorf("returned %v", err)
		}
		differ := map[time.Duration]bool{}
		for i := 1; i < len(at); i++ {
			wait := at[i] - at[i-1]
			if i == 5 {
				wait -= 30 * time.Second // that the load hung
			}
			if differ[wait] = true; wait < 9*time.Second || wait > 11*time.Second {
				t.Errorf("load %d came %v after the one before", i, wait)
			}
		}
		if len(at) < 30 || len(differ) < 10 {
			t.Errorf("loads at %v", at)
		}
	})
}

// TestSourceTwo: of several sources a request keeps each.
func TestSourceTwo(t *testing.T) {
	s := newSite(t, "")
	tables := [2]*table{{policy: policy(t, `{"https://b.example": {}}`)}, {policy: policy(t, `{"https://c.example": {}}`)}}
	cors := s.cors
	var sources [2]*routecors.Source
	for i, tb := range tables {
		var err error
		sources[i], err = cors.Source(t.Context(), tb.load)
		must(t, err)
		cors = sources[i].Config()
	}
	must(t, cors.Add(s.router.Handle("PUT /x", text("x"))))
	h := cors.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i, tb := range tables {
			tb.set(policy(t, `{"https://app.example": {}}`), nil)
			must(t, sources[i].Refresh(t.Context()))
		}
		s.mux.ServeHTTP(w, r)
	}))
	for i, want := range []string{"200 Vary=Origin", "200" + shared} {
		if got := actual(h, "PUT", "/x", app); got != want {
			t.Errorf("request %d: %s, want %s", i, got, want)
		}
	}
}
