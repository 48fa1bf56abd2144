package corstest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
)

func TestTestAdapter(t *testing.T) {
	rights := []struct {
		name string
		new  func() corstest.Router
	}{
		{"the example", newRouter},
		{"first wins", func() corstest.Router { return &list{} }},
		{"stdmux without its name", func() corstest.Router { return unnamed{sites.ServeMux, sites.ServeMux.New()} }},
		{"chi without its name", func() corstest.Router { return unnamed{sites.Chi, sites.Chi.New()} }},
	}
	if testing.Short() {
		rights = rights[:2]
	}
	for _, right := range rights {
		t.Run(right.name, func(t *testing.T) { corstest.TestAdapter(t, right.new) })
	}
}

// A wrong adapter is the list with one fault, which these groups of checks must find.
type wrong struct {
	name  string
	finds []string
	spoil func(l *list)
}

// resolving returns what spoils Resolve.
func resolving(resolve func(l *list, r *http.Request, method string) *routecors.Route) func(*list) {
	return func(l *list) { l.resolve = resolve }
}

// at returns what has Resolve look for another URL.
func at(change func(u *url.URL)) func(*list) {
	return resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		u := *r.URL
		change(&u)
		return l.findAt(method, r.Host, &u).route()
	})
}

// onPath changes the path that Resolve looks for.
func onPath(change func(path string) string) func(*list) {
	return at(func(u *url.URL) { u.Path, u.RawPath = change(u.Path), "" })
}

