package routecors_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// vandalise appends to every value of h, which must show in no other, and then
// writes to all that can be reached.
func vandalise(t *testing.T, h http.Header) {
	t.Helper()
	want := h.Clone()
	for key, values := range h {
		h[key] = append(values, "vandal")
	}
	for key, values := range want {
		if diff := cmp.Diff(append(values, "vandal"), h[key]); diff != "" {
			t.Errorf("%s after all were appended to (-want +got)\n%s", key, diff)
		}
	}
	for _, values := range h {
		reach := values[:cap(values)]
		for i := range reach {
			reach[i] = "vandal"
		}
	}
}

// TestVandal: what a handler or a middleware does to the header of a response shows
// in no other response, nor in the request.
func TestVandal(t *testing.T) {
	for _, kind := range kinds {
		for _, serving := range servings {
			s := newSite(t, kind.policy)
			var seen http.Header
			for _, pattern := range []string{"GET /x", "GET /y"} {
				must(t, s.cors.Add(s.router.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
					seen = w.Header().Clone()
					vandalise(t, w.Header())
				})))
			}
			h := serving.wrap(s, s.mux)
			for _, method := range []string{"GET", "OPTIONS"} {
				r := httptest.NewRequest(method, "/x", nil)
				r.Header = http.Header{"Origin": {app}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"x-a"}}
				asked, spare := r.Header.Clone(), []string{"Accept", "kept", "kept"}
				var want http.Header
				for _, path := range []string{"/x", "/x", "/y", "/x"} {
					rec := httptest.NewRecorder()
					rec.Header()["Vary"] = spare[:1]
					r.URL.Path = path
					h.ServeHTTP(rec, r)
					if method == "OPTIONS" {
						seen = rec.Header().Clone()
					}
					if want == nil {
						want = seen
					}
					if diff := cmp.Diff(want, seen); diff != "" {
						t.Errorf("%s, %s: %s %s after a vandal (-want +got)\n%s", kind.name, serving.name, method, path, diff)
					}
					if method == "OPTIONS" && (spare[1] != "kept" || spare[2] != "kept") {
						t.Errorf("%s, %s: behind a middleware's Vary: %q", kind.name, serving.name, spare[1:])
					}
					vandalise(t, rec.Header())
					if diff := cmp.Diff(asked, r.Header); diff != "" {
						t.Errorf("%s, %s: header of the request %s %s (-want +got)\n%s", kind.name, serving.name, method, path, diff)
					}
					copy(spare, []string{"Accept", "kept", "kept"})
				}
			}
		}
	}
}

// TestSameWriter: a handler gets the ResponseWriter of the server itself, but where
// names must be listed when the response is written.
func TestSameWriter(t *testing.T) {
	for _, kind := range kinds {
		for _, serving := range servings {
			s := newSite(t, kind.policy)
			var got http.ResponseWriter
			must(t, s.cors.Add(s.router.HandleFunc("GET /x", func(w http.ResponseWriter, r *http.Request) { got = w })))
			rec := httptest.NewRecorder()
			r := httptest.NewRequest("GET", "/x", nil)
			r.Header.Set("Origin", app)
			serving.wrap(s, s.mux).ServeHTTP(rec, r)
			if same, want := got == http.ResponseWriter(rec), kind.name != "expose all"; same != want {
				t.Errorf("%s, %s: the same ResponseWriter: %t, want %t", kind.name, serving.name, same, want)
			}
		}
	}
}

