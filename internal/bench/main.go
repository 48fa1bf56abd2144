// Command bench compares routecors with rs/cors and go-chi/cors: the same policies,
// wrapped by hand round the same routes of the same router, their OPTIONS registered
// by hand.
//
//	go run .             the table of ratios, with what they are measured against
//	go run . -readme     the rows and columns of it that the README has
//	go run . -setup      what Add costs, in time and memory
//	go run . -growth     growth.svg: what more origins, patterns, routes and headers cost
//	go run . -wrk        real servers on loopback, asked by wrk
//	go test -bench .     every row as a benchmark
//
// All contenders run in one process, in turn, round after round; a ratio is the median
// of the ratios of the rounds. A machine that is busy, or slow, or fast, moves them
// little; nanoseconds say nothing.
//
// What is compared is CORS, not the router: the time of a routed request is that of the
// bare router less, plus the call of an empty handler. A preflight that is answered
// ahead of the router is less the one look-up of the route that it announces. "Added"
// means all that a preflight costs more than on the bare router; by the synthetic
// OPTIONS, one look-up less. "cors.Handler" is compared with a peer round the whole
// router.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 15, "how often every contender runs")
	length := flag.Duration("time", 10*time.Millisecond, "how long it runs in a round")
	only := flag.String("only", "", "rows whose names contain this")
	setUp := flag.Bool("setup", false, "measure what Add costs instead")
	growth := flag.Bool("growth", false, "measure growth instead, and write growth.svg")
	short := flag.Bool("readme", false, "print the table for the README instead")
	served := flag.Bool("wrk", false, "ask real servers by wrk instead, a second for each or what -time says")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	title := fmt.Sprintf("%s, %s, %d rounds", time.Now().Format(time.DateOnly), environment(), *rounds)
	fmt.Println(title)
	switch {
	case *setUp:
		printSetUp(*rounds)
	case *growth:
		panels := measureGrowth(*rounds, *length)
		printGrowth(panels)
		must(os.WriteFile("growth.svg", []byte(drawGrowth(panels, title)), 0o666))
	case *short:
		printShort(*rounds, *length)
	case *served:
		printEndToEnd(*rounds, *length)
	default:
		printTable(*rounds, *length, *only)
	}
}

func printTable(rounds int, length time.Duration, only string) {
	for i, router := range routers {
		fmt.Printf("\n| %s | allocations | to rs/cors | bar | to go-chi/cors | to | ratio | bar |\n|---|---|---|---|---|---|---|---|\n", router.name)
		for _, s := range scenarios() {
			if !strings.Contains(s.name, only) {
				continue
			}
			fmt.Println(measured(s, router.new, rounds, length).line(i))
			runtime.GC()
		}
	}
}

// printShort prints what the README has of the table.
func printShort(rounds int, length time.Duration) {
	fmt.Println("\n| | allocations: ServeMux, chi | ServeMux: to rs/cors | to go-chi/cors | chi: to rs/cors | to go-chi/cors |\n|---|---|---|---|---|---|")
	for _, s := range scenarios() {
		if s.account == whole || strings.HasPrefix(s.name, "hostile") {
			continue
		}
		allocs, ratios := "", ""
		for i, router := range routers {
			r := measured(s, router.new, rounds, length)
			allocs += either(i > 0, ", ", "") + fmt.Sprintf("%+.0f", r.allocs())
			ratios += fmt.Sprintf(" | %.2f | %.2f", r.ofPeer(0), r.ofPeer(1))
		}
		fmt.Printf("| %s | %s%s |\n", s.name, allocs, ratios)
		runtime.GC()
	}
}

// line returns r, on the router with index i, as one of the table.
func (r *row) line(i int) string {
	toRS, toChi, than, own := "–", "–", "–", "–"
	if r.account != whole {
		toRS, toChi = fmt.Sprintf("%.2f", r.ofPeer(0)), fmt.Sprintf("%.2f", r.ofPeer(1))
	}
	if r.scenario.than != nil {
		than, own = r.scenario.than.name, fmt.Sprintf("%.2f", r.ofThan())
	}
	return fmt.Sprintf("| %s | %+.0f | %s | %s | %s | %s | %s | %s |", r.name, r.allocs(), toRS, limit(r.bar[i]), toChi, than, own, limit(r.most))
}

func limit(x float64) string {
	if x == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", x)
}

// environment says what was measured, and where.
func environment() string {
	list := []string{processor(), runtime.GOOS + "/" + runtime.GOARCH, runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Replace == nil && strings.HasPrefix(m.Path, "github.com/") {
				list = append(list, strings.TrimPrefix(m.Path, "github.com/")+" "+m.Version)
			}
		}
	}
	return strings.Join(list, ", ")
}

// processor returns the model of the CPU, where Linux tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}
