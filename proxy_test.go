package routecors_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/stdmux"
)

// upstreamCORS is what a server says that is open to everybody, with credentials.
var upstreamCORS = http.Header{
	"Access-Control-Allow-Origin":          {"https://app.example"},
	"Access-Control-Allow-Credentials":     {"true"},
	"Access-Control-Allow-Methods":         {"GET, PUT"},
	"Access-Control-Allow-Headers":         {"X-Up"},
	"Access-Control-Allow-Private-Network": {"true"},
	"Access-Control-Expose-Headers":        {"X-Up"},
	"Access-Control-Max-Age":               {"600"},
	"Timing-Allow-Origin":                  {"*"},
	"Cross-Origin-Resource-Policy":         {"same-origin"},
	"Vary":                                 {"Origin", "Accept"},
	"X-A":                                  {"a"},
}

// upstream answers with its own CORS, and does what the path ends in.
func upstream(w http.ResponseWriter, r *http.Request) {
	die := func() {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}
	_, what, _ := strings.Cut(r.URL.Path[1:], "/")
	if what == "dies" {
		die()
		return
	}
	maps.Copy(w.Header(), upstreamCORS)
	hints, what, _ := strings.Cut(what, "-")
	if hints != "hints" {
		what = hints
	} else {
		w.Header().Set("Link", "</a.css>; rel=preload; as=style")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusProcessing)
	}
	switch what {
	case "dies":
		die()
	case "fresh":
		w.WriteHeader(http.StatusNotModified)
	case "trailer":
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "body")
		w.Header().Set("X-Sum", "1")
	case "streams":
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "one")
		w.(http.Flusher).Flush()
		<-r.Context().Done() // that the page has gone
	case "upgrades":
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nAccess-Control-Allow-Origin: *\r\n\r\n")
		rw.Flush()
		line, _ := rw.ReadString('\n')
		rw.WriteString(line)
		rw.Flush()
	default:
		io.WriteString(w, "body")
	}
}

// proxied returns a server for each router and way of serving, where proxy serves
// /public/{what} by policy, and /private/{what}.
func proxied(t *testing.T, defaults string, proxy *httputil.ReverseProxy) map[string]*httptest.Server {
	t.Helper()
	servers := map[string]*httptest.Server{}
	add := func(name string, mux http.Handler, adapter interface {
		routecors.RouterAdapter
		Handle(string, http.Handler) *routecors.Route
	}) {
		cors, err := routecors.Setup(adapter, policy(t, defaults))
		must(t, err)
		must(t, cors.Add(adapter.Handle("/public/{what}", routecors.Proxy(proxy))))
		adapter.Handle("/private/{what}", routecors.Proxy(proxy))
		for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
			servers[name+", bare, "+proto] = serve(t, proto, mux)
			servers[name+", handler, "+proto] = serve(t, proto, cors.Handler(mux))
		}
	}
	mux := http.NewServeMux()
	add("ServeMux", mux, stdmux.New(mux))
	r := chi.NewRouter()
	add("chi", r, chicors.New(r))
	return servers
}