// TestExposeAllWriter: where the ResponseWriter is wrapped, it can do what the
// server's can.
func TestExposeAllWriter(t *testing.T) {
	type abilities struct{ Flusher, Hijacker, ReaderFrom bool }
	can := func(w http.ResponseWriter) (a abilities) {
		_, a.Flusher = w.(http.Flusher)
		_, a.Hijacker = w.(http.Hijacker)
		_, a.ReaderFrom = w.(io.ReaderFrom)
		return a
	}
	for proto, want := range map[string]abilities{"HTTP/1.1": {true, true, true}, "HTTP/2.0": {Flusher: true}} {
		for _, serving := range servings {
			s := newSite(t, exposeAll)
			read := make(chan bool)
			must(t, s.cors.Add(s.router.HandleFunc("GET /{act}", func(w http.ResponseWriter, r *http.Request) {
				if diff := cmp.Diff(want, can(w)); diff != "" {
					t.Errorf("%s, %s: what the ResponseWriter can do (-want +got)\n%s", proto, serving.name, diff)
				}
				w.Header().Set("X-A", "a")
				control, err := http.NewResponseController(w), error(nil)
				switch r.PathValue("act") {
				case "flush":
					io.WriteString(w, "one")
					err = control.Flush()
					<-read
					io.WriteString(w, " two")
				case "copy":
					_, err = io.Copy(w, io.LimitReader(strings.NewReader("one two three"), 7))
				case "deadline":
					err = control.SetWriteDeadline(time.Now().Add(time.Minute))
					io.WriteString(w, "one two")
				case "hijack":
					conn, _, no := control.Hijack()
					if (no == nil) != want.Hijacker {
						t.Errorf("%s, %s: Hijack: %v", proto, serving.name, no)
					}
					if no != nil {
						io.WriteString(w, "one two")
						return
					}
					defer conn.Close()
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nAccess-Control-Expose-Headers: Date,Vary,X-A\r\nContent-Length: 7\r\n\r\none two")
				}
				if err != nil {
					t.Errorf("%s, %s: %s: %v", proto, serving.name, r.URL.Path, err)
				}
			})))
			server := serve(t, proto, serving.wrap(s, s.mux))
			for _, act := range []string{"flush", "copy", "deadline", "hijack"} {
				res, err := fetch(server, "/"+act, fromApp)
				must(t, err)
				start := make([]byte, 3)
				io.ReadFull(res.Body, start)
				if act == "flush" {
					read <- true
				}
				if got := string(start) + body(res); got != "one two" || res.Proto != proto {
					t.Errorf("%s, %s: %s: %s %q", proto, serving.name, act, res.Proto, got)
				}
				if got := res.Header.Get("Access-Control-Expose-Headers"); got != "Date,Vary,X-A" {
					t.Errorf("%s, %s: %s: Access-Control-Expose-Headers %q", proto, serving.name, act, got)
				}
			}
		}
	}
}

// TestServingsAgree: the answer is the same bare, by Handler, and by Handler twice,
// and no field but Vary comes in two lines.
func TestServingsAgree(t *testing.T) {
	for _, kind := range kinds {
		s := newSite(t, kind.policy)
		must(t, s.cors.Add(s.router.HandleFunc("GET /x", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Accept")
			http.Error(w, "no such thing", http.StatusNotFound)
		})))
		s.router.Handle("PUT /x", text("private"))
		for _, origin := range []string{"Origin: " + app, "Origin: https://b.example", "Origin: null", "Origin: malformed", "Origin: " + app + "\nOrigin: " + app, "Origin: ", "Accept: */*"} {
			for _, request := range []string{"GET", "HEAD", "PUT", "FROB", "OPTIONS", "GET PUT", "OPTIONS GET", "OPTIONS PUT", "OPTIONS FROB", "OPTIONS get"} {
				method, asked, ok := strings.Cut(request, " ")
				lines := strings.Split(origin, "\n")
				if ok {
					lines = append(lines, "Access-Control-Request-Method: "+asked)
				}
				var want string
				for i, serving := range servings {
					res := ask(serving.wrap(s, s.mux), method, "/x", lines...)
					got := answer(res) + " " + body(res)
					if i == 0 {
						want = got
					}
					if got != want {
						t.Errorf("%s, %s: %s with %q:\n%s, want\n%s", kind.name, serving.name, request, origin, got, want)
					}
					for key, values := range res.Header {
						if len(values) > 1 {
							t.Errorf("%s, %s: %s with %q: %s: %q", kind.name, serving.name, request, origin, key, values)
						}
					}
				}
			}
		}
	}
}

