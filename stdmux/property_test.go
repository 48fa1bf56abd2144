package stdmux_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/stdmux"
)

// TestProperty checks the invariant over random tables. Half a million checks for
// each way of serving; a tenth with -short.
func TestProperty(t *testing.T) {
	worlds := 3000
	if testing.Short() {
		worlds = 300
	}
	modes := []struct {
		name    string
		handler bool
		options []routecors.Option
	}{
		{"bare", false, nil},
		{"handler", true, nil},
		{"handler without synthetic OPTIONS", true, []routecors.Option{routecors.WithoutSyntheticOPTIONS()}},
	}
	for i, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			var tally conformance.Tally
			for n := range worlds {
				rnd := rand.New(rand.NewPCG(uint64(i), uint64(n)))
				mux := http.NewServeMux()
				adapter := stdmux.New(mux)
				w := conformance.NewWorld(t, rnd, adapter, mode.options...)
				w.Handler = mux
				if mode.handler {
					w.Handler, w.Exact = w.Cors.Handler(mux), true
				}
				w.Methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "FROB", "OPTIONS", "get", "CONNECT", "TRACE"}
				w.Hosts = []string{"h.example", "h.example:8080", "x.example"}
				w.Paths = randomPath
				fill(w, mux, adapter, 12, true)
				w.Check(t, &tally, 180)
			}
			t.Logf("%+v", tally)
			if tally.Approved == 0 || tally.Shared == 0 {
				t.Error("nothing was approved: the checks prove nothing")
			}
		})
	}
}

// fill registers random routes, as far as the mux takes them.
func fill(w *conformance.World, mux *http.ServeMux, adapter *stdmux.Adapter, n int, outer bool) {
	for range n {
		legal(func() {
			pattern := randomPattern(w)
			if outer && w.One(10) && !strings.ContainsAny(pattern, "{%") {
				sub := http.NewServeMux()
				prefix := strings.TrimSuffix(pattern, "/")
				if w.One(3) {
					l := w.NewLeaf("", "opaque mount "+prefix)
					sub.Handle("/", l)
					mux.Handle(prefix+"/", http.StripPrefix(prefix, sub))
					return
				}
				inner := adapter.Mount(prefix, sub)
				w.Logf("mount %s", prefix)
				fill(w, sub, inner, 5, false)
				w.Logf("end of mount")
				return
			}
			if w.One(8) {
				res := adapter.Resource(pattern)
				under := w.AddResource(res)
				for range w.Rand.IntN(3) {
					legal(func() {
						m := randomMethod(w)
						l := w.NewLeaf(m, "resource "+m+" "+pattern)
						route := res.Handle(m, w.MayView(l))
						if under == nil || w.One(2) {
							w.Add(l, route, under)
						} else {
							w.Cover(l, under)
						}
					})
				}
				return
			}
			method := randomMethod(w)
			l := w.NewLeaf(method, method+" "+pattern)
			full := strings.TrimLeft(method+" "+pattern, " ")
			switch w.Rand.IntN(4) {
			case 0:
				mux.Handle(full, w.MayView(l))
			case 1:
				adapter.Handle(full, w.MayView(l))
			default:
				w.Add(l, adapter.Handle(full, w.MayView(l)), nil)
			}
		})
	}
}

// legal runs register, which may panic as ServeMux does.
func legal(register func()) {
	defer func() { _ = recover() }()
	register()
}

func randomMethod(w *conformance.World) string {
	methods := []string{"", "", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "FROB", "OPTIONS"}
	return methods[w.Rand.IntN(len(methods))]
}

func randomPattern(w *conformance.World) string {
	segments := []string{"a", "b", "c%2Fd", "{x}", "{y}"}
	hosts := []string{"", "", "", "h.example", "x.example"}
	p := hosts[w.Rand.IntN(len(hosts))]
	used := map[string]bool{}
	for range w.Rand.IntN(4) {
		s := segments[w.Rand.IntN(len(segments))]
		if used[s] && s[0] == '{' {
			s = "a"
		}
		used[s] = true
		p += "/" + s
	}
	switch w.Rand.IntN(5) {
	case 0:
		return p + "/"
	case 1:
		return p + "/{$}"
	case 2:
		return p + "/{rest...}"
	}
	if !strings.Contains(p, "/") {
		p += "/"
	}
	return p
}

func randomPath(rnd *rand.Rand) string {
	segments := []string{"a", "b", "m", "ab", "c%2Fd", "", "..", ".", "%61"}
	p := ""
	for range rnd.IntN(4) {
		p += "/" + segments[rnd.IntN(len(segments))]
	}
	if rnd.IntN(3) == 0 || p == "" {
		p += "/"
	}
	return p
}
