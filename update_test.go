package routecors_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
)

// timeout puts a middleware that hands over a header of its own behind CorsConfig.Handler.
func timeout(s site, h http.Handler) http.Handler {
	return s.cors.Handler(withTimeout(h))
}

// wire returns what a client sees of CORS in a response of server, Vary aside, and
// checks that a response to one origin alone says so to caches.
func wire(t *testing.T, res *http.Response) string {
	t.Helper()
	if o := res.Header.Get("Access-Control-Allow-Origin"); o != "" && o != "*" && !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Origin") {
		t.Errorf("%s without Vary: Origin", answer(res))
	}
	res.Header.Del("Vary")
	return answer(res)
}

func get(t *testing.T, h http.Handler) string {
	t.Helper()
	server := serve(t, "HTTP/1.1", h)
	defer server.Close()
	res, err := fetch(server, "/x", fromApp)
	must(t, err)
	defer res.Body.Close()
	return wire(t, res)
}

func answerB(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-B", "b")
	w.WriteHeader(http.StatusAccepted)
}

// TestUpdateBetween: CorsConfig.Handler has decided by one policy and the route decides
// by another; then the policy changes back before the header is written. The response
// is by the policy that the route saw.
func TestUpdateBetween(t *testing.T) {
	ways := append(servings[:len(servings):len(servings)], struct {
		name string
		wrap func(s site, h http.Handler) http.Handler
	}{"time-out", timeout})
	for _, way := range ways {
		for _, before := range kinds {
			for _, after := range kinds {
				s := newSite(t, "")
				var route *routecors.Route
				update := func(p string) { must(t, s.cors.Update(route, policy(t, p))) }
				between := func(h http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						update(after.policy)
						h.ServeHTTP(w, r)
					})
				}
				route = s.router.HandleFunc("GET /x", func(w http.ResponseWriter, r *http.Request) {
					update(before.policy)
					answerB(w, r)
				})
				must(t, s.cors.Add(route, policy(t, before.policy)))
				got := get(t, way.wrap(s, between(s.mux)))

				s = newSite(t, after.policy) // never updated
				must(t, s.cors.Add(s.router.HandleFunc("GET /x", answerB)))
				want := get(t, way.wrap(s, s.mux))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, from %s to %s: (-want +got)\n%s", way.name, before.name, after.name, diff)
				}
			}
		}
	}
}

// TestUpdateHammer: no response is by two policies.
func TestUpdateHammer(t *testing.T) {
	for _, way := range []struct {
		name string
		wrap func(s site, h http.Handler) http.Handler
	}{servings[0], servings[1], {"time-out", timeout}} {
		s := newSite(t, "")
		res := s.router.Resource("/x")
		must(t, s.cors.Add(res, policy(t, `{"*": {"allow_methods": ["GET"]}}`)))
		route := res.Handle("GET", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-B", "b")
			w.Write(make([]byte, 10))
		}))
		must(t, s.cors.Add(route))
		server := serve(t, "HTTP/1.1", way.wrap(s, s.mux))
		policies, want := make([]routecors.Policy, len(kinds)), map[string]bool{}
		preflight := fromApp.Clone()
		preflight.Set("Access-Control-Request-Method", "GET")
		ask := func(method string) (string, error) {
			r, _ := http.NewRequest(method, server.URL+"/x", nil)
			if r.Header = fromApp; method == "OPTIONS" {
				r.Header = preflight
			}
			res, err := server.Client().Do(r)
			if err != nil {
				return "", err
			}
			defer res.Body.Close()
			return method + " " + wire(t, res), nil
		}
		for i, kind := range kinds {
			policies[i] = policy(t, kind.policy)
		}
		for _, own := range policies { // where it leaves an origin open, the resource's counts
			for _, further := range policies {
				must(t, s.cors.Update(route, own))
				must(t, s.cors.Update(res, further))
				for _, method := range []string{"GET", "OPTIONS"} {
					text, err := ask(method)
					must(t, err)
					want[text] = true
				}
			}
		}
		var asking sync.WaitGroup
		var done atomic.Bool
		for range 4 {
			asking.Go(func() {
				for i := range 200 {
					got, err := ask([]string{"GET", "OPTIONS"}[i%2])
					if err != nil || !want[got] {
						t.Errorf("%s: %s, %v; want one of %v", way.name, got, err, want)
						return
					}
				}
			})
		}
		var updating sync.WaitGroup
		updating.Go(func() {
			for i := 0; !done.Load(); i++ {
				must(t, s.cors.Update(route, policies[i%len(policies)]))
				must(t, s.cors.Update(res, policies[(i/3)%len(policies)]))
				s.cors.Routes()
				s.cors.Audit()
				runtime.Gosched()
			}
		})
		asking.Wait()
		done.Store(true)
		updating.Wait()
	}
}

