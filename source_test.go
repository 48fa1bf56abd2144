package routecors_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
)

// errPanic has load panic.
var errPanic = errors.New("panic")

// A table is where a source loads from.
type table struct {
	mu     sync.Mutex
	policy routecors.Policy
	err    error
}

func (tb *table) set(p routecors.Policy, err error) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.policy, tb.err = p, err
}

func (tb *table) load(context.Context) (routecors.Policy, error) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if tb.err == errPanic {
		panic("out of cheese")
	}
	return tb.policy, tb.err
}

// newSource returns a source of tb on s, and adds PUT /x and /any by it.
func newSource(t *testing.T, s site, load func(context.Context) (routecors.Policy, error)) *routecors.Source {
	t.Helper()
	src, err := s.cors.Source(t.Context(), load)
	must(t, err)
	must(t, src.Config().Add(s.router.Handle("PUT /x", text("x"))))
	must(t, src.Config().Add(s.router.Handle("/any", text("x"))))
	return src
}

func TestSource(t *testing.T) {
	const put = "204 Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin="
	for _, serving := range servings {
		s := newSite(t, `{"https://fixed.example": {}}`)
		tb := &table{policy: policy(t, `{"https://app.example": {}, "https://*.tenant.example": {"max_age": 5}}`)}
		src := newSource(t, s, tb.load)
		h := serving.wrap(s, s.mux)
		for i, step := range []struct {
			policy string // "" leaves it
			err    string // of Refresh
			want   map[string]bool
		}{
			{"", "", map[string]bool{app: true, "https://a.tenant.example": true, "https://b.example": false, "https://fixed.example": true}},
			{`{"https://b.example": {}}`, "", map[string]bool{app: false, "https://a.tenant.example": false, "https://b.example": true, "https://fixed.example": true}},
			{`{"https://app.example": {}, "https://b.example/": {}}`, `routecors: source: origin "https://b.example/": trailing slash`, map[string]bool{app: false, "https://b.example": true}},
			{`{"*": {"allow_credentials": true}}`, `routecors: source: origin "*": AllowCredentials "true"`, map[string]bool{app: false, "https://b.example": true}},
			{"error", "routecors: source: gone", map[string]bool{app: false, "https://b.example": true}},
			{"panic", "routecors: source: panic: out of cheese", map[string]bool{app: false, "https://b.example": true}},
			{`{"*": {"deny": true}}`, "", map[string]bool{app: false, "https://b.example": false, "https://fixed.example": false}},
			{`{}`, "", map[string]bool{app: false, "https://b.example": false, "https://fixed.example": true}},
			{`{"*": {}}`, "", map[string]bool{app: true, "https://b.example": true}},
			{`{"https://app.example": {}}`, "", map[string]bool{app: true, "https://b.example": false}},
		} {
			switch step.policy {
			case "":
			case "error":
				tb.set(nil, errors.New("gone"))
			case "panic":
				tb.set(nil, errPanic)
			default:
				tb.set(policy(t, step.policy), nil)
			}
			before := src.Refreshed()
			err := src.Refresh(t.Context())
			if step.err == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), step.err) {
				t.Errorf("%s, step %d: %v, want %q", serving.name, i, err, step.err)
			}
			if after := src.Refreshed(); after.After(before) != (err == nil) {
				t.Errorf("%s, step %d: refreshed at %v, then at %v", serving.name, i, before, after)
			}
			for origin, want := range step.want {
				allowed := origin
				if step.policy == `{"*": {}}` {
					allowed = "*"
				}
				got := strings.HasPrefix(preflight(h, "PUT", "/x", origin), put+allowed+" ")
				shared := strings.Contains(actual(h, "PUT", "/x", origin), "Access-Control-Allow-Origin="+allowed+" Vary=Origin")
				if got != want || shared != want {
					t.Errorf("%s, step %d, %s: preflight %v, request %v, want %v", serving.name, i, origin, got, shared, want)
				}
			}
		}
	}
}