// TestVary: a handler's own Vary stands beside ours. Where the answer is the same
// for everyone there is none of ours.
func TestVary(t *testing.T) {
	for _, kind := range kinds {
		for _, serving := range servings {
			s := newSite(t, kind.policy)
			must(t, s.cors.Add(s.router.HandleFunc("GET /x", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Vary", "Accept") })))
			must(t, s.cors.Add(s.router.HandleFunc("GET /y", func(w http.ResponseWriter, r *http.Request) { w.Header().Add("Vary", "Accept") })))
			want := "Accept|Origin"
			if kind.name == "star" {
				want = "Accept"
			}
			for _, line := range []string{"Origin: " + app, "Origin: https://other.test", "Origin: malformed", "Accept: */*"} {
				for _, path := range []string{"/x", "/y"} {
					if _, got, _ := strings.Cut(answer(ask(serving.wrap(s, s.mux), "GET", path, line)), "Vary="); got != want {
						t.Errorf("%s, %s: %s with %q: Vary %q, want %q", kind.name, serving.name, path, line, got, want)
					}
				}
			}
		}
	}
}

// TestRewritten: where a middleware between Handler and the router rewrites the
// path, the route that runs has the last word over the one that was asked for.
func TestRewritten(t *testing.T) {
	s := newSite(t, "")
	s.add(t, "GET /credentials", policy(t, kinds[4].policy))
	for path, want := range map[string]string{"/plain": "200" + shared, "/other": "200 Vary=Origin", "/denied": "200 Vary=Origin", "/star": "200 Access-Control-Allow-Origin=* Vary=Origin"} {
		p := map[string]string{"/plain": kinds[0].policy, "/other": `{"https://b.example": {}}`, "/denied": kinds[6].policy, "/star": `{"*": {}}`}[path]
		s.add(t, "GET "+path, policy(t, p))
		h := s.cors.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = path
			s.mux.ServeHTTP(w, r)
		}))
		if got := actual(h, "GET", "/credentials", app); got != want {
			t.Errorf("/credentials rewritten to %s: %s, want %s", path, got, want)
		}
	}
}

// TestTimeout: a page can read that a route was too slow, where Handler stands
// outside http.TimeoutHandler, and where that is the handler of the route.
func TestTimeout(t *testing.T) {
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-A", "too late")
		<-r.Context().Done()
	})
	for _, tt := range []struct {
		policy, inside string // outside, where "" is
		handler        http.Handler
		timeout        time.Duration
		want           string
	}{
		{kinds[0].policy, "", slow, time.Millisecond, "503" + shared},
		{kinds[0].policy, "inside", slow, time.Millisecond, "503" + shared},
		{kinds[0].policy, "", text("x"), time.Minute, "200" + shared},
		{kinds[0].policy, "inside", text("x"), time.Minute, "200" + shared},
		{exposeAll, "", slow, time.Millisecond, "503" + exposed + "Date,Vary Vary=Origin"},
		{exposeAll, "inside", slow, time.Millisecond, "503" + exposed + "Date,Vary Vary=Origin"},
		{exposeAll, "", text("x"), time.Minute, "200" + exposed + "Date,Vary Vary=Origin"},
		{exposeAll, "inside", text("x"), time.Minute, "200" + exposed + "Date,Vary Vary=Origin"},
	} {
		s := newSite(t, tt.policy)
		handler, chain := tt.handler, func(h http.Handler) http.Handler { return s.cors.Handler(http.TimeoutHandler(h, tt.timeout, "")) }
		if tt.inside != "" {
			handler, chain = http.TimeoutHandler(handler, tt.timeout, ""), func(h http.Handler) http.Handler { return h }
		}
		must(t, s.cors.Add(s.router.Handle("GET /x", handler)))
		res, err := fetch(serve(t, "HTTP/1.1", chain(s.mux)), "/x", fromApp)
		must(t, err)
		if got := answer(res); got != tt.want {
			t.Errorf("timeout %v %s: %s, want %s", tt.timeout, tt.inside, got, tt.want)
		}
	}
}

