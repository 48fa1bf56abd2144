package respwriter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// interfaces lists what w implements, in a fixed order.
func interfaces(w http.ResponseWriter) string {
	var list []string
	add := func(name string, ok bool) {
		if ok {
			list = append(list, name)
		}
	}
	_, ok := w.(http.Flusher)
	add("Flusher", ok)
	_, ok = w.(http.Hijacker)
	add("Hijacker", ok)
	_, ok = w.(io.ReaderFrom)
	add("ReaderFrom", ok)
	_, ok = w.(http.Pusher)
	add("Pusher", ok)
	_, ok = w.(io.StringWriter)
	add("StringWriter", ok)
	_, ok = w.(interface{ FlushError() error })
	add("FlushError", ok)
	_, ok = w.(interface{ Unwrap() http.ResponseWriter })
	add("Unwrap", ok)
	return strings.Join(list, " ")
}

func TestInterfaces(t *testing.T) {
	type (
		w = http.ResponseWriter
		f = http.Flusher
		h = http.Hijacker
		r = io.ReaderFrom
	)
	rec := httptest.NewRecorder()
	refused := errors.New("refused")
	for _, test := range []struct {
		name string
		w    http.ResponseWriter
		want string // besides what is always there
	}{
		{"bare", struct{ w }{rec}, ""},
		{"f", struct {
			w
			f
		}{rec, rec}, "Flusher "},
		{"h", struct {
			w
			h
		}{rec, refuser{refused}}, "Hijacker "},
		{"r", struct {
			w
			r
		}{rec, discarder{}}, "ReaderFrom "},
		{"fh", struct {
			w
			f
			h
		}{rec, rec, refuser{refused}}, "Flusher Hijacker "},
		{"fr", struct {
			w
			f
			r
		}{rec, rec, discarder{}}, "Flusher ReaderFrom "},
		{"hr", struct {
			w
			h
			r
		}{rec, refuser{refused}, discarder{}}, "Hijacker ReaderFrom "},
		{"fhr", struct {
			w
			f
			h
			r
		}{rec, rec, refuser{refused}, discarder{}}, "Flusher Hijacker ReaderFrom "},
		{"recorder", rec, "Flusher "},
	} {
		calls := 0
		wrapped, finish := Wrap(test.w, func(http.Header) { calls++ })
		want := test.want + "StringWriter FlushError Unwrap"
		if got := interfaces(wrapped); got != want {
			t.Errorf("%s: wrapped has %s, want %s", test.name, got, want)
		}
		if got := wrapped.(interface{ Unwrap() http.ResponseWriter }).Unwrap(); got != test.w {
			t.Errorf("%s: Unwrap returns %v, want the writer itself", test.name, got)
		}
		if hijacker, ok := wrapped.(http.Hijacker); ok {
			if _, _, err := hijacker.Hijack(); err != refused || calls != 0 {
				t.Errorf("%s: Hijack: %v after %d calls of before, want %v, 0", test.name, err, calls, refused)
			}
		}
		if readerFrom, ok := wrapped.(io.ReaderFrom); ok {
			if n, err := readerFrom.ReadFrom(strings.NewReader("seven b")); n != 7 || err != nil || calls != 1 {
				t.Errorf("%s: ReadFrom: %d, %v after %d calls of before, want 7, nil, 1", test.name, n, err, calls)
			}
		}
		if finish(); calls != 1 {
			t.Errorf("%s: %d calls of before, want 1", test.name, calls)
		}
	}
	for _, test := range []struct{ proto, want string }{
		{"HTTP/1.1", "Flusher Hijacker ReaderFrom StringWriter FlushError Unwrap"},
		{"HTTP/2.0", "Flusher StringWriter FlushError Unwrap"},
	} {
		srv := serve(t, test.proto, wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, interfaces(w))
		})))
		if _, got := get(t, t.Context(), srv); got != test.want {
			t.Errorf("%s: wrapped has %s, want %s", test.proto, got, test.want)
		}
	}
}

type refuser struct{ err error }

func (r refuser) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, r.err }

type discarder struct{}

func (discarder) ReadFrom(src io.Reader) (int64, error) { return io.Copy(io.Discard, src) }

// unwrapper hides everything, and leads to it.
type unwrapper struct{ http.ResponseWriter }

func (u unwrapper) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// A ResponseController goes by Unwrap to what w hides; what it commits there,
// before has seen, and where there is nothing, before is still to come.
func TestFlushError(t *testing.T) {
	type bare struct{ http.ResponseWriter }
	type flushError struct {
		http.ResponseWriter
		failing
	}
	wrapTwice := func(w http.ResponseWriter) http.ResponseWriter {
		wrapped, _ := Wrap(w, func(http.Header) {})
		return wrapped
	}
	broken := errors.New("broken")
	rec := httptest.NewRecorder()
	for _, test := range []struct {
		name   string
		w      http.ResponseWriter
		err    error
		before string // what it saw
	}{
		{"recorder", rec, nil, "early"},
		{"bare", bare{rec}, http.ErrNotSupported, "late"},
		{"unwrapper", unwrapper{rec}, nil, "early"},
		{"unwrapper of bare", unwrapper{bare{rec}}, http.ErrNotSupported, "late"},
		{"FlushError without Flusher", flushError{rec, failing{broken}}, broken, "early"},
		{"wrapped recorder", wrapTwice(rec), nil, "early"},
		{"wrapped bare", wrapTwice(bare{rec}), http.ErrNotSupported, "late"},
		{"wrapped unwrapper", unwrapper{wrapTwice(unwrapper{rec})}, nil, "early"},
	} {
		var saw []string
		wrapped, finish := Wrap(test.w, func(header http.Header) { saw = append(saw, header.Get("Handler")) })
		wrapped.Header().Set("Handler", "early")
		if err := http.NewResponseController(wrapped).Flush(); !errors.Is(err, test.err) {
			t.Errorf("%s: Flush: %v, want %v", test.name, err, test.err)
		}
		wrapped.Header().Set("Handler", "late")
		finish()
		if got, want := fmt.Sprint(saw), "["+test.before+"]"; got != want {
			t.Errorf("%s: before saw %s, want %s", test.name, got, want)
		}
	}
}

type failing struct{ err error }

func (f failing) FlushError() error { return f.err }

func TestWrapAllocations(t *testing.T) {
	rec := httptest.NewRecorder()
	before := func(http.Header) {}
	// One for the writer, one for finish.
	if n := testing.AllocsPerRun(100, func() {
		wrapped, finish := Wrap(rec, before)
		wrapped.WriteHeader(http.StatusOK)
		finish()
	}); n > 2 {
		t.Errorf("%v allocations, want 2", n)
	}
}
