package main

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"

	"github.com/routecors/routecors"
)

// printSetUp prints what Add costs beyond registering the same routes and their
// OPTIONS bare, of policies with three origins. In chi that includes reading the tree,
// at the first request. Time is that of the processor, and depends on it: what the
// router and rs/cors take beside says how much.
func printSetUp(rounds int) {
	for _, router := range routers {
		fmt.Printf("\n| %s | routes | added µs/route | bar | added bytes/route | bar | of rs/cors | of the router alone |\n|---|---|---|---|---|---|---|---|\n", router.name)
		for _, own := range []bool{true, false} {
			var last float64
			for _, n := range []int{1000, 10000} {
				bare, ours, rs := added(router.new, n, own, rounds)
				name, most := "a policy shared by all", 200
				if own {
					name, most = "each its own policy", 600
				}
				fmt.Printf("| %s | %d | %.2f | 2.00 | %.0f | %d | %.2f µs, %.0f bytes | %.2f µs, %.0f bytes |\n",
					name, n, ours.micros, ours.bytes, most, rs.micros, rs.bytes, bare.micros, bare.bytes)
				if last != 0 {
					fmt.Printf("| %s, 10,000 routes in times of 1,000 | | %.1f | 12 | | | | |\n", name, 10*ours.whole/last)
				}
				last = ours.whole
			}
		}
	}
	fmt.Printf("\n| %d exact origins | ours | bar | rs/cors | go-chi/cors |\n|---|---|---|---|---|\n", manyOrigins)
	printOrigins(rounds)
}

// An expense is what one route costs: beyond the bare router, and as a whole.
type expense struct{ micros, bytes, whole float64 }

// added returns the expense of n routes on the bare router, and what ours and rs/cors add.
func added(newRouter func() router, n int, own bool, rounds int) (bare, ours, rs expense) {
	patterns, policies := make([]string, n), make([]policy, n)
	maps := make([]routecors.Policy, n)
	for i := range n {
		patterns[i] = fmt.Sprintf("/r%d/{id}", i)
		policies[i], maps[i] = policies[0], maps[0]
		if i == 0 || own {
			policies[i] = policy{headers: five[:2], origins: []string{
				fmt.Sprintf("https://app%d.example.com", i), fmt.Sprintf("https://admin%d.example.com", i), fmt.Sprintf("https://site%d.example.net", i)}}
			maps[i] = policies[i].ours()
		}
	}
	byRouter := func() any {
		r := newRouter()
		for _, pattern := range patterns {
			r.handle("GET", pattern, empty)
			r.handle("OPTIONS", pattern, empty)
		}
		return r
	}
	byOurs := func() any {
		r := newRouter()
		c, err := routecors.Setup(r.adapter, nil)
		must(err)
		for i, pattern := range patterns {
			must(c.Add(r.route("GET", pattern, empty), maps[i]))
		}
		request, err := http.NewRequest("GET", "/r0/7", nil)
		must(err)
		r.adapter.Resolve(request, "GET")
		return []any{r, c}
	}
	byRS := func() any {
		r := newRouter()
		wrap := peers[0].wrap(policies[0], []string{"GET"})
		for i, pattern := range patterns {
			if own {
				wrap = peers[0].wrap(policies[i], []string{"GET"})
			}
			wrapped := wrap(empty)
			r.handle("GET", pattern, wrapped)
			r.handle("OPTIONS", pattern, wrapped)
		}
		return r
	}
	costs := expenses(rounds, n, byRouter, byOurs, byRS)
	runtime.KeepAlive([]any{patterns, policies, maps})
	return costs[0], costs[1], costs[2]
}

// expenses builds by each of builders in turn; the cost of the first is taken off.
func expenses(rounds, n int, builders ...func() any) []expense {
	micros, bytes := make([][]float64, len(builders)), make([][]float64, len(builders))
	whole := make([][]float64, len(builders))
	for range rounds {
		for i, build := range builders {
			before := live()
			begin := cpuTime()
			built := build()
			spent := float64((cpuTime() - begin).Nanoseconds()) / 1e3 / float64(n)
			size := (live() - before) / float64(n)
			runtime.KeepAlive(built)
			whole[i] = append(whole[i], spent)
			if i > 0 {
				spent -= whole[0][len(whole[0])-1]
				size -= bytes[0][len(bytes[0])-1]
			}
			micros[i], bytes[i] = append(micros[i], spent), append(bytes[i], size)
		}
	}
	list := make([]expense, len(builders))
	for i := range list {
		list[i] = expense{median(micros[i]), median(bytes[i]), median(whole[i])}
	}
	return list
}

// live returns the bytes of the heap that are in use, after what is not was freed.
func live() float64 {
	runtime.GC()
	runtime.GC() // the first moved the pools to their victims
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

const manyOrigins = 100000

// printOrigins prints what one policy of very many origins costs, beyond their strings.
func printOrigins(rounds int) {
	p := policy{origins: exact(manyOrigins)}
	own, few := p.ours(), policy{origins: exact(manyOrigins / 100)}.ours()
	setUp := func(p routecors.Policy) func() any {
		return func() any {
			c, err := routecors.Setup(serveMux().adapter, p)
			must(err)
			return c
		}
	}
	builders := []func() any{func() any { return nil }, setUp(own)}
	for _, peer := range peers {
		builders = append(builders, func() any { return peer.wrap(p, []string{"GET"})(empty) })
	}
	costs := expenses(min(rounds, 5), manyOrigins, builders...)
	less := expenses(rounds, manyOrigins/100, builders[0], setUp(few))
	runtime.KeepAlive([]any{p, own, few})
	times := func(e expense) string { return fmt.Sprintf("%.2f", e.micros/costs[1].micros) }
	rows := [][]string{
		{"bytes per origin", fmt.Sprintf("%.0f", costs[1].bytes), "60", fmt.Sprintf("%.0f", costs[2].bytes), fmt.Sprintf("%.0f", costs[3].bytes)},
		{"time to compile, in times of ours", "1", "–", times(costs[2]), times(costs[3])},
		{"time per origin, in times of that at 1,000", fmt.Sprintf("%.2f", costs[1].micros/less[1].micros), "–", "–", "–"},
	}
	for _, cells := range rows {
		fmt.Println("| " + strings.Join(cells, " | ") + " |")
	}
}
