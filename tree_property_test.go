package routecors_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/stdmux"
)

// A treeSite is a random router with a mount, trees, Views, and every kind of CorsConfig.
type treeSite struct {
	*rand.Rand
	handler  http.Handler
	cors     *routecors.CorsConfig
	configs  []*routecors.CorsConfig
	entities []routecors.Entity // that were added
	trees    []string
	added    map[string]bool // by name of the leaf
	opened   map[string]bool // by a policy file
	reload   func()
	log      []string
}

var (
	treePaths   = []string{"/api/x", "/api/y", "/api/in/x", "/api/in/y", "/apiary", "/x", "/api/in/deep/x"}
	treeMethods = []string{"GET", "HEAD", "PUT", "DELETE", "POST"}
	treeOrigins = []string{x, y, "https://z.example"}
)

func (s *treeSite) policy() routecors.Policy {
	p := routecors.Policy{}
	for _, key := range []string{x, y, "*"} {
		switch o := (routecors.ResourceOptions{AllowMethods: treeMethods[:s.IntN(5)]}); s.IntN(5) {
		case 0:
			p[key] = routecors.ResourceOptions{Deny: true}
		case 1:
			o.AllowCredentials = key != "*"
			fallthrough
		case 2:
			p[key] = o
		}
	}
	return p
}

func (s *treeSite) config() *routecors.CorsConfig { return s.configs[s.IntN(len(s.configs))] }

func (s *treeSite) do(what string, err error) bool {
	s.log = append(s.log, fmt.Sprintf("%s: %v", what, err))
	return err == nil
}

// leaf returns a handler that says its name, half of the time a View.
func (s *treeSite) leaf(name string) http.Handler {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Ran", name) })
	if s.IntN(2) == 0 {
		return h
	}
	v := handlerView{h, map[string]routecors.Policy{}}
	for _, m := range append([]string{""}, treeMethods...) {
		if p := s.policy(); s.IntN(3) == 0 {
			for key, o := range p {
				if m != "" {
					o.AllowMethods = nil
				}
				p[key] = o
			}
			v.policies[m] = p
		}
	}
	s.log = append(s.log, fmt.Sprintf("%s is a View with %v", name, v.policies))
	return v
}

type handlerView struct {
	http.Handler
	policies map[string]routecors.Policy
}

func (v handlerView) CORSPolicies() map[string]routecors.Policy { return v.policies }