func TestUpdate(t *testing.T) {
	s := newSite(t, `{"*": {}}`)
	h := s.cors.Handler(s.mux)
	items := s.router.Resource("/items")
	must(t, s.cors.Add(items, policy(t, `{"https://app.example": {"allow_methods": ["GET"]}}`)))
	items.Handle("GET", text("get"))
	items.Handle("PUT", text("put"))
	post := items.Handle("POST", text("post"))
	must(t, s.cors.Add(post, policy(t, `{"https://b.example": {}}`)))
	group, err := s.cors.Group(policy(t, `{"https://c.example": {"deny": true}}`))
	must(t, err)
	one := s.add(t, "GET /one")
	check := func(when string, want map[string]string) {
		t.Helper()
		for request, origins := range want {
			method, path, _ := strings.Cut(request, " ")
			var got []string
			for _, o := range []string{"app", "b", "c"} {
				if preflight(h, method, path, "https://"+o+".example")[:3] == "204" {
					got = append(got, o)
				}
			}
			if got := strings.Join(got, " "); got != origins {
				t.Errorf("%s: %s: open to %q, want %q", when, request, got, origins)
			}
		}
	}
	check("at first", map[string]string{"GET /items": "app", "PUT /items": "", "POST /items": "app b c", "GET /one": "app b c"})
	must(t, s.cors.Update(items, policy(t, `{"https://app.example": {"deny": true}, "https://c.example": {"allow_methods": ["PUT"]}}`)))
	check("resource", map[string]string{"GET /items": "", "PUT /items": "c", "POST /items": "b c", "GET /one": "app b c"})
	must(t, s.cors.Update(post, policy(t, `{"https://app.example": {}}`)))
	check("its route", map[string]string{"GET /items": "", "PUT /items": "c", "POST /items": "app b c"})
	must(t, group.Update(one))
	check("group", map[string]string{"GET /one": "app b"})
	must(t, s.cors.Update(one, policy(t, `{"*": {"deny": true}}`)))
	check("denied", map[string]string{"GET /one": ""})
	must(t, s.cors.Update(items))
	check("no policy of its own", map[string]string{"GET /items": "", "PUT /items": "", "POST /items": "app b c"})
}

func TestUpdateErrors(t *testing.T) {
	s, other := newSite(t, ""), newSite(t, "")
	added, private := s.add(t, "PUT /x"), s.router.Handle("GET /x", text(""))
	res := s.router.Resource("/r")
	covered := res.Handle("GET", text(""))
	wrong := routecors.Policy{"https://a.example/": {}, "*": {AllowMethods: []string{"GET"}}}
	for _, tt := range []struct {
		what   string
		entity routecors.Entity
		policy routecors.Policy
		want   string
	}{
		{"nil", nil, nil, "routecors: Update: unknown entity <nil>; pass a *Route, *Resource or *Tree that was added"},
		{"nil route", (*routecors.Route)(nil), nil, "routecors: Update: unknown entity *routecors.Route; …"},
		{"private", private, nil, "routecors: GET /x: was not added to this registry; call Add"},
		{"resource", res, nil, "routecors: /r: was not added to this registry; call Add"},
		{"covered", covered, nil, "routecors: GET /r: was not added to this registry; call Add"},
		{"other", other.add(t, "GET /x"), nil, "routecors: GET /x: was not added to this registry; call Add"},
		{"wrong", added, wrong, `routecors: PUT /x: origin "https://a.example/": trailing slash; write "https://a.example"` + "\n" + `routecors: PUT /x: origin "*": AllowMethods "GET": does not contain the method of the route; add "PUT" or leave AllowMethods out`},
	} {
		wantError(t, tt.what, call(func() error { return s.cors.Update(tt.entity, tt.policy) }), tt.want)
	}
	must(t, s.cors.Update(added, policy(t, `{"https://app.example": {}}`)))
	if err := s.cors.Update(added, wrong); err == nil || preflight(s.mux, "PUT", "/x", app)[:3] != "204" {
		t.Errorf("after an Update that failed (%v) the route answers %s", err, preflight(s.mux, "PUT", "/x", app))
	}
}

