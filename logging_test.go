package routecors_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// A logbook is what a logger wrote, without the times.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// take returns the lines since the last take.
func (l *logbook) take() (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	l.text.Reset()
	return lines
}

func withLogbook(level slog.Level) (*logbook, routecors.Option) {
	l := &logbook{}
	return l, routecors.WithLogger(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
}

func TestLog(t *testing.T) {
	const asks = "Access-Control-Request-Method: "
	book, option := withLogbook(slog.LevelInfo)
	s := newSite(t, `{"https://b.example": {"allow_headers": ["X-A"]}}`, option)
	s.add(t, "PUT /x/{name}")
	s.add(t, "GET /y")
	s.router.Handle("DELETE /x/{name}", text(""))
	h := s.cors.Handler(s.mux)
	for _, test := range []struct {
		method, target string
		lines          []string
		want           []string
	}{
		{"PUT", "/x/1?token=secret", []string{"Origin: " + app, "Cookie: secret", "Authorization: secret", "Referer: https://secret.example"}, []string{
			`level=WARN msg="routecors: response not shared" reason=origin-not-listed route="PUT /x/{name}" method="\"PUT\"" origin="\"https://app.example\"" path="\"/x/1\"" preflight=false why="routecors: origin \"https://app.example\" is not allowed to \"PUT\" here; no policy of the route lists it" suppressed=0`,
		}},
		{"OPTIONS", "/x/1?token=secret", []string{"Origin: https://b.example", asks + "PUT", "Access-Control-Request-Headers: x-secret,x-a", "Cookie: secret"}, []string{
			`level=WARN msg="routecors: preflight refused" reason=header-not-allowed route="PUT /x/{name}" method="\"PUT\"" origin="\"https://b.example\"" path="\"/x/1\"" preflight=true header="\"x-secret\"" why="routecors: request header \"x-secret\" is not among the AllowHeaders of this origin here" suppressed=0`,
		}},
		{"OPTIONS", "/x/1", []string{"Origin: https://b.example", asks + "DELETE"}, []string{
			`level=WARN msg="routecors: preflight refused" reason=route-not-added route="" method="\"DELETE\"" origin="\"https://b.example\"" path="\"/x/1\"" preflight=true why="routecors: no route that is open to other origins serves \"DELETE\" here" suppressed=0`,
		}},
		{"PUT", "/x/1", []string{"Origin: https://b.example", "Origin: https://c.example"}, []string{
			`level=WARN msg="routecors: response not shared" reason=origin-malformed route="PUT /x/{name}" method="\"PUT\"" origin="\"https://b.example\"" path="\"/x/1\"" preflight=false why="routecors: Origin \"https://b.example\" is not one serialized origin" suppressed=0`,
		}},
		{"GET", "/y", []string{"Origin: https://App.example"}, []string{
			`level=WARN msg="routecors: response not shared" reason=origin-malformed route="GET /y" method="\"GET\"" origin="\"https://App.example\"" path="\"/y\"" preflight=false why="routecors: Origin \"https://App.example\" is not one serialized origin" suppressed=0`,
		}},
		{"GET", "/y", []string{"Origin: " + app}, nil},                // the same for Counters
		{"PUT", "/x/1", []string{"Origin: https://app.example"}, nil}, // the second
		{"PUT", "/x/1", []string{"Origin: https://b.example"}, nil},   // shared
		{"PUT", "/x/1", []string{"Origin: https://example.com"}, nil}, // its own
		{"PUT", "/x/1", nil, nil},
		{"OPTIONS", "/x/1", []string{"Origin: https://b.example", asks + "PUT"}, nil}, // approved
	} {
		ask(h, test.method, test.target, test.lines...)
		if diff := cmp.Diff(test.want, book.take()); diff != "" {
			t.Errorf("%s %s %q (-want +got)\n%s", test.method, test.target, test.lines, diff)
		}
	}
}

func TestLogDebug(t *testing.T) {
	const asks = "Access-Control-Request-Method: "
	for _, serving := range servings {
		book, option := withLogbook(slog.LevelDebug)
		s := newSite(t, `{"https://b.example": {}}`, option)
		s.add(t, "PUT /x")
		s.add(t, "GET /star", policy(t, `{"*": {}}`))
		s.mux.HandleFunc("OPTIONS /users", func(http.ResponseWriter, *http.Request) {})
		h := serving.wrap(s, s.mux)
		ask(h, "PUT", "/x", "Origin: https://b.example")
		ask(h, "OPTIONS", "/x", "Origin: https://b.example", asks+"PUT")
		ask(h, "GET", "/star", "Origin: https://b.example")
		ask(h, "GET", "/star")
		want := []string{
			`level=DEBUG msg="routecors: response shared" reason=allowed route="PUT /x" method="\"PUT\"" origin="\"https://b.example\"" path="\"/x\"" preflight=false`,
			`level=DEBUG msg="routecors: preflight approved" reason=allowed route="PUT /x" method="\"PUT\"" origin="\"https://b.example\"" path="\"/x\"" preflight=true`,
			`level=DEBUG msg="routecors: response shared" reason=allowed route="GET /star" method="\"GET\"" origin="\"https://b.example\"" path="\"/star\"" preflight=false`,
		}
		if diff := cmp.Diff(want, book.take()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", serving.name, diff)
		}
		ask(h, "OPTIONS", "/users", "Origin: https://b.example", asks+"PUT")
		want = nil
		for range strings.Count(serving.name, "handler") + strings.Count(serving.name, "twice") {
			want = append(want, `level=DEBUG msg="routecors: preflight handed on" reason=route-not-added route="" method="\"PUT\"" origin="\"https://b.example\"" path="\"/users\"" preflight=true`)
		}
		if diff := cmp.Diff(want, book.take()); diff != "" {
			t.Errorf("%s, handed on (-want +got)\n%s", serving.name, diff)
		}
	}
}

// TestLogForged: nothing that a client sends starts a line, or adds an attribute.
func TestLogForged(t *testing.T) {
	const forged = "\nlevel=ERROR msg=forged reason=allowed \x1b[31m\" forged=1 \u2028"
	long := strings.Repeat("x", 1<<20)
	for _, evil := range []string{forged, long + forged} {
		book, option := withLogbook(slog.LevelDebug)
		s := newSite(t, `{"https://b.example": {}}`, option)
		s.add(t, "/x/{name}", policy(t, `{"https://b.example": {"allow_methods": ["PUT"]}}`))
		requests := []http.Header{
			{"Origin": {evil}},
			{"Origin": {"https://b.example"}, "Access-Control-Request-Method": {evil}},
			{"Origin": {"https://b.example"}, "Access-Control-Request-Method": {"PUT"}, "Access-Control-Request-Headers": {evil}},
			{"Origin": {evil}, "Access-Control-Request-Method": {evil}},
		}
		for _, header := range requests {
			r, _ := http.NewRequest("OPTIONS", "http://h.example/x/1", nil)
			r.Header = header
			r.URL.Path = "/x/" + evil
			s.mux.ServeHTTP(&discardWriter{http.Header{}}, r)
		}
		lines := book.take()
		if len(lines) != len(requests) {
			t.Errorf("%d lines for %d requests:\n%s", len(lines), len(requests), strings.Join(lines, "\n"))
		}
		for _, line := range lines {
			if !strings.HasPrefix(line, "level=WARN msg=\"routecors: ") || strings.Contains(line, " forged=1 \u2028") || len(line) > 2000 {
				t.Errorf("line of %d bytes: %.2000s", len(line), line)
			}
		}
	}
}

type discardWriter struct{ header http.Header }

func (w *discardWriter) Header() http.Header         { return w.header }
func (w *discardWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *discardWriter) WriteHeader(int)             {}

// TestLogLimit: of each route, reason and kind there is a line at once, and then one
// in ten seconds, which says how many there were between.
func TestLogLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book, option := withLogbook(slog.LevelInfo)
		s := newSite(t, `{"https://b.example": {}}`, option)
		s.add(t, "GET /x")
		s.add(t, "GET /y")
		refuse := func(n int, path string) []string {
			for range n {
				actual(s.mux, "GET", path, app)
			}
			var told []string
			for _, line := range book.take() {
				_, suppressed, _ := strings.Cut(line, "suppressed=")
				told = append(told, suppressed)
			}
			return told
		}
		check := func(when string, got []string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: suppressed of each line (-want +got)\n%s", when, diff)
			}
		}
		check("at first", refuse(5, "/x"), "0")
		check("another route", refuse(1, "/y"), "0")
		preflight(s.mux, "GET", "/x", app)
		check("another kind", refuse(1, "/x"), "0") // of the preflight
		time.Sleep(10*time.Second - time.Nanosecond)
		check("before ten seconds", refuse(1, "/x"))
		time.Sleep(time.Nanosecond)
		check("after ten seconds", refuse(3, "/x"), "6")
		time.Sleep(time.Hour)
		check("after an hour", refuse(1, "/x"), "2")

		time.Sleep(time.Hour)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { actual(s.mux, "GET", "/x", app) })
		}
		all.Wait()
		if n := len(book.take()); n != 1 {
			t.Errorf("%d lines of 20 requests at the same time, want 1", n)
		}
	})
}

