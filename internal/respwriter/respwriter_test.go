package respwriter

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wrap uses Wrap as it is meant to be used. Each call of before adds a Before
// header that says what the handler had set its Handler header to by then.
func wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wrapped, finish := Wrap(w, func(header http.Header) {
			header.Add("Before", "saw:"+header.Get("Handler"))
		})
		defer finish()
		h.ServeHTTP(wrapped, r)
	})
}

// serve starts a server for h, "HTTP/1.1" or "HTTP/2.0".
func serve(t *testing.T, proto string, h http.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	if srv.EnableHTTP2 = proto == "HTTP/2.0"; srv.EnableHTTP2 {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv
}

func get(t *testing.T, ctx context.Context, srv *httptest.Server) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want := srv.EnableHTTP2; want != (res.ProtoMajor == 2) {
		t.Fatalf("spoke %s, HTTP/2 wanted: %t", res.Proto, want)
	}
	return res, string(body)
}

// The client sees what before added, once, whatever commits the header.
func TestBefore(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1<<16)
	file := filepath.Join(t.TempDir(), "big.txt")
	if err := os.WriteFile(file, []byte(big), 0o600); err != nil {
		t.Fatal(err)
	}
	// Not the request's context: TimeoutHandler might see the end of the handler
	// before that of the context.
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-t.Context().Done() })
	quick := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "quick") })
	recoverer := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				recover()
				http.Error(w, "sorry", http.StatusInternalServerError)
			}()
			h.ServeHTTP(w, r)
		})
	}
	for _, test := range []struct {
		name   string
		outer  func(http.Handler) http.Handler // around wrap, or nil
		h      http.HandlerFunc                // after Handler was set to early
		status int
		body   string
		before string // "" for none
	}{
		{"nothing", nil, func(w http.ResponseWriter, _ *http.Request) {}, 200, "", "saw:early"},
		{"header only", nil, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Handler", "late") }, 200, "", "saw:late"},
		{"WriteHeader", nil, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			w.Header().Set("Handler", "late")
		}, 404, "", "saw:early"},
		{"WriteHeader again", nil, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			w.WriteHeader(500)
			w.Write([]byte("a"))
		}, 404, "a", "saw:early"},
		{"Write", nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("a"))
			w.Header().Set("Handler", "late")
			w.Write([]byte("b"))
		}, 200, "ab", "saw:early"},
		{"Write nothing", nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Write(nil)
			w.Header().Set("Handler", "late")
		}, 200, "", "saw:early"},
		{"WriteString", nil, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "a")
			w.Header().Set("Handler", "late")
		}, 200, "a", "saw:early"},
		{"Flush", nil, func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			w.Header().Set("Handler", "late")
		}, 200, "", "saw:early"},
		{"controller's Flush", nil, func(w http.ResponseWriter, _ *http.Request) {
			err := http.NewResponseController(w).Flush()
			w.Header().Set("Handler", "late")
			fmt.Fprint(w, err)
		}, 200, "<nil>", "saw:early"},
		{"io.Copy", nil, func(w http.ResponseWriter, _ *http.Request) {
			io.Copy(w, strings.NewReader(big))
			w.Header().Set("Handler", "late")
		}, 200, big, "saw:early"},
		{"ServeFile", nil, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }, 200, big, "saw:early"},
		{"no body", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, 304, "", "saw:early"},
		{"TimeoutHandler inside", nil, http.TimeoutHandler(quick, time.Minute, "").ServeHTTP, 200, "quick", "saw:early"},
		{"TimeoutHandler inside, timed out", nil, http.TimeoutHandler(slow, time.Millisecond, "late").ServeHTTP, 503, "late", "saw:early"},
		{"TimeoutHandler outside", func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "") },
			quick, 200, "quick", "saw:early"},
		// This answer is none of the wrapped writer's.
		{"TimeoutHandler outside, timed out", func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Millisecond, "late") },
			slow, 503, "late", ""},
		{"panic", recoverer, func(w http.ResponseWriter, _ *http.Request) { panic("x") }, 500, "sorry\n", "saw:early"},
	} {
		for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(test.name+"/"+proto, func(t *testing.T) {
				h := wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Handler", "early")
					test.h(w, r)
				}))
				if test.outer != nil {
					h = test.outer(h)
				}
				res, body := get(t, t.Context(), serve(t, proto, h))
				if res.StatusCode != test.status || body != test.body {
					t.Errorf("got %d %.80q, want %d %.80q", res.StatusCode, body, test.status, test.body)
				}
				var want []string
				if test.before != "" {
					want = []string{test.before}
				}
				if diff := cmp.Diff(want, res.Header.Values("Before")); diff != "" {
					t.Errorf("Before (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestPanicReachesTheServer(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		srv := serve(t, proto, wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })))
		if res, err := srv.Client().Get(srv.URL); err == nil {
			res.Body.Close()
			t.Errorf("%s: got %s, want a broken connection", proto, res.Status)
		}
	}
}

// before runs once even if it panics.
func TestBeforePanics(t *testing.T) {
	calls := 0
	wrapped, finish := Wrap(httptest.NewRecorder(), func(http.Header) { calls++; panic("x") })
	func() {
		defer func() {
			if r := recover(); r != "x" {
				t.Errorf("recovered %v, want x", r)
			}
		}()
		wrapped.WriteHeader(200)
	}()
	finish()
	if calls != 1 {
		t.Errorf("before ran %d times, want 1", calls)
	}
}

