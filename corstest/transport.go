package corstest

import (
	"context"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A transport sends one request over a real connection.
type transport interface {
	RoundTrip(*http.Request) (*http.Response, error)
}

// serve returns a transport that leads every request to h.
func serve(t testing.TB, h http.Handler) transport {
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(t.Output(), "", 0)
	server.Start()
	addr := server.Listener.Addr().String()
	plain := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	t.Cleanup(func() {
		plain.CloseIdleConnections()
		server.Close()
	})
	return plaintext{plain}
}

// plaintext sends https requests without TLS.
type plaintext struct{ next transport }

func (p plaintext) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme = "http" // the Host is set
	return p.next.RoundTrip(r)
}

// dial returns a transport on the network, where names below localhost are this
// machine, as in browsers: https://www.rfc-editor.org/rfc/rfc6761#section-6.3.
func dial(t testing.TB) transport {
	client := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if host, port, _ := net.SplitHostPort(addr); isLocalhost(host) {
			addr = net.JoinHostPort("localhost", port)
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func isLocalhost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// A response has all that the server sent.
type response struct {
	status int
	header http.Header
	body   string
}

// get returns the value of a header, its lines joined; ok tells an empty one from none.
func (r *response) get(name string) (value string, ok bool) {
	values := r.header.Values(name)
	return strings.Join(values, ", "), values != nil
}

// timeout ends a fetch that the server does not answer, or whose body has no end.
const timeout = 30 * time.Second

// send sends r itself: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func (r *request) send() (*response, *Failure) {
	h := http.Header{}
	for _, f := range r.header {
		h.Add(f.name, f.value)
		if n := len(h.Values(f.name)); n > 1 {
			h.Set(f.name, strings.Join(h.Values(f.name), ", "))
		}
	}
	if h.Get("Accept") == "" {
		h.Set("Accept", "*/*")
	}
	// See https://fetch.spec.whatwg.org/#append-a-request-origin-header.
	if r.tainting == "cors" || r.method != "GET" && r.method != "HEAD" {
		h.Set("Origin", r.origin())
	}
	credentials := r.credentials == "include" || r.credentials == "same-origin" && r.tainting == "basic"
	if credentials {
		for _, c := range r.page.cookies(r.url()) {
			h.Add("Cookie", c.Name+"="+c.Value)
		}
		if cookies := h["Cookie"]; cookies != nil {
			h["Cookie"] = []string{strings.Join(cookies, "; ")}
		}
	}
	resp, failure := r.exchange(r.method, h, r.body, false)
	if failure == nil && credentials {
		r.page.setCookies(r.url(), resp.header)
	}
	return resp, failure
}

// sendPreflight sends the preflight, which never has credentials.
func (r *request) sendPreflight(unsafe []string) (*response, *Failure) {
	h := http.Header{
		"Accept":                        {"*/*"},
		"Origin":                        {r.origin()},
		"Access-Control-Request-Method": {r.method},
	}
	if unsafe != nil {
		h.Set("Access-Control-Request-Headers", strings.Join(unsafe, ","))
	}
	return r.exchange(http.MethodOptions, h, nil, true)
}

// exchange sends a request with header h to the current URL.
func (r *request) exchange(method string, h http.Header, body *string, preflight bool) (*response, *Failure) {
	u := r.url()
	h.Set("Sec-Fetch-Mode", r.mode)
	h.Set("Sec-Fetch-Dest", "empty")
	h.Set("Sec-Fetch-Site", r.fetchSite())
	h.Set("User-Agent", "corstest")
	if r.page.origin != "null" && !(strings.HasPrefix(r.page.origin, "https:") && u.Scheme == "http") {
		h.Set("Referer", r.page.origin+"/") // https://w3c.github.io/webappsec-referrer-policy/#referrer-policy-strict-origin-when-cross-origin
	}
	r.exchanges = append(r.exchanges, Exchange{Preflight: preflight, Method: method, URL: u.String(), RequestHeader: maps.Clone(h)})
	done := &r.exchanges[len(r.exchanges)-1]

	ctx, cancel := context.WithTimeout(r.page.profile.t.Context(), timeout)
	defer cancel()
	target := *u
	req := (&http.Request{Method: method, URL: &target, Host: u.Host, Header: h}).WithContext(ctx)
	if body != nil {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(*body)), int64(len(*body))
	}
	resp, err := r.page.profile.client.RoundTrip(req)
	if err != nil {
		return nil, noResponse(err)
	}
	defer resp.Body.Close()
	done.Status, done.ResponseHeader = resp.StatusCode, resp.Header.Clone()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, noResponse(err)
	}
	return &response{resp.StatusCode, resp.Header, string(text)}, nil
}

func noResponse(err error) *Failure {
	return &Failure{Step: "HTTP-network fetch", Reason: err.Error(), Link: "https://fetch.spec.whatwg.org/#concept-http-network-fetch"}
}

// fetchSite is https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header.
func (r *request) fetchSite() string {
	site := "same-origin"
	for _, u := range r.urls {
		switch {
		case !r.page.isSameSite(u):
			return "cross-site"
		case r.page.origin != originOf(u):
			site = "same-site"
		}
	}
	return site
}