// TestRefuseWideningDynamic: what a function decides may be more than before.
func TestRefuseWideningDynamic(t *testing.T) {
	s := newSite(t, `{"https://b.example": {}}`, routecors.RefuseWidening())
	dynamic := func() *routecors.CorsConfig {
		c, err := s.cors.Dynamic(routecors.Dynamic{Origin: func(*http.Request, string) (*routecors.ResourceOptions, error) { return nil, nil }})
		must(t, err)
		return c
	}
	one, other := dynamic(), dynamic()
	route := s.router.Handle("GET /x", text(""))
	must(t, one.Add(route, policy(t, `{"https://app.example": {"deny": true}, "https://b.example": {}}`)))
	for _, tt := range []struct {
		cors   *routecors.CorsConfig
		policy string
		want   bool // refused
	}{
		{one, `{"https://app.example": {"deny": true}, "https://b.example": {"max_age": 5}}`, false},
		{one, `{"https://app.example": {"deny": true}}`, true}, // the function may give b more
		{one, `{"https://b.example": {}}`, true},               // it may allow app
		{other, `{"https://app.example": {"deny": true}, "https://b.example": {}}`, true},
		{s.cors, `{"https://app.example": {"deny": true}, "https://b.example": {}}`, false},
		{one, `{"https://app.example": {"deny": true}, "https://b.example": {}}`, true}, // back again
	} {
		err := tt.cors.Update(route, policy(t, tt.policy))
		if refused := errors.As(err, new(*routecors.WideningError)); refused != tt.want {
			t.Errorf("%s: %v", tt.policy, err)
		}
	}
}

func TestRefuseWidening(t *testing.T) {
	s := newSite(t, `{"https://b.example": {"allow_headers": "*"}}`, routecors.RefuseWidening())
	res := s.router.Resource("/x")
	must(t, s.cors.Add(res, policy(t, `{"https://b.example": {"allow_methods": ["PUT"]}}`)))
	res.Handle("PUT", text(""))
	route := s.add(t, "GET /x", policy(t, `{"https://b.example": {}}`))
	must(t, s.cors.Update(route, policy(t, `{"https://b.example": {"max_age": 60}}`)))
	// A resource opens nothing to an origin without naming methods.
	must(t, s.cors.Update(res, policy(t, `{"https://b.example": {"allow_methods": ["PUT"]}, "https://c.example": {}}`)))

	for _, tt := range []struct {
		entity       routecors.Entity
		policy, want string
	}{
		{route, `{"https://app.example": {"allow_credentials": true}}`, "GET /x: \"https://app.example\" is now allowed\n" +
			"\tGET /x: \"https://app.example\" may now use credentials\n\tGET /x: \"https://b.example\" may now send every header"},
		{res, `{"https://app.example": {"allow_methods": ["PUT", "DELETE"]}}`, `PUT /x: "https://app.example" is now allowed`},
	} {
		before := fmt.Sprintf("%+v", s.cors.Routes()[0].Origins)
		err := s.cors.Update(tt.entity, policy(t, tt.policy))
		var widening *routecors.WideningError
		if !errors.As(err, &widening) {
			t.Fatalf("%s: %v is no *WideningError", tt.entity, err)
		}
		if diff := cmp.Diff("routecors: refused, since it widens what pages may do:\n\t"+tt.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.entity, diff)
		}
		if after := fmt.Sprintf("%+v", s.cors.Routes()[0].Origins); before != after {
			t.Errorf("%s was changed all the same:\n%s\n%s", tt.entity, before, after)
		}
		if tt.entity == res {
			res.Handle("DELETE", text(""))
			if got := preflight(s.mux, "DELETE", "/x", app)[:3]; got != "403" {
				t.Errorf("a route that came after a refused Update of its resource answers %s", got)
			}
		}
		must(t, s.cors.Widen(tt.entity, policy(t, tt.policy)))
		if got := preflight(s.mux, strings.Fields(fmt.Sprint(tt.want))[0][:3], "/x", app)[:3]; got != "204" {
			t.Errorf("%s: %s after Widen", tt.entity, got)
		}
	}
}

// TestUpdateMemory: policies that are no longer in use are forgotten.
func TestUpdateMemory(t *testing.T) {
	s := newSite(t, "")
	route := s.add(t, "/x")
	res := s.router.Resource("/r")
	must(t, s.cors.Add(res))
	res.Handle("GET", text(""))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	update := func(from, to int) {
		for i := from; i < to; i++ {
			n := fmt.Sprint(i)
			p := routecors.Policy{"https://a" + n + ".example": {AllowHeaders: []string{"X-" + n}, AllowMethods: []string{"GET", "M" + n}, MaxAge: 86400}}
			must(t, s.cors.Update(route, p))
			must(t, s.cors.Update(res, p))
		}
	}
	update(0, 1000)
	before := heap()
	update(1000, 21000)
	if after := heap(); after > before+200_000 {
		t.Errorf("20000 updates took %d bytes for good", after-before)
	}
	runtime.KeepAlive(s)
	runtime.KeepAlive(route)
}
