package chicors_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/internal/conformance"
)

func init() { chi.RegisterMethod("FROB") }

// TestProperty checks the invariant over random trees: Route, Mount, Group, With,
// foreign mounts, tables converted by Routes. A tenth with -short.
func TestProperty(t *testing.T) {
	worlds := 3000
	if testing.Short() {
		worlds = 300
	}
	modes := []struct {
		name    string
		serving string
		options []routecors.Option
	}{
		{"bare", "bare", nil},
		{"handler", "handler", nil},
		{"Use", "use", nil},
		{"handler without synthetic OPTIONS", "handler", []routecors.Option{routecors.WithoutSyntheticOPTIONS()}},
	}
	for i, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			var tally conformance.Tally
			for n := range worlds {
				rnd := rand.New(rand.NewPCG(uint64(i), uint64(n)))
				r := chi.NewRouter()
				adapter := chicors.New(r)
				w := conformance.NewWorld(t, rnd, adapter, mode.options...)
				w.Handler, w.Exact = r, mode.serving != "bare"
				if mode.serving == "use" && w.One(2) {
					r.Use(middleware.StripSlashes)
				} else if w.One(3) {
					r.Use(middleware.GetHead) // with both, their order counts and is not known
				}
				switch mode.serving {
				case "handler":
					w.Handler = w.Cors.Handler(r)
				case "use":
					r.Use(w.Explaining, w.Cors.Handler)
				}
				w.Methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "FROB", "UNKNOWN", "OPTIONS", "get", "TRACE"}
				w.Hosts = []string{"h.example"}
				w.Paths = randomPath
				g := grower{w, adapter}
				g.grow(r, 0, map[string]bool{})
				if w.One(4) {
					g.convert()
				}
				w.Check(t, &tally, 180)
			}
			t.Logf("%+v", tally)
			if tally.Approved == 0 || tally.Shared == 0 {
				t.Error("nothing was approved: the checks prove nothing")
			}
		})
	}
}

// A grower registers random routes.
type grower struct {
	w       *conformance.World
	adapter *chicors.Adapter
}

func (g *grower) grow(r chi.Router, depth int, mounts map[string]bool) {
	w := g.w
	for range 2 + w.Rand.IntN(6) {
		legal(func() {
			switch c := w.Rand.IntN(12); {
			case c < 7:
				g.route(r)
			case c == 7 && depth < 2:
				sub := chi.NewRouter()
				if w.One(3) {
					sub.Use(pass)
				}
				at := mountPath(w, mounts)
				if w.One(2) {
					r.Mount(at, sub)
					g.grow(sub, depth+1, map[string]bool{})
				} else {
					g.grow(sub, depth+1, map[string]bool{})
					r.With(pass).Mount(at, sub)
				}
			case c == 8 && depth < 2:
				r.Route(mountPath(w, mounts), func(r chi.Router) { g.grow(r, depth+1, map[string]bool{}) })
			case c == 9 && depth < 3:
				r.Group(func(r chi.Router) {
					r.Use(pass)
					g.grow(r, depth+1, mounts)
				})
			case c == 10:
				mux := http.NewServeMux()
				mux.Handle("/", w.NewLeaf("", "foreign mount"))
				r.Mount(mountPath(w, mounts), mux)
			case c == 11:
				res := g.adapter.On(r).Resource(randomPattern(w))
				under := w.AddResource(res)
				for range w.Rand.IntN(3) {
					m := randomMethod(w)
					l := w.NewLeaf(m, "resource "+m+" "+res.Pattern())
					route := res.Handle(m, w.MayView(l))
					if under == nil || w.One(2) {
						w.Add(l, route, under)
					} else {
						w.Cover(l, under)
					}
				}
			}
		})
	}
}

func (g *grower) route(r chi.Router) {
	w := g.w
	if w.One(3) {
		r = r.With(pass)
	}
	method, pattern := randomMethod(w), randomPattern(w)
	l := w.NewLeaf(method, method+" "+pattern)
	h := w.MayView(l)
	register := func(r interface {
		Handle(string, http.Handler)
		Method(string, string, http.Handler)
	}) {
		if method == "" {
			r.Handle(pattern, h)
		} else {
			r.Method(method, pattern, h)
		}
	}
	if w.One(4) {
		register(r)
		return
	}
	on := g.adapter.On(r)
	var route *routecors.Route
	if method == "" {
		route = on.Handle(pattern, h)
	} else {
		route = on.Method(method, pattern, h)
	}
	if w.One(3) {
		return
	}
	w.Add(l, route, nil)
}

// convert adds what Routes made of bare handlers, half of it.
func (g *grower) convert() {
	for _, route := range g.adapter.Routes() {
		l := leafOf(route.Unwrap())
		if l == nil || l.Added || l.Covered || g.w.One(2) {
			continue
		}
		if l.Method != route.Method() {
			continue // the table shows fewer methods than were registered, others were overwritten
		}
		g.w.Add(l, route, nil)
	}
}

func leafOf(h http.Handler) *conformance.Leaf {
	switch h := h.(type) {
	case *conformance.Leaf:
		return h
	case interface{ LeafOf() *conformance.Leaf }:
		return h.LeafOf()
	case *chi.ChainHandler:
		return leafOf(h.Endpoint)
	case interface{ Unwrap() http.Handler }: // a Route, a View inside of middlewares
		return leafOf(h.Unwrap())
	}
	return nil
}

// legal runs register, which may panic as chi does.
func legal(register func()) {
	defer func() { _ = recover() }()
	register()
}

func pass(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

func randomMethod(w *conformance.World) string {
	methods := []string{"", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "FROB", "OPTIONS"}
	return methods[w.Rand.IntN(len(methods))]
}

func randomPattern(w *conformance.World) string {
	segments := []string{"a", "b", "ab", "c%2Fd", "{x}", "{y}", "{id:[0-9]+}", "{id:[a-z]+}", "{n}.json", "{p}-{q}"}
	p := ""
	wild := false
	for range w.Rand.IntN(3) {
		s := segments[w.Rand.IntN(len(segments))]
		if s[0] == '{' {
			if wild {
				s = "a"
			}
			wild = true
		}
		p += "/" + s
	}
	switch w.Rand.IntN(4) {
	case 0:
		p += "/"
	case 1:
		p += "/*"
	}
	if p == "" {
		p = "/"
	}
	return p
}

// mountPath returns a place to mount at, each one time: chi's own check misses some
// mounts on one node, where what it serves and what it finds differ.
func mountPath(w *conformance.World, mounts map[string]bool) string {
	p := []string{"/m", "/a", "/b", "/{t}", "/a/b", "/m/", "/"}[w.Rand.IntN(7)]
	k := strings.TrimSuffix(p, "/")
	if mounts[k] {
		panic("mounted there already")
	}
	mounts[k] = true
	return p
}

func randomPath(rnd *rand.Rand) string {
	segments := []string{"a", "b", "m", "ab", "12", "zz", "x.json", "p-q", "c%2Fd", "", "..", ".", "%61"}
	p := ""
	for range rnd.IntN(4) {
		p += "/" + segments[rnd.IntN(len(segments))]
	}
	if rnd.IntN(3) == 0 || p == "" {
		p += "/"
	}
	return p
}
