package main

import (
	"net/http"
	"strings"
	"testing"
)

func Benchmark(b *testing.B) {
	for _, router := range []struct {
		name       string
		contenders []contender
	}{{"ServeMux", serveMux}, {"chi", chiRouter}} {
		for _, s := range scenarios() {
			for _, c := range router.contenders {
				b.Run(router.name+"/"+s.name+"/"+c.name, func(b *testing.B) {
					h, r, w := c.build(s.policy), s.request(), &writer{header: http.Header{}}
					b.ReportAllocs()
					for b.Loop() {
						clear(w.header)
						h.ServeHTTP(w, r)
					}
				})
			}
		}
	}
}

// The contenders agree, or what is compared is not the same thing: each shares the
// response, or approves, where the others do. What is hostile they may see differently.
func TestEquivalence(t *testing.T) {
	for _, contenders := range [][]contender{serveMux, chiRouter} {
		for _, s := range scenarios() {
			if strings.HasPrefix(s.name, "hostile") {
				continue
			}
			var first bool
			for i, c := range contenders[1:] {
				w := &writer{header: http.Header{}}
				c.build(s.policy).ServeHTTP(w, s.request())
				shared := w.header["Access-Control-Allow-Origin"] != nil
				if i == 0 {
					first = shared
				}
				if shared != first {
					t.Errorf("%s: %s shares the response: %v; %s: %v", s.name, c.name, shared, contenders[1].name, first)
				}
			}
		}
	}
}