func newTreeSite(t *testing.T, seed uint64, onChi bool) *treeSite {
	s := &treeSite{Rand: rand.New(rand.NewPCG(seed, 1)), added: map[string]bool{}}
	var adapter routecors.RouterAdapter
	var tree func(string) *routecors.Tree
	var handle, bare func(method, path string, h http.Handler) *routecors.Route
	if onChi {
		r := chi.NewRouter()
		router := chicors.New(r)
		api, in := chi.NewRouter(), chi.NewRouter()
		at := func(path string) (*chicors.Adapter, chi.Router, string) {
			if rest, ok := strings.CutPrefix(path, "/api/in"); ok {
				return router.On(in), in, rest
			}
			if rest, ok := strings.CutPrefix(path, "/api/"); ok {
				return router.On(api), api, "/" + rest
			}
			return router, r, path
		}
		handle = func(method, path string, h http.Handler) *routecors.Route {
			a, _, rest := at(path)
			if method == "" {
				return a.Handle(rest, h)
			}
			return a.Method(method, rest, h)
		}
		bare = func(method, path string, h http.Handler) *routecors.Route {
			_, r, rest := at(path)
			r.Method(method, rest, h)
			return nil
		}
		defer func() { api.Mount("/in", in); r.Mount("/api", api) }() // last of all
		s.handler, adapter, tree = r, router, router.Tree
	} else {
		mux, sub := http.NewServeMux(), http.NewServeMux()
		router := stdmux.New(mux)
		inner := router.Mount("/api/in", sub)
		at := func(path string) (*stdmux.Adapter, *http.ServeMux, string) {
			if rest, ok := strings.CutPrefix(path, "/api/in"); ok {
				return inner, sub, rest
			}
			return router, mux, path
		}
		handle = func(method, path string, h http.Handler) *routecors.Route {
			a, _, rest := at(path)
			return a.Handle(strings.TrimLeft(method+" "+rest, " "), h)
		}
		bare = func(method, path string, h http.Handler) *routecors.Route {
			_, mux, rest := at(path)
			mux.Handle(method+" "+rest, h)
			return nil
		}
		s.handler, adapter, tree = mux, router, router.Tree
	}
	cors, err := routecors.Setup(adapter, s.policy())
	must(t, err)
	group, err := cors.Group(s.policy())
	must(t, err)
	dynamic, err := cors.Dynamic(routecors.Dynamic{Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
		if origin == y && strings.HasSuffix(r.URL.Path, "y") {
			return nil, nil
		}
		return &routecors.ResourceOptions{AllowMethods: []string{r.Method}[:len(r.Method)%2], AllowCredentials: origin == x}, nil
	}})
	must(t, err)
	source, err := group.Source(context.Background(), func(context.Context) (routecors.Policy, error) { return s.policy(), nil })
	must(t, err)
	s.reload = func() { must(t, source.Refresh(context.Background())) }
	s.cors, s.configs = cors, []*routecors.CorsConfig{cors, group, dynamic, source.Config()}
	for range 25 {
		path, method := treePaths[s.IntN(len(treePaths))], append(treeMethods, "")[s.IntN(6)]
		name := strings.TrimLeft(method+" "+path, " ")
		switch n := s.IntN(8); {
		case n == 0:
			prefix := []string{"/", "/api/", "/api/in/", "/api/in/deep/", "/{any}/"}[s.IntN(5)]
			at := tree(prefix)
			if s.do("tree "+prefix, s.config().Add(at, s.policy())) {
				s.trees, s.entities = append(s.trees, prefix), append(s.entities, at)
			}
		case s.added[name] || s.added[" "+name]:
		case n == 1 && method != "":
			s.added[" "+name] = true
			bare(method, path, s.leaf("bare"))
		default:
			s.added[" "+name] = true
			func() {
				defer func() { _ = recover() }() // a conflict of patterns
				route := handle(method, path, s.leaf(name))
				p := s.policy()
				for key, o := range p {
					o.AllowMethods = nil
					p[key] = o
				}
				if n > 4 && s.do("add "+name, s.config().Add(route, p)) {
					s.added[name], s.entities = true, append(s.entities, route)
				}
			}()
		}
	}
	return s
}

// apply opens some of the routes that the program did not add by a policy file, in place of
// those of the last one.
func (s *treeSite) apply(t *testing.T) {
	all, _ := s.cors.AllRoutes()
	var routes []string
	opened := map[string]bool{}
	for _, r := range all {
		name := strings.TrimLeft(r.Method+" "+r.Pattern, " ")
		if r.Route != nil && (!s.added[name] || s.opened[name]) && r.Method != "OPTIONS" && s.IntN(3) == 0 {
			opened[name] = true
			routes = append(routes, fmt.Sprintf(`%q: {%q: {"allow_credentials": %t}}`, name, treeOrigins[s.IntN(3)], s.IntN(2) == 0))
		}
	}
	_, err := s.cors.Apply(file(t, `{"routes": {`+strings.Join(routes, ", ")+`}}`))
	if !s.do("apply "+strings.Join(routes, ", "), err) {
		t.Fatal(err)
	}
	for name := range s.opened {
		delete(s.added, name)
	}
	for name := range opened {
		s.added[name] = true
	}
	s.opened = opened
}

// below reports whether some tree that was added is above path, as one reads it.
func (s *treeSite) below(path string) bool {
	for _, prefix := range s.trees {
		if strings.HasPrefix(path, prefix) || prefix == "/{any}/" && strings.Count(path, "/") > 1 {
			return true
		}
	}
	return false
}