func TestEarlyHints(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		srv := serve(t, proto, wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusProcessing)
			w.Header().Set("Handler", "late")
			w.WriteHeader(http.StatusCreated)
		})))
		var hints []string
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(status int, header textproto.MIMEHeader) error {
				hints = append(hints, fmt.Sprint(status, header["Link"], header["Before"]))
				return nil
			},
		})
		res, _ := get(t, ctx, srv)
		if diff := cmp.Diff([]string{"103 [</a.css>; rel=preload] []", "102 [</a.css>; rel=preload] []"}, hints); diff != "" {
			t.Errorf("%s: informational responses (-want +got):\n%s", proto, diff)
		}
		if got := fmt.Sprint(res.StatusCode, res.Header["Before"]); got != "201 [saw:late]" {
			t.Errorf("%s: final response: %s, want 201 [saw:late]", proto, got)
		}
	}
}

// The client reads each part before the handler writes the next.
func TestStreaming(t *testing.T) {
	for _, test := range []struct {
		name  string
		flush func(http.ResponseWriter) error
	}{
		{"Flusher", func(w http.ResponseWriter) error { w.(http.Flusher).Flush(); return nil }},
		{"ResponseController", func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() }},
	} {
		for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(test.name+"/"+proto, func(t *testing.T) {
				srv := serve(t, proto, wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					// Without it, HTTP/1 reads the whole body before it answers.
					if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
						t.Errorf("EnableFullDuplex: %v", err)
					}
					line := bufio.NewReader(r.Body)
					for {
						s, err := line.ReadString('\n')
						if err != nil {
							return
						}
						io.WriteString(w, "echo "+s)
						if err := test.flush(w); err != nil {
							t.Errorf("flush: %v", err)
						}
					}
				})))
				body, send := io.Pipe()
				go io.WriteString(send, "a\n")
				res, err := srv.Client().Post(srv.URL, "text/plain", body)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if diff := cmp.Diff([]string{"saw:"}, res.Header["Before"]); diff != "" {
					t.Errorf("Before (-want +got):\n%s", diff)
				}
				received := bufio.NewReader(res.Body)
				for i, part := range []string{"a\n", "b\n", "c\n"} {
					if i > 0 {
						io.WriteString(send, part)
					}
					if got, err := received.ReadString('\n'); got != "echo "+part || err != nil {
						t.Fatalf("got %q, %v, want %q", got, err, "echo "+part)
					}
				}
				send.Close()
				if rest, err := io.ReadAll(received); len(rest) > 0 || err != nil {
					t.Errorf("after the last part: %q, %v", rest, err)
				}
			})
		}
	}
}

func TestDeadlines(t *testing.T) {
	flushed := make(chan error, 1)
	srv := serve(t, "HTTP/1.1", wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Unix(1, 0))); err != nil {
			t.Errorf("setting deadlines: %v", err)
		}
		flushed <- c.Flush()
	})))
	if res, err := srv.Client().Get(srv.URL); err == nil {
		res.Body.Close()
	}
	if err := <-flushed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Flush after the deadline: %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

func TestHijack(t *testing.T) {
	for _, test := range []struct {
		name   string
		hijack func(http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error)
	}{
		{"Hijacker", func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) { return w.(http.Hijacker).Hijack() }},
		{"ResponseController", func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			return http.NewResponseController(w).Hijack()
		}},
	} {
		calls := make(chan int, 1)
		srv := serve(t, "HTTP/1.1", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n := 0
			wrapped, finish := Wrap(w, func(http.Header) { n++ })
			conn, buf, err := test.hijack(wrapped)
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			} else {
				line, _ := buf.ReadString('\n')
				io.WriteString(conn, "raw "+line)
				conn.Close()
			}
			if _, err := wrapped.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
				t.Errorf("%s: Write afterwards: %v, want %v", test.name, err, http.ErrHijacked)
			}
			finish()
			calls <- n
		}))
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\nping\n")
		if got, err := io.ReadAll(conn); string(got) != "raw ping\n" || err != nil {
			t.Errorf("%s: got %q, %v, want %q", test.name, got, err, "raw ping\n")
		}
		conn.Close()
		if n := <-calls; n != 0 {
			t.Errorf("%s: before ran %d times, want 0", test.name, n)
		}
	}
	// A connection that cannot be hijacked is answered as any other.
	srv := serve(t, "HTTP/2.0", wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("HTTP/2: %v, want %v", err, http.ErrNotSupported)
		}
	})))
	if res, _ := get(t, t.Context(), srv); res.Header.Get("Before") != "saw:" {
		t.Errorf("HTTP/2: Before: %q, want %q", res.Header["Before"], "saw:")
	}
}

// countReadFrom counts what goes through the server's own ReadFrom.
type countReadFrom struct {
	http.ResponseWriter
	n int64
}

func (c *countReadFrom) ReadFrom(src io.Reader) (int64, error) {
	n, err := c.ResponseWriter.(io.ReaderFrom).ReadFrom(src)
	c.n += n
	return n, err
}

func TestReadFrom(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	name := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(name, want, 0o600); err != nil {
		t.Fatal(err)
	}
	through := make(chan int64, 1)
	srv := serve(t, "HTTP/1.1", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &countReadFrom{ResponseWriter: w}
		wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) })).ServeHTTP(counted, r)
		through <- counted.n
	}))
	res, body := get(t, t.Context(), srv)
	if body != string(want) || res.Header.Get("Before") != "saw:" {
		t.Errorf("got %d bytes, Before %q, want %d bytes, %q", len(body), res.Header["Before"], len(want), "saw:")
	}
	if n := <-through; n != int64(len(want)) {
		t.Errorf("%d bytes through ReadFrom, want %d", n, len(want))
	}
}