func TestSourceErrors(t *testing.T) {
	s := newSite(t, "")
	for _, tt := range []struct {
		load func(context.Context) (routecors.Policy, error)
		want string
	}{
		{nil, "routecors: source: nil load"},
		{(&table{err: errors.New("gone")}).load, "routecors: source: gone"},
		{(&table{policy: policy(t, `{"https://a.example/": {}}`)}).load, `routecors: source: origin "https://a.example/": trailing slash`},
	} {
		if src, err := s.cors.Source(t.Context(), tt.load); src != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	if got := s.cors.Routes(); len(got) != 0 {
		t.Error(got)
	}
	src := newSource(t, s, (&table{}).load)
	if err := src.RefreshEvery(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "interval 0s") {
		t.Error(err)
	}
}

func TestSourceLog(t *testing.T) {
	var book logbook
	s := newSite(t, "", routecors.WithLogger(slog.New(slog.NewTextHandler(&book, nil))))
	tb := &table{}
	src := newSource(t, s, tb.load)
	tb.set(nil, errors.New("the database is gone"))
	if src.Refresh(t.Context()) == nil {
		t.Error("no error")
	}
	lines := book.take()
	if len(lines) != 1 || !strings.Contains(lines[0], `level=ERROR msg="routecors: policy not refreshed" error="routecors: source: the database is gone" refreshed=`) {
		t.Error(lines)
	}
}

// TestSourceShown: what shows policies shows those that are loaded now.
func TestSourceShown(t *testing.T) {
	s := newSite(t, `{"https://fixed.example": {"allow_headers": ["Content-Type"]}}`)
	tb := &table{}
	src := newSource(t, s, tb.load)
	list := func() (keys []string) {
		for _, o := range src.Config().Routes()[0].Origins {
			keys = append(keys, o.Layer+" "+o.Origin)
		}
		return keys
	}
	if diff := cmp.Diff([]string{"defaults https://fixed.example"}, list()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	tb.set(policy(t, `{"https://*.b.example": {"allow_headers": ["Content-Type"]}, "https://fixed.example": {"allow_headers": ["Content-Type"]}, "http://c.example": {"allow_headers": ["Content-Type"]}}`), nil)
	must(t, src.Refresh(t.Context()))
	if diff := cmp.Diff([]string{"group http://c.example", "group https://fixed.example", "group https://*.b.example"}, list()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.cors.Handler(s.mux)
	var codes []string
	for _, f := range s.cors.Audit() {
		codes = append(codes, f.Code+" "+f.Origin)
	}
	if diff := cmp.Diff([]string{"unused-policy ", "insecure-origin http://c.example"}, codes); diff != "" {
		t.Errorf("Audit (-want +got)\n%s", diff)
	}
	if matrix := corstest.Matrix(t, s.cors); !strings.Contains(matrix, "https://*.b.example") {
		t.Error(matrix)
	}
}

// TestSourceMemory: old policies are not kept.
func TestSourceMemory(t *testing.T) {
	s := newSite(t, "")
	n := 0
	src := newSource(t, s, func(context.Context) (routecors.Policy, error) {
		n++
		p := routecors.Policy{}
		for i := range 1000 {
			p[fmt.Sprintf("https://t%d-%d.example", i, n)] = routecors.ResourceOptions{AllowHeaders: []string{fmt.Sprintf("X-%d-%d", i, n)}, MaxAge: 7201}
		}
		return p, nil
	})
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	must(t, src.Refresh(t.Context()))
	before := heap()
	for range 30 {
		must(t, src.Refresh(t.Context()))
	}
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("30 refreshes of 1000 origins keep %d KB", grown>>10)
	}
	runtime.KeepAlive(src)
}

// TestSourceUnchanged: to load the same again costs nothing but the load, and its
// comparison; no policy is compiled.
func TestSourceUnchanged(t *testing.T) {
	p := routecors.Policy{}
	for i := range 1000 {
		p[fmt.Sprintf("https://t%d.example", i)] = routecors.ResourceOptions{AllowHeaders: []string{"X-A"}}
	}
	s := newSite(t, "")
	src := newSource(t, s, (&table{policy: p}).load)
	if n := testing.AllocsPerRun(10, func() { src.Refresh(t.Context()) }); n > 10 {
		t.Errorf("%v allocations", n)
	}
}

// A nullWriter is a ResponseWriter that allocates nothing.
type nullWriter http.Header

func (w nullWriter) Header() http.Header         { return http.Header(w) }
func (w nullWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w nullWriter) WriteHeader(int)             {}