var wrongs = []wrong{
	{"asks for the method of r", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		return l.find(r, r.Method).route()
	})},
	{"answers for any method of the pattern", []string{"golden", "resolve"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		if e := l.find(r, method); e != nil {
			return e.route()
		}
		for _, m := range []string{"GET", "PUT", "DELETE", "POST"} {
			if route := l.find(r, m).route(); route != nil {
				return route
			}
		}
		return nil
	})},
	{"answers for the pattern, where the route is none of its own", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		found := l.find(r, method)
		for _, e := range l.entries {
			if found != nil && e.pattern == found.pattern && e.route() != nil {
				return e.route()
			}
		}
		return nil
	})},
	{"knows its own routes alone", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		for _, e := range l.entries {
			if e.route() != nil && e.matches(method, r.Host, r.URL) {
				return e.route()
			}
		}
		return nil
	})},
	{"takes the last route", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		for _, e := range slices.Backward(l.entries) {
			if e.matches(method, r.Host, r.URL) {
				return e.route()
			}
		}
		return nil
	})},
	{"finds nothing", []string{"golden", "resolve", "property", "verify"}, resolving(func(*list, *http.Request, string) *routecors.Route { return nil })},
	{"ignores case in paths", []string{"resolve", "property"}, onPath(strings.ToLower)},
	{"ignores a slash at the end", []string{"golden", "resolve", "property"}, onPath(func(p string) string {
		if len(p) > 1 {
			p = strings.TrimSuffix(p, "/")
		}
		return p
	})},
	{"cleans paths", []string{"golden", "resolve", "property"}, onPath(func(p string) string {
		clean := path.Clean("/" + p)
		if strings.HasSuffix(p, "/") && clean != "/" {
			clean += "/"
		}
		return clean
	})},
	{"follows a redirect to the path with a slash", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		if e := l.find(r, method); e != nil {
			return e.route()
		}
		return l.findAt(method, r.Host, &url.URL{Path: r.URL.Path + "/"}).route()
	})},
	{"decodes escaped slashes", []string{"golden", "resolve", "property"}, at(func(u *url.URL) { u.RawPath = "" })},
	{"reads the path of RequestURI", []string{"golden", "resolve"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		p, _, _ := strings.Cut(r.RequestURI, "?")
		return l.findAt(method, r.Host, &url.URL{Path: p}).route()
	})},
	{"ignores the host", []string{"golden", "resolve"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		return l.findAt(method, "", r.URL).route()
	})},
	{"ignores case in methods", []string{"resolve"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		return l.find(r, strings.ToUpper(method)).route()
	})},
	{"does not know that GET serves HEAD", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		if e := l.find(r, method); e != nil && (method != "HEAD" || e.method != "GET") {
			return e.route()
		}
		return nil
	})},
	{"takes GET for HEAD", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		if method == "HEAD" {
			method = "GET"
		}
		return l.find(r, method).route()
	})},
	{"finds no custom methods", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}, method) {
			return nil
		}
		return l.find(r, method).route()
	})},
	{"changes the method of r", []string{"golden", "resolve", "property"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		r.Method = method
		return l.find(r, method).route()
	})},
	{"changes the header of r", []string{"resolve"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		defer r.Header.Set("X-Resolved", method)
		return l.find(r, method).route()
	})},
	{"keeps r", []string{"resolve"}, func(l *list) {
		type key struct {
			r      *http.Request
			method string
		}
		var known sync.Map
		l.resolve = func(l *list, r *http.Request, method string) *routecors.Route {
			route, _ := known.LoadOrStore(key{r, method}, l.find(r, method).route())
			return route.(*routecors.Route)
		}
	}},
	{"is for one goroutine", []string{"resolve"}, func(l *list) {
		var mu sync.Mutex // so that the race detector is not needed to see it
		var shared http.Request
		l.resolve = func(l *list, r *http.Request, method string) *routecors.Route {
			mu.Lock()
			shared = http.Request{Method: method, Host: r.Host, URL: r.URL}
			mu.Unlock()
			runtime.Gosched()
			mu.Lock()
			r = &http.Request{Method: shared.Method, Host: shared.Host, URL: shared.URL}
			mu.Unlock()
			return l.find(r, r.Method).route()
		}
	}},
	{"runs the handler", []string{"resolve"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		e := l.find(r, method)
		if e != nil {
			r = r.Clone(r.Context())
			r.Method = method
			e.ServeHTTP(httptest.NewRecorder(), r)
		}
		return e.route()
	})},
	{"runs the middleware", []string{"resolve"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		if l.middleware != nil {
			l.middleware(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		}
		return l.find(r, method).route()
	})},
	{"does not look behind a middleware", []string{"resolve"}, resolving(func(l *list, r *http.Request, method string) *routecors.Route {
		if l.middleware != nil {
			return nil
		}
		return l.find(r, method).route()
	})},
	{"says that something always runs", []string{"golden", "property"}, func(l *list) { l.runs = func(*entry) bool { return true } }},
	{"says that bare handlers do not run", []string{"resolve", "property"}, func(l *list) { l.runs = func(e *entry) bool { return e.route() != nil } }},
	{"has no preflights arrive", []string{"golden"}, func(l *list) {
		l.answer = func(*routecors.Preflights, http.ResponseWriter, *http.Request) bool { return false }
	}},
	{"refuses what a user's handler answers", []string{"golden"}, func(l *list) {
		l.answer = func(p *routecors.Preflights, w http.ResponseWriter, r *http.Request) bool {
			return p.Answer(w, r, true)
		}
	}},
	{"answers every OPTIONS", []string{"golden", "property"}, func(l *list) {
		l.answer = func(p *routecors.Preflights, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodOptions && !p.Answer(w, r, true) {
				w.WriteHeader(http.StatusNoContent)
			}
			return r.Method == http.MethodOptions
		}
	}},
	{"says that all methods are allowed", []string{"golden"}, func(l *list) {
		l.answer = func(p *routecors.Preflights, w http.ResponseWriter, r *http.Request) bool {
			if p.Answer(w, r, false) {
				return true
			}
			if r.Method != http.MethodOptions || l.find(r, r.Method) != nil {
				return false
			}
			w.Header().Set("Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS")
			w.WriteHeader(http.StatusNoContent)
			return true
		}
	}},
	{"approves by itself", []string{"golden", "property"}, func(l *list) {
		l.answer = func(p *routecors.Preflights, w http.ResponseWriter, r *http.Request) bool {
			asked := r.Header.Get("Access-Control-Request-Method")
			if r.Method != http.MethodOptions || asked == "" {
				return false
			}
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Methods", asked)
			w.WriteHeader(http.StatusNoContent)
			return true
		}
	}},
	{"makes routes without their method", []string{"golden", "property"}, func(l *list) {
		l.handle = func(l *list, method, pattern string, h http.Handler) *routecors.Route {
			route := routecors.NewRoute(l, "", pattern, h)
			l.HandleBare(method, pattern, route)
			return route
		}
	}},
	{"puts another route into the router", []string{"golden", "resolve", "property"}, func(l *list) {
		l.handle = func(l *list, method, pattern string, h http.Handler) *routecors.Route {
			l.HandleBare(method, pattern, routecors.NewRoute(l, method, pattern, h))
			return routecors.NewRoute(l, method, pattern, h)
		}
	}},
	{"wraps the route", []string{"golden", "resolve", "property"}, func(l *list) {
		l.handle = func(l *list, method, pattern string, h http.Handler) *routecors.Route {
			route := routecors.NewRoute(l, method, pattern, h)
			l.HandleBare(method, pattern, http.HandlerFunc(route.ServeHTTP))
			return route
		}
	}},
	{"lacks most patterns", []string{"Report"}, func(l *list) {
		l.handle = func(l *list, method, pattern string, h http.Handler) *routecors.Route {
			if pattern == "/x" {
				return nil
			}
			route := routecors.NewRoute(l, method, pattern, h)
			l.HandleBare(method, pattern, route)
			return route
		}
	}},
	{"verifies nothing", []string{"verify"}, func(l *list) { l.verify = func(*routecors.Route) error { return nil } }},
	{"verifies too much", []string{"verify"}, func(l *list) {
		l.verify = func(*routecors.Route) error { return errors.New("does not please") }
	}},
}

