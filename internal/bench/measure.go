package main

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// batch is how many responses are written between two looks at the clock. Their
// header maps are emptied outside of that: clearing costs as much as some answers.
const batch = 64

// A cell is one contender in one scenario.
type cell struct {
	h        http.Handler
	requests []*http.Request
	writers  []*writer
	nanos    []float64 // a request, by round
	allocs   float64
}

func newCell(h http.Handler, requests []*http.Request) *cell {
	c := &cell{h: h, requests: requests}
	for range batch {
		c.writers = append(c.writers, &writer{header: http.Header{}})
	}
	c.run(1)
	begin := time.Now()
	c.run(1)
	if once := time.Since(begin); once > 100*time.Microsecond {
		c.writers = c.writers[:max(1, batch*100*time.Microsecond/once)]
	}
	i := 0
	c.allocs = testing.AllocsPerRun(len(c.writers), func() {
		w := c.writers[i%len(c.writers)]
		clear(w.header)
		c.h.ServeHTTP(w, c.requests[i%len(c.requests)])
		i++
	})
	return c
}

// run answers n requests, one after another.
func (c *cell) run(n int) time.Duration {
	for _, w := range c.writers[:n] {
		clear(w.header)
	}
	begin := time.Now()
	for i, w := range c.writers[:n] {
		c.h.ServeHTTP(w, c.requests[i%len(c.requests)])
	}
	return time.Since(begin)
}

// some measures for about d, and adds the times of a request, by batch, to batches.
func (c *cell) some(d time.Duration, batches []float64) []float64 {
	for end := time.Now().Add(d); ; {
		batches = append(batches, float64(c.run(len(c.writers)).Nanoseconds())/float64(len(c.writers)))
		if !time.Now().Before(end) {
			return batches
		}
	}
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// ratio returns the median of the ratios of the rounds.
func ratio(of, to []float64) float64 {
	var ratios []float64
	for i := range of {
		ratios = append(ratios, of[i]/to[i])
	}
	return median(ratios)
}

// A row is a scenario on one router.
type row struct {
	scenario
	call, bare, lookUp *cell
	ours               *cell
	peers              []*cell
	than               *cell // ours in the scenario that s is compared with
}

func newRow(s scenario, newRouter func() router) *row {
	requests := s.requests()
	byRouter, byHandler, lookUp := s.ours(newRouter)
	r := &row{
		scenario: s,
		call:     newCell(empty, requests),
		bare:     newCell(s.bare(newRouter), requests),
		lookUp:   newCell(lookUp, requests),
		ours:     newCell(either(s.account.byHandler, byHandler, byRouter), requests),
	}
	for _, p := range peers {
		byRouter, byHandler := s.peer(newRouter, p)
		r.peers = append(r.peers, newCell(either(s.account.peersOutside, byHandler, byRouter), requests))
	}
	if other := s.than; other != nil && other.name != bareRouter.name {
		byRouter, byHandler, _ := other.ours(newRouter)
		r.than = newCell(either(other.account.byHandler, byHandler, byRouter), other.requests())
	}
	return r
}

func either[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

func (r *row) cells() []*cell {
	list := append([]*cell{r.call, r.bare, r.lookUp, r.ours}, r.peers...)
	if r.than != nil {
		list = append(list, r.than)
	}
	return list
}

// turns is how often contenders take turns within a round, in which the machine may
// become busy, or slow.
const turns = 8

// measure runs all contenders in turn, round after round, each for about d in a round.
// What a round notes is the median of the batches: they are far shorter than what the
// system gives to another process when it interrupts one.
func measure(cells []*cell, rounds int, d time.Duration) {
	batches := make([][]float64, len(cells))
	for range rounds {
		for turn := range turns {
			for i := range cells {
				i = (i + turn) % len(cells)
				batches[i] = cells[i].some(d/turns, batches[i])
			}
		}
		for i, c := range cells {
			c.nanos = append(c.nanos, median(batches[i]))
			batches[i] = batches[i][:0]
		}
	}
}

// together is how many rounds are measured of the same handlers. Where they happen to
// lie in memory counts for some percent, so that others are built then.
const together = 3

// measured returns the row of s with the times of so many rounds.
func measured(s scenario, newRouter func() router, rounds int, d time.Duration) *row {
	var all *row
	for done := 0; done < rounds; done += together {
		r := newRow(s, newRouter)
		measure(r.cells(), min(together, rounds-done), d)
		if all == nil {
			all = r
			continue
		}
		cells := all.cells()
		for i, c := range r.cells() {
			cells[i].nanos = append(cells[i].nanos, c.nanos...)
		}
	}
	return all
}

// net returns the time of c less what less says, by round.
func (r *row) net(c *cell, less cost) (list []float64) {
	for i, nanos := range c.nanos {
		call := r.call.nanos[i]
		nanos -= less.routings*(r.bare.nanos[i]-call) + less.lookUps*(r.lookUp.nanos[i]-call) + less.calls*call
		list = append(list, max(nanos, 0)) // a difference of two that hardly differ
	}
	return list
}

// allocs are ours, beyond those of the router. Where a row says what is added to it,
// those of the look-up are ours.
func (r *row) allocs() float64 {
	switch less := r.account.ours; {
	case r.account == whole || less.calls > 0:
		return r.ours.allocs - r.bare.allocs
	default:
		return r.ours.allocs - less.routings*r.bare.allocs - less.lookUps*r.lookUp.allocs
	}
}

// ofPeer is ours of the peer's.
func (r *row) ofPeer(i int) float64 {
	return ratio(r.net(r.ours, r.account.ours), r.net(r.peers[i], r.account.peers))
}

// ofThan is ours of what the scenario is compared with.
func (r *row) ofThan() float64 {
	if r.than == nil {
		return ratio(r.ours.nanos, r.bare.nanos)
	}
	return ratio(r.net(r.ours, r.account.ours), r.net(r.than, r.account.ours))
}
