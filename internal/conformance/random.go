package conformance

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/routecors/routecors"
)

// Random tables of routes, by nothing but Site.

var (
	randomMethods  = []string{"", "", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "FROB", "OPTIONS"}
	randomSegments = []string{"a", "b", "{x}", "{y}"}
)

func pick(rnd *rand.Rand, from []string) string { return from[rnd.IntN(len(from))] }

func randomPattern(rnd *rand.Rand) string {
	var p strings.Builder
	var used []string
	for range rnd.IntN(4) {
		segment := pick(rnd, randomSegments)
		if segment[0] == '{' && slices.Contains(used, segment) {
			segment = "a"
		}
		used = append(used, segment)
		p.WriteString("/" + segment)
	}
	switch rnd.IntN(5) {
	case 0:
		p.WriteString("/")
	case 1:
		p.WriteString("/{$}")
	case 2:
		p.WriteString("/{rest...}")
	}
	if p.Len() == 0 {
		return "/"
	}
	return p.String()
}

func randomPath(rnd *rand.Rand) string {
	segments := []string{"a", "b", "A", "ab", "c%2Fd", "", "..", ".", "%61"}
	var p strings.Builder
	for range rnd.IntN(4) {
		p.WriteString("/" + pick(rnd, segments))
	}
	if rnd.IntN(3) == 0 || p.Len() == 0 {
		p.WriteString("/")
	}
	return p.String()
}

func randomPaths(rnd *rand.Rand) (paths []string) {
	for range 25 {
		paths = append(paths, randomPath(rnd))
	}
	return paths
}

// randomLines returns lines of routes, each with another method or pattern.
func randomLines(rnd *rand.Rand) (lines []string) {
	used := map[string]bool{}
	for range 12 {
		method := pick(rnd, randomMethods)
		if method == "" {
			method = "*"
		}
		what := method + " " + randomPattern(rnd)
		if !used[what] {
			used[what] = true
			lines = append(lines, pick(rnd, []string{"bare", "private", "public"})+" "+what)
		}
	}
	return lines
}

// worlds is n, or with -short a fifth of it.
func worlds(n int) int {
	if testing.Short() {
		return n / 5
	}
	return n
}

func (s *Suite) propertyChecks() []Check {
	modes := []struct {
		name, serving string
		options       []routecors.Option
	}{
		{"bare", "bare", nil},
		{"handler", "handler", nil},
		{"handler without synthetic OPTIONS", "handler", []routecors.Option{routecors.WithoutSyntheticOPTIONS()}},
	}
	var checks []Check
	for i, mode := range modes {
		if !slices.Contains(s.servings(), mode.serving) || mode.options != nil && !s.registrar {
			continue
		}
		checks = append(checks, Check{"property/" + mode.name, func(t testing.TB) {
			var tally Tally
			for n := range worlds(200) {
				s.randomWorld(t, rand.New(rand.NewPCG(uint64(i), uint64(n))), mode.serving, mode.options).Check(t, &tally, 80)
			}
			t.Logf("%+v", tally)
			if tally.Approved == 0 || tally.Shared == 0 {
				t.Error("no preflight was approved, or no response shared, by any table")
			}
		}})
	}
	return checks
}

// randomWorld registers random routes twice: with the library, and without.
func (s *Suite) randomWorld(t testing.TB, rnd *rand.Rand, serving string, options []routecors.Option) *World {
	site, plain := s.router.New(), s.router.New()
	w := NewWorld(t, rnd, site.Adapter(), options...)
	w.Handler, w.Plain = site, plain
	if serving == "handler" {
		w.Handler, w.Exact = w.Cors.Handler(site), true
	}
	w.Methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "FROB", "OPTIONS", "get", "CONNECT", "TRACE"}
	w.Hosts = []string{"h.example"}
	w.Paths = randomPath
	for range 12 {
		pattern := randomPattern(rnd)
		if w.One(8) {
			w.randomTree(site, pattern)
			continue
		}
		if !w.One(8) {
			s.randomRoute(w, site, plain, pick(rnd, randomMethods), pattern)
			continue
		}
		if !s.takes("GET", pattern) {
			continue
		}
		legal(func() {
			res := site.Resource(pattern)
			under := w.AddResource(res)
			for range rnd.IntN(3) {
				s.randomHandle(w, res, under, plain, pick(rnd, randomMethods), pattern)
			}
		})
	}
	return w
}

func (s *Suite) randomRoute(w *World, site, plain Site, method, pattern string) {
	if !s.takes(method, pattern) {
		return
	}
	legal(func() {
		l := w.NewLeaf(method, method+" "+pattern)
		n := w.Rand.IntN(4)
		if n == 0 && method != http.MethodOptions { // those are ours once something was added
			w.Logf("%s: bare", l.ID)
			site.HandleBare(method, pattern, w.MayView(l))
			w.again(plain, method, pattern, l)
			return
		}
		route := site.Handle(method, pattern, w.MayView(l))
		if route == nil {
			return
		}
		l.pattern = pattern
		if n > 1 {
			w.Add(l, route, nil)
		}
		w.again(plain, method, pattern, l)
	})
}

func (s *Suite) randomHandle(w *World, res *routecors.Resource, under []routecors.Policy, plain Site, method, pattern string) {
	if !s.takes(method, pattern) {
		return
	}
	legal(func() {
		l := w.NewLeaf(method, "resource "+method+" "+pattern)
		route := res.Handle(method, w.MayView(l))
		l.pattern = pattern
		if under == nil || w.One(2) {
			w.Add(l, route, under)
		} else {
			w.Cover(l, under)
		}
		w.again(plain, method, pattern, l)
	})
}

// again registers l without the library, where it must run for the same requests.
func (w *World) again(plain Site, method, pattern string, l http.Handler) {
	if w.Plain == nil {
		return
	}
	w.Plain = nil
	plain.HandleBare(method, pattern, l)
	w.Plain = plain // it took the pattern, too
}

// legal runs register, which may panic as routers do.
func legal(register func()) {
	defer func() { _ = recover() }()
	register()
}