// TestLogContext: the logger gets the context of the request, and is asked once where
// it has no line (slog asks once more for each line).
func TestLogContext(t *testing.T) {
	type key struct{}
	h := &askedHandler{key: key{}}
	s := newSite(t, `{"https://b.example": {}}`, routecors.WithLogger(slog.New(h)))
	s.add(t, "GET /x")
	for range 3 {
		r, _ := http.NewRequestWithContext(context.WithValue(context.Background(), key{}, "trace"), "GET", "http://h.example/x", nil)
		r.Header.Set("Origin", app)
		s.mux.ServeHTTP(&discardWriter{http.Header{}}, r)
	}
	if diff := cmp.Diff([]string{"asked WARN trace", "asked WARN trace", "told trace", "asked WARN trace", "asked WARN trace"}, h.seen); diff != "" {
		t.Errorf("what the handler saw (-want +got)\n%s", diff)
	}
}

type askedHandler struct {
	slog.Handler
	key  any
	seen []string
}

func (h *askedHandler) Enabled(ctx context.Context, l slog.Level) bool {
	h.seen = append(h.seen, "asked "+l.String()+" "+ctx.Value(h.key).(string))
	return true
}

func (h *askedHandler) Handle(ctx context.Context, _ slog.Record) error {
	h.seen = append(h.seen, "told "+ctx.Value(h.key).(string))
	return nil
}

func TestWithLoggerNil(t *testing.T) {
	_, err := routecors.Setup(stdmux.New(http.NewServeMux()), nil, routecors.WithLogger(nil))
	var e *routecors.ConfigError
	if !errors.As(err, &e) || err.Error() != "routecors: WithLogger: nil logger; pass slog.Default(), or leave the option out" {
		t.Errorf("Setup: %v", err)
	}
}