func (s *treeSite) ask(h http.Handler, method, path, origin, announced string) http.Header {
	r := httptest.NewRequest(method, "http://h.example"+path, nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if announced != "" {
		r.Header.Set("Access-Control-Request-Method", announced)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result().Header
}

// check asks for everything, and compares what all parts of the package say of it.
func (s *treeSite) check(t *testing.T, shares *int) {
	front, protection := s.cors.Handler(s.handler), s.cors.CrossOriginProtection()
	order := s.Perm(len(treePaths))
	for _, i := range order {
		for _, method := range treeMethods {
			for _, origin := range treeOrigins {
				path := treePaths[i]
				var first bool // a preflight is the first request
				if first = s.IntN(2) == 0; first {
					s.ask(s.handler, "OPTIONS", path, origin, method)
				}
				h := s.ask(s.handler, method, path, origin, "")
				allowed := h.Get("Access-Control-Allow-Origin")
				fail := func(what string) {
					t.Helper()
					t.Fatalf("%s: %s %s of %s: %v\n%s", what, method, path, origin, h, strings.Join(s.log, "\n"))
				}
				if allowed != "" {
					*shares++
				}
				name := h.Get("Ran")
				if allowed != "" && (name == "" || name == "bare" || !s.added[name] && !s.below(path)) {
					fail("a private route is shared")
				}
				if other := s.ask(front, method, path, origin, ""); other.Get("Access-Control-Allow-Origin") != allowed || other.Get("Access-Control-Allow-Credentials") != h.Get("Access-Control-Allow-Credentials") {
					fail("the handler says otherwise")
				}
				bare, exact := s.ask(s.handler, "OPTIONS", path, origin, method), s.ask(front, "OPTIONS", path, origin, method)
				approved := exact.Get("Access-Control-Allow-Origin") != ""
				if approved != (allowed != "") || bare.Get("Access-Control-Allow-Origin") != "" && !approved {
					fail(fmt.Sprintf("preflight %v, %v", exact, bare))
				}
				r := httptest.NewRequest(method, "http://h.example"+path, nil)
				r.Header.Set("Origin", origin)
				r.Header.Set("Sec-Fetch-Site", "cross-site")
				if d := s.cors.Explain(r); d.Allowed != (allowed != "") {
					fail("Explain: " + d.String())
				}
				trusted := h.Get("Access-Control-Allow-Credentials") != ""
				if got := s.cors.CheckOrigin(r); got && !trusted {
					fail("CheckOrigin trusts")
				}
				if method != "GET" && method != "HEAD" && protection.Check(r) == nil && !trusted {
					fail("CrossOriginProtection trusts")
				}
			}
		}
	}
	s.cors.Verify()
	s.cors.Audit()
	s.cors.Routes()
}

func TestTreesAgree(t *testing.T) {
	shares := 0
	for seed := range uint64(30) {
		for _, onChi := range []bool{false, true} {
			s := newTreeSite(t, seed, onChi)
			s.log = append(s.log, fmt.Sprintf("seed %d, chi %t", seed, onChi))
			if s.IntN(2) == 0 {
				s.check(t, &shares)
			}
			for range 3 {
				for range 4 {
					if len(s.entities) > 0 {
						e, p := s.entities[s.IntN(len(s.entities))], s.policy()
						if _, ok := e.(*routecors.Route); ok {
							for key, o := range p {
								o.AllowMethods = nil
								p[key] = o
							}
						}
						s.do(fmt.Sprintf("update %s %v", e, p), s.config().Update(e, p))
					}
				}
				s.reload()
				if s.IntN(2) == 0 {
					s.apply(t)
				}
				s.check(t, &shares)
			}
		}
	}
	if shares == 0 {
		t.Error("nothing is shared")
	}
	t.Log(shares)
}
