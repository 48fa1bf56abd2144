package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func Benchmark(b *testing.B) {
	for _, router := range routers {
		for _, s := range scenarios() {
			byRouter, byHandler, _ := s.ours(router.new)
			name := router.name + "/" + s.name
			b.Run(name+"/bare", func(b *testing.B) { bench(b, s.bare(router.new), s) })
			b.Run(name+"/routecors", func(b *testing.B) { bench(b, either(s.account.byHandler, byHandler, byRouter), s) })
			for _, p := range peers {
				byRouter, byHandler := s.peer(router.new, p)
				b.Run(name+"/"+p.name, func(b *testing.B) { bench(b, either(s.account.peersOutside, byHandler, byRouter), s) })
			}
		}
	}
}

// bench reports the time without that of emptying the header maps, which b.StopTimer,
// being dear itself, would take off less well.
func bench(b *testing.B, h http.Handler, s scenario) {
	c := newCell(h, s.requests())
	var clearing time.Duration
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i%len(c.writers) == 0 {
			begin := time.Now()
			for _, w := range c.writers {
				clear(w.header)
			}
			clearing += time.Since(begin)
		}
		h.ServeHTTP(c.writers[i%len(c.writers)], c.requests[i%len(c.requests)])
		i++
	}
	b.ReportMetric(float64((b.Elapsed()-clearing).Nanoseconds())/float64(b.N), "ns/op")
}

// The contenders agree, or what is compared is not the same thing: each shares the
// response, or approves, where the others do.
func TestEquivalence(t *testing.T) {
	for _, router := range routers {
		for _, s := range scenarios() {
			byRouter, byHandler, _ := s.ours(router.new)
			handlers := map[string]http.Handler{"routecors by the router": byRouter, "routecors by Handler": byHandler}
			for _, p := range peers {
				byRouter, byHandler := s.peer(router.new, p)
				handlers[p.name] = either(s.account.peersOutside, byHandler, byRouter)
			}
			want := s.shared()
			for name, h := range handlers {
				if strings.HasPrefix(s.name, "hostile") && !strings.HasPrefix(name, "routecors") {
					continue // what is hostile, peers may see differently
				}
				for _, r := range s.requests() {
					w := &writer{header: http.Header{}}
					h.ServeHTTP(w, r)
					if got := w.header["Access-Control-Allow-Origin"] != nil; got != want {
						t.Fatalf("%s, %s: %s shares the response: %v, want %v", router.name, s.name, name, got, want)
					}
				}
			}
		}
	}
}

// shared reports whether the row is one of requests that are allowed.
func (s scenario) shared() bool {
	if s.origins == nil || s.path == private {
		return false
	}
	for _, part := range []string{"hostile", "refused", "not allowed"} {
		if strings.Contains(s.name, part) {
			return false
		}
	}
	return true
}