// TestTestAdapterFinds has the suite find what is wrong with each.
func TestTestAdapterFinds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some thousand checks")
	}
	for _, w := range wrongs {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			suite := conformance.NewSuite(func() conformance.Site {
				l := &list{}
				w.spoil(l)
				return l
			})
			checks := append(suite.Checks(), conformance.Check{Name: "Report", Run: suite.Report})
			found := map[string]string{}
			for _, check := range checks {
				group, _, _ := strings.Cut(check.Name, "/")
				counted := group == "golden" && slices.Contains(w.finds, "Report")
				if found[group] != "" || !slices.Contains(w.finds, group) && !counted {
					continue
				}
				if failure := try(t, check); failure != "" {
					found[group] = check.Name + ": " + failure
				}
			}
			for _, group := range w.finds {
				if found[group] == "" {
					t.Errorf("%s does not find it", group)
				}
				t.Log(found[group])
			}
		})
	}
}

// A trial keeps the failure of a check.
type trial struct {
	testing.TB // for the rest
	failure    string
	cleanups   []func()
}

// try returns what a check fails with; "" if it does not.
func try(t *testing.T, check conformance.Check) string {
	tr := &trial{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				tr.failure = fmt.Sprint("panic: ", v)
			}
		}()
		check.Run(tr)
	}()
	<-done
	for _, cleanup := range slices.Backward(tr.cleanups) {
		cleanup()
	}
	return tr.failure
}

func (t *trial) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

func (t *trial) Errorf(format string, args ...any) {
	if t.failure == "" {
		t.failure = fmt.Sprintf(format, args...)
	}
}

func (t *trial) Error(args ...any) { t.Errorf("%s", fmt.Sprint(args...)) }

func (t *trial) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *trial) Fatal(args ...any)    { t.Fatalf("%s", fmt.Sprint(args...)) }
func (t *trial) Skip(...any)          { runtime.Goexit() }
func (t *trial) Skipf(string, ...any) { runtime.Goexit() }
func (t *trial) Log(...any)           {}
func (t *trial) Logf(string, ...any)  {}
