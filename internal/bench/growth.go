package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/routecors/routecors"
)

// A panel is one diagram: what a request costs as something grows, in times of what
// ours costs at the least of it.
type panel struct {
	title, unit string
	sizes       []int
	series      []series
}

type series struct {
	name   string
	values []float64 // by size
}

// measureGrowth measures on http.ServeMux.
func measureGrowth(rounds int, length time.Duration) []panel {
	actual := func(p policy) scenario {
		return scenario{policy: p, method: "PUT", origins: spread(p.origins), account: inRouter}
	}
	upTo := func(most int) (sizes []int) {
		for n := 1; n <= most; n *= 10 {
			sizes = append(sizes, n)
		}
		return sizes
	}
	return []panel{
		grow("An actual request, without routing", "exact origins of the policy", upTo(100000), rounds, length,
			func(n int) scenario { return actual(policy{origins: exact(n)}) }),
		grow("An actual request, without routing", "subdomain patterns of the policy", upTo(10000), rounds, length,
			func(n int) scenario { return actual(policy{origins: subdomains(n)}) }),
		growRoutes("An actual request, with routing", "routes, of one policy", upTo(10000), rounds, length),
		grow("An approved preflight, without routing", "header names that it asks for", []int{0, 1, 2, 5, 10, 20, 50, 100}, rounds, length,
			func(n int) scenario {
				s := scenario{policy: policy{origins: exact(1), headers: names(100)}, method: "OPTIONS", lines: []string{asksPUT}, origins: []string{app}, account: ahead}
				if n > 0 {
					s.lines = asks(names(n)...)
				}
				return s
			}),
	}
}

// names returns n header names in order.
func names(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("X-Name-%03d", i))
	}
	return list
}

// grow measures the scenario of each size, all sizes in turn.
func grow(title, unit string, sizes []int, rounds int, length time.Duration, of func(n int) scenario) panel {
	var rows []*row
	var cells []*cell
	for _, n := range sizes {
		r := newRow(of(n), serveMux)
		rows = append(rows, r)
		cells = append(cells, r.cells()...)
	}
	measure(cells, rounds, length)
	least := rows[0].net(rows[0].ours, rows[0].account.ours)
	p := panel{title, unit, sizes, []series{{name: "routecors"}}}
	for _, r := range rows {
		p.series[0].values = append(p.series[0].values, ratio(r.net(r.ours, r.account.ours), least))
	}
	for i, peer := range peers {
		s := series{name: peer.name}
		for _, r := range rows {
			s.values = append(s.values, ratio(r.net(r.peers[i], r.account.peers), least))
		}
		p.series = append(p.series, s)
	}
	return p
}

// growRoutes measures requests to routes in no order; the peers have one middleware
// for all of them.
func growRoutes(title, unit string, sizes []int, rounds int, length time.Duration) panel {
	one := policy{origins: exact(1)}
	contenders := []struct {
		name  string
		build func(patterns []string) http.Handler
	}{
		{"routecors", func(patterns []string) http.Handler {
			r := serveMux()
			c, err := routecors.Setup(r.adapter, one.ours())
			must(err)
			for _, pattern := range patterns {
				must(c.Add(r.route("PUT", pattern, empty)))
			}
			return r
		}},
		{"rs/cors", wrapped(peers[0].wrap(one, []string{"PUT"}))},
		{"go-chi/cors", wrapped(peers[1].wrap(one, []string{"PUT"}))},
		{"no CORS", wrapped(func(h http.Handler) http.Handler { return h })},
	}
	p := panel{title: title, unit: unit, sizes: sizes, series: make([]series, len(contenders))}
	byContender := make([][]*cell, len(contenders))
	for _, n := range sizes {
		patterns := make([]string, n)
		for i := range patterns {
			patterns[i] = fmt.Sprintf("/r%d/{id}", i)
		}
		var requests []*http.Request
		random := rand.New(rand.NewPCG(1, uint64(n)))
		for range batch {
			r := scenario{method: "PUT", path: fmt.Sprintf("/r%d/7", random.IntN(n)), origins: []string{app}}.requests()
			requests = append(requests, r...)
		}
		for i, c := range contenders {
			byContender[i] = append(byContender[i], newCell(c.build(patterns), requests))
		}
	}
	measure(slices.Concat(byContender...), rounds, length)
	for i, c := range contenders {
		p.series[i].name = c.name
		for _, cell := range byContender[i] {
			p.series[i].values = append(p.series[i].values, ratio(cell.nanos, byContender[0][0].nanos))
		}
	}
	return p
}

// wrapped returns what builds a router whose routes and their OPTIONS are wrapped.
func wrapped(wrap func(http.Handler) http.Handler) func(patterns []string) http.Handler {
	return func(patterns []string) http.Handler {
		r, h := serveMux(), wrap(empty)
		for _, pattern := range patterns {
			r.handle("PUT", pattern, h)
			r.handle("OPTIONS", pattern, h)
		}
		return r
	}
}

// printGrowth prints what is drawn.
func printGrowth(panels []panel) {
	for _, p := range panels {
		fmt.Printf("\n%s\n\n| %s |", p.title, p.unit)
		for _, n := range p.sizes {
			fmt.Printf(" %d |", n)
		}
		fmt.Println("\n|---" + strings.Repeat("|---", len(p.sizes)) + "|")
		for _, s := range p.series {
			fmt.Printf("| %s |", s.name)
			for _, v := range s.values {
				fmt.Printf(" %.3g |", v)
			}
			fmt.Println()
		}
	}
}