// TestReverseProxy: what an upstream says of Vary stands beside ours, and a page can
// read that the upstream is down.
func TestReverseProxy(t *testing.T) {
	upstream := serve(t, "HTTP/1.1", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Vary"] = []string{"Accept", "Accept-Encoding"}
		w.WriteHeader(http.StatusTeapot)
	}))
	to, err := url.Parse(upstream.URL)
	must(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	for _, up := range []bool{true, false} {
		for _, serving := range servings {
			s := newSite(t, kinds[0].policy)
			must(t, s.cors.Add(s.router.Handle("GET /x", proxy)))
			server := serve(t, "HTTP/1.1", serving.wrap(s, s.mux))
			for origin, want := range map[string]string{app: shared, "https://b.example": " Vary=Origin"} {
				res, err := fetch(server, "/x", http.Header{"Origin": {origin}})
				must(t, err)
				want := "502" + want
				if up {
					want = "418" + strings.Replace(want[3:], "Vary=", "Vary=Accept|Accept-Encoding|", 1)
				}
				if got := answer(res); got != want {
					t.Errorf("%s, upstream %t, from %s: %s, want %s", serving.name, up, origin, got, want)
				}
			}
		}
		upstream.Close()
	}
}

// TestPanic: a page can read the answer of whoever recovers; where nobody does, the
// connection breaks, and the next request is served as ever.
func TestPanic(t *testing.T) {
	recoverer := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	for policy, want := range map[string]string{kinds[0].policy: shared, exposeAll: exposed + "Date,Vary,X-A Vary=Origin"} {
		for _, serving := range servings {
			s := newSite(t, policy)
			must(t, s.cors.Add(s.router.HandleFunc("GET /{fine}", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-A", "a")
				if r.PathValue("fine") != "fine" {
					panic("as the case says")
				}
			})))
			bare, saved := serve(t, "HTTP/1.1", serving.wrap(s, s.mux)), serve(t, "HTTP/1.1", serving.wrap(s, recoverer(s.mux)))
			if res, err := fetch(bare, "/panic", fromApp); err == nil {
				t.Errorf("%s: %s for a panic", serving.name, answer(res))
			}
			for _, ask := range []struct {
				server       *httptest.Server
				path, status string
			}{{bare, "/fine", "200"}, {saved, "/panic", "500"}, {saved, "/fine", "200"}} {
				res, err := fetch(ask.server, ask.path, fromApp)
				must(t, err)
				if got := answer(res); got != ask.status+want {
					t.Errorf("%s: %s: %s, want %s", serving.name, ask.path, got, ask.status+want)
				}
			}
		}
	}
}

// A sink is a ResponseWriter that allocates nothing.
type sink struct{ header http.Header }

func (w sink) Header() http.Header         { return w.header }
func (w sink) Write(b []byte) (int, error) { return len(b), nil }
func (w sink) WriteHeader(int)             {}

// TestAllocations: what a request costs beyond the same request to a mux alone.
func TestAllocations(t *testing.T) {
	allocations := func(h http.Handler, origin string) int {
		w, r := sink{http.Header{}}, httptest.NewRequest("GET", "/x", nil)
		if origin != "" {
			r.Header = http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"GET"}}
		}
		return int(testing.AllocsPerRun(100, func() { clear(w.header); h.ServeHTTP(w, r) }))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /x", text(""))
	for _, tt := range []struct {
		policy, origin string // policy "" is a private route
		bare, handler  int
	}{
		{"", app, 0, 0},
		{"", "", 0, 0},
		{kinds[0].policy, app, 1, 1},
		{kinds[0].policy, "https://b.example", 1, 1},
		{kinds[0].policy, "", 1, 1},
		{`{"*": {}}`, app, 1, 1},
		{`{"*": {}}`, "", 1, 1},
		{`{"https://app.example": {"allow_credentials": true, "expose_headers": ["X-B"]}}`, app, 1, 1},
	} {
		s := newSite(t, tt.policy)
		s.add(t, "PUT /x", policy(t, kinds[0].policy))
		route := s.router.Handle("GET /x", text(""))
		if tt.policy != "" {
			must(t, s.cors.Add(route))
		}
		alone := allocations(mux, tt.origin)
		if bare, handler := allocations(s.mux, tt.origin)-alone, allocations(s.cors.Handler(s.mux), tt.origin)-alone; bare != tt.bare || handler != tt.handler {
			t.Errorf("%s, from %q: %d allocations, %d by Handler, want %d and %d", tt.policy, tt.origin, bare, handler, tt.bare, tt.handler)
		}
	}
}