// toUpstream returns a proxy to upstream, which says nothing when that dies.
func toUpstream(t *testing.T) *httputil.ReverseProxy {
	to, err := url.Parse(serve(t, "HTTP/1.1", http.HandlerFunc(upstream)).URL)
	must(t, err)
	return &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// TestProxy: a page gets what the policy says of it, whatever the upstream says and
// however it says it.
func TestProxy(t *testing.T) {
	const (
		closed  = " Cross-Origin-Resource-Policy=same-origin"
		ofRoute = " Cross-Origin-Resource-Policy=same-site"
		timed   = " Timing-Allow-Origin=" + app
	)
	opened := exposed + "X-B"
	all := exposed + "Cross-Origin-Resource-Policy,Date,Vary,X-A"
	for _, tt := range []struct {
		policy, method, path, origin string
		want                         string
	}{
		{kinds[0].policy, "GET", "/public/x", app, "200 Access-Control-Allow-Origin=" + app + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/public/x", "https://b.example", "200" + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/public/x", "", "200" + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "HEAD", "/public/x", app, "200 Access-Control-Allow-Origin=" + app + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/public/fresh", app, "304 Access-Control-Allow-Origin=" + app + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/public/dies", app, "502" + shared},
		{kinds[0].policy, "GET", "/public/dies", "https://b.example", "502 Vary=Origin"},
		{kinds[0].policy, "GET", "/public/trailer", app, "200 Access-Control-Allow-Origin=" + app + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/public/streams", app, "200 Access-Control-Allow-Origin=" + app + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "PUT", "/public/x", app, "200" + closed + " Vary=Accept|Origin"}, // not an allowed method

		{kinds[0].policy, "GET", "/public/hints", app, "200 Access-Control-Allow-Origin=" + app + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/public/hints", "", "200" + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/public/hints-dies", app, "502" + shared},
		{kinds[0].policy, "GET", "/public/hints-fresh", app, "304 Access-Control-Allow-Origin=" + app + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/public/hints-streams", app, "200 Access-Control-Allow-Origin=" + app + closed + " Vary=Accept|Origin"},

		{kinds[2].policy, "GET", "/public/hints", app, "200 Access-Control-Allow-Origin=* Access-Control-Expose-Headers=X-B" + closed + " Vary=Accept|Origin"},
		{kinds[4].policy, "GET", "/public/hints", app, "200" + opened + ",X-C" + closed + " Vary=Accept|Origin"},
		{`{"https://app.example": {"allow_timing": true, "cross_origin_resource_policy": "same-site"}}`, "GET", "/public/hints", app,
			"200 Access-Control-Allow-Origin=" + app + ofRoute + timed + " Vary=Accept|Origin"},
		{`{"https://app.example": {"allow_timing": true, "cross_origin_resource_policy": "same-site"}}`, "GET", "/public/x", "https://b.example",
			"200" + ofRoute + " Vary=Accept|Origin"},
		{`{"https://app.example": {"allow_timing": true, "cross_origin_resource_policy": "same-site"}}`, "GET", "/public/dies", app,
			"502 Access-Control-Allow-Origin=" + app + ofRoute + timed + " Vary=Origin"},

		{exposeAll, "GET", "/public/x", app, "200" + all + closed + " Vary=Accept|Origin"},
		{exposeAll, "GET", "/public/fresh", app, "304" + all + closed + " Vary=Accept|Origin"},
		{exposeAll, "GET", "/public/hints", app, "200" + strings.Replace(all, "Date,", "Date,Link,", 1) + closed + " Vary=Accept|Origin"},
		{exposeAll, "GET", "/public/trailer", app, "200" + strings.Replace(all, "Vary,", "Trailer,Vary,", 1) + closed + " Vary=Accept|Origin"},
		{exposeAll, "GET", "/public/streams", app, "200" + all + closed + " Vary=Accept|Origin"},
		{exposeAll, "GET", "/public/hints-dies", app, "502" + exposed + "Date,Vary Vary=Origin"},

		{kinds[0].policy, "GET", "/private/x", app, "200" + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/private/hints", app, "200" + closed + " Vary=Accept|Origin"},
		{kinds[0].policy, "GET", "/private/dies", app, "502"},
		{kinds[0].policy, "OPTIONS", "/private/x", app, "200" + closed + " Vary=Accept|Origin"}, // a preflight for GET
		{kinds[0].policy, "OPTIONS", "/public/x", app, "204 Access-Control-Allow-Headers=x-a Access-Control-Allow-Origin=" + app + " " + asked},
	} {
		for name, server := range proxied(t, tt.policy, toUpstream(t)) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, nil)
			must(t, err)
			if tt.origin != "" {
				r.Header["Origin"] = []string{tt.origin}
			}
			if tt.method == "OPTIONS" {
				r.Header["Access-Control-Request-Method"] = []string{"GET"}
			}
			res, err := server.Client().Do(r)
			must(t, err)
			if strings.HasSuffix(tt.path, "streams") {
				if one := make([]byte, 3); res.StatusCode == 200 {
					if _, err := io.ReadFull(res.Body, one); string(one) != "one" {
						t.Errorf("%s: %s %s: streamed %q, %v", name, tt.method, tt.path, one, err)
					}
				}
			} else if got := body(res); strings.HasSuffix(tt.path, "trailer") && (got != "body" || res.Trailer.Get("X-Sum") != "1") {
				t.Errorf("%s: %s: %q, trailer %v", name, tt.path, got, res.Trailer)
			}
			res.Body.Close()
			if got := answer(res); got != tt.want {
				t.Errorf("%s: %s %s from %q\n%s, want\n%s", name, tt.method, tt.path, tt.origin, got, tt.want)
			}
		}
	}
}

// TestProxyPassesHints: a page is given the Early Hints of the upstream.
func TestProxyPassesHints(t *testing.T) {
	for name, server := range proxied(t, exposeAll, toUpstream(t)) {
		var got []string
		trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			got = append(got, fmt.Sprintln(code, h["Link"]))
			return nil
		}}
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", server.URL+"/public/hints", nil)
		must(t, err)
		r.Header["Origin"] = []string{app}
		res, err := server.Client().Do(r)
		must(t, err)
		res.Body.Close()
		if diff := cmp.Diff([]string{"103 [</a.css>; rel=preload; as=style]\n", "102 [</a.css>; rel=preload; as=style]\n"}, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// TestProxyUpgrade: a connection that changes its protocol does so through the proxy.
func TestProxyUpgrade(t *testing.T) {
	for _, kind := range kinds {
		for name, server := range proxied(t, kind.policy, toUpstream(t)) {
			if strings.HasSuffix(name, "HTTP/2.0") {
				continue
			}
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			must(t, err)
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			fmt.Fprintf(conn, "GET /public/upgrades HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\nOrigin: %s\r\n\r\n", app)
			r := bufio.NewReader(conn)
			res, err := http.ReadResponse(r, nil)
			must(t, err)
			io.WriteString(conn, "hello\n")
			line, err := r.ReadString('\n')
			if line != "hello\n" || res.StatusCode != 101 || err != nil {
				t.Errorf("%s, %s: %d, then %q, %v", kind.name, name, res.StatusCode, line, err)
			}
			plain, err := fetch(server, "/public/x", fromApp)
			must(t, err)
			plain.Body.Close()
			const acao = "Access-Control-Allow-Origin"
			if diff := cmp.Diff(plain.Header[acao], res.Header[acao]); diff != "" {
				t.Errorf("%s, %s: %s of the upgrade (-want +got)\n%s", kind.name, name, acao, diff)
			}
		}
	}
}

// TestProxyFunctions: the functions of the proxy itself run, and see what they would;
// what its ModifyResponse says of CORS does not count either.
func TestProxyFunctions(t *testing.T) {
	proxy := toUpstream(t)
	var seen []string
	proxy.ModifyResponse = func(res *http.Response) error {
		seen = append(seen, res.Header.Get("X-A"))
		res.Header.Set("Access-Control-Allow-Origin", "*")
		res.Header.Set("X-A", "b")
		if strings.HasSuffix(res.Request.URL.Path, "refused") {
			return errors.New("as the test says")
		}
		return nil
	}
	proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
		seen = append(seen, fmt.Sprint(err))
		w.WriteHeader(http.StatusTeapot)
	}
	for name, server := range proxied(t, kinds[0].policy, proxy) {
		for path, want := range map[string]string{
			"/public/hints":   "200 Access-Control-Allow-Origin=" + app + " Cross-Origin-Resource-Policy=same-origin Vary=Accept|Origin b [a]",
			"/public/refused": "418" + shared + "  [a as the test says]",
			"/private/hints":  "200 Cross-Origin-Resource-Policy=same-origin Vary=Accept|Origin b [a]",
		} {
			seen = nil
			res, err := fetch(server, path, fromApp)
			must(t, err)
			res.Body.Close()
			if got := fmt.Sprint(answer(res), " ", res.Header.Get("X-A"), " ", seen); got != want {
				t.Errorf("%s: %s\n%s, want\n%s", name, path, got, want)
			}
		}
	}
	if proxy.ModifyResponse == nil || proxy.ErrorHandler == nil {
		t.Error("the proxy was changed")
	}
}

// TestProxyKeepsOthers: what middlewares have set survives Early Hints, too, and is
// nothing of the upstream's.
func TestProxyKeepsOthers(t *testing.T) {
	handler := routecors.Proxy(toUpstream(t))
	server := serve(t, "HTTP/1.1", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), http.Header{"Access-Control-Allow-Origin": {"https://own.example"}, "Cross-Origin-Resource-Policy": {"cross-origin"}, "X-Id": {"7"}})
		handler.ServeHTTP(w, r)
	}))
	for _, path := range []string{"/x/plain", "/x/hints"} {
		res, err := fetch(server, path, fromApp)
		must(t, err)
		res.Body.Close()
		const want = "200 Access-Control-Allow-Origin=https://own.example Cross-Origin-Resource-Policy=cross-origin Vary=Accept|Origin [7]"
		if got := fmt.Sprint(answer(res), " ", res.Header["X-Id"]); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestProxyNil(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); got != "routecors: nil proxy; pass the *httputil.ReverseProxy to Proxy" {
			t.Errorf("Proxy(nil): %s", got)
		}
	}()
	routecors.Proxy(nil)
}

// TestProxyLogs: an error is logged where the proxy would log it.
func TestProxyLogs(t *testing.T) {
	proxy := toUpstream(t)
	var b strings.Builder
	proxy.ErrorLog = log.New(&b, "", 0)
	rec := ask(routecors.Proxy(proxy), "GET", "/x/dies")
	if rec.StatusCode != http.StatusBadGateway || b.String() != "http: proxy error: EOF\n" {
		t.Errorf("%d, logged %q", rec.StatusCode, b.String())
	}
}
