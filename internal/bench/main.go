package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// batch is how many responses are written between two looks at the clock. Their
// header maps are emptied outside of that: clearing costs as much as some answers.
const batch = 64

// A cell is one contender in one scenario.
type cell struct {
	h       http.Handler
	r       *http.Request
	writers []*writer
	nanos   []float64 // a request, by round
	allocs  float64
}

func newCell(h http.Handler, r *http.Request) *cell {
	c := &cell{h: h, r: r}
	for range batch {
		c.writers = append(c.writers, &writer{header: http.Header{}})
	}
	c.allocs = testing.AllocsPerRun(20, func() { c.h.ServeHTTP(c.writers[0], c.r); clear(c.writers[0].header) })
	return c
}

// round measures for about d.
func (c *cell) round(d time.Duration) {
	var spent time.Duration
	n := 0
	for end := time.Now().Add(d); time.Now().Before(end); n += batch {
		for _, w := range c.writers {
			clear(w.header)
		}
		begin := time.Now()
		for _, w := range c.writers {
			c.h.ServeHTTP(w, c.r)
		}
		spent += time.Since(begin)
	}
	c.nanos = append(c.nanos, float64(spent.Nanoseconds())/float64(n))
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// A row is a scenario on one router.
type row struct {
	scenario
	cells map[string]*cell
	empty *cell // the call of an empty handler
}

func newRow(s scenario, contenders []contender) *row {
	r := &row{scenario: s, cells: map[string]*cell{}, empty: newCell(handler, s.request())}
	for _, c := range contenders {
		r.cells[c.name] = newCell(c.build(s.policy), s.request())
	}
	return r
}

func (r *row) round(contenders []contender, d time.Duration) {
	r.empty.round(d)
	for _, c := range contenders {
		r.cells[c.name].round(d)
	}
}

// ratio compares ours with a peer: of each, the router's own cost is taken off. A
// request by the front has paid for two look-ups.
func (r *row) ratio(ours, peer string) float64 {
	var ratios []float64
	for i := range r.empty.nanos {
		route := r.cells["bare"].nanos[i] - r.empty.nanos[i]
		own := r.cells[ours].nanos[i] - route
		if r.less == "look-up" && ours == "routecors" {
			own -= route
		}
		ratios = append(ratios, max(own, 0)/(r.cells[peer].nanos[i]-route))
	}
	return median(ratios)
}

func main() {
	rounds := flag.Int("rounds", 15, "how often every contender runs")
	length := flag.Duration("time", 10*time.Millisecond, "how long it runs in a round")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	fmt.Printf("%s, %s/%s, %s, %s, %d rounds\n\n", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.Version(), peers(), *rounds)
	for _, router := range []struct {
		name       string
		contenders []contender
	}{{"net/http.ServeMux", serveMux}, {"chi", chiRouter}} {
		fmt.Printf("| %s | allocations | to rs/cors | to go-chi/cors | bar | by cors.Handler, to rs/cors |\n|---|---|---|---|---|---|\n", router.name)
		for _, s := range scenarios() {
			r := newRow(s, router.contenders)
			for range *rounds {
				r.round(router.contenders, *length)
			}
			bar := "-"
			if s.bar > 0 {
				bar = fmt.Sprintf("%.2f", s.bar)
			}
			fmt.Printf("| %s | +%.0f | %.2f | %.2f | %s | %.2f |\n", s.name, r.cells["routecors"].allocs-r.cells["bare"].allocs,
				r.ratio("routecors", "rs/cors"), r.ratio("routecors", "go-chi/cors"), bar, r.ratio("routecors front", "rs/cors"))
			runtime.GC()
		}
		fmt.Println()
	}
}

// peers returns the versions of the modules.
func peers() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		fmt.Fprintln(os.Stderr, "no build information")
		return ""
	}
	var list []string
	for _, m := range info.Deps {
		list = append(list, strings.TrimPrefix(m.Path, "github.com/")+" "+m.Version)
	}
	return strings.Join(list, ", ")
}
