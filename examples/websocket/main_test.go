package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

const own = "the server's own"

// handshakes are answered alike by both libraries.
var handshakes = []struct {
	path   string
	header http.Header
	status int
}{
	{"/", nil, 101}, // not a browser
	{"/", http.Header{"Origin": {own}}, 101},
	{"/", http.Header{"Origin": {"https://app.example.com"}}, 101},
	{"/", http.Header{"Origin": {"https://app.example.com"}, "Sec-Fetch-Site": {"cross-site"}}, 101},
	{"/", http.Header{"Origin": {"https://a.partner.example"}}, 101}, // through a wrapped ResponseWriter
	{"/", http.Header{"Origin": {"https://anyone.example"}}, 403},
	{"/", http.Header{"Origin": {"https://app.example.com:8443"}}, 403},
	{"/", http.Header{"Origin": {"http://app.example.com"}}, 403},
	{"/", http.Header{"Origin": {"null"}}, 403},
	{"/", http.Header{"Origin": {own, "https://anyone.example"}}, 403},
	{"/admin/", nil, 101},
	{"/admin/", http.Header{"Origin": {own}}, 101},
	{"/admin/", http.Header{"Origin": {"https://app.example.com"}}, 403},
	{"/admin/", http.Header{"Origin": {"null"}}, 403},
}

func TestHandshakes(t *testing.T) {
	server := newServer(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, tt := range handshakes {
		header := tt.header.Clone()
		if header != nil && header["Origin"][0] == own {
			header["Origin"][0] = server.URL
		}
		for _, library := range []string{"gorilla", "coder"} {
			url := "ws" + strings.TrimPrefix(server.URL, "http") + tt.path + library
			status, echo := dialGorilla(ctx, url, header)
			want := ""
			if tt.status == http.StatusSwitchingProtocols {
				want = "hello"
			}
			if status != tt.status || echo != want {
				t.Errorf("gorilla to %s%s with %v: %d, %q; want %d, %q", tt.path, library, header, status, echo, tt.status, want)
			}
			if status, echo := dialCoder(ctx, url, header); status != tt.status || echo != want {
				t.Errorf("coder to %s%s with %v: %d, %q; want %d, %q", tt.path, library, header, status, echo, tt.status, want)
			}
		}
	}
}

// dialGorilla returns the status of the handshake, and what the server says to hello.
func dialGorilla(ctx context.Context, url string, header http.Header) (status int, echo string) {
	conn, res, err := gorilla.DefaultDialer.DialContext(ctx, url, header)
	if res != nil {
		status = res.StatusCode
	}
	if err != nil {
		return status, ""
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if err := conn.WriteMessage(gorilla.TextMessage, []byte("hello")); err != nil {
		return status, err.Error()
	}
	_, message, err := conn.ReadMessage()
	if err != nil {
		return status, err.Error()
	}
	return status, string(message)
}

func dialCoder(ctx context.Context, url string, header http.Header) (status int, echo string) {
	conn, res, err := coder.Dial(ctx, url, &coder.DialOptions{HTTPHeader: header})
	if res != nil {
		status = res.StatusCode
	}
	if err != nil {
		return status, ""
	}
	defer conn.CloseNow()
	if err := conn.Write(ctx, coder.MessageText, []byte("hello")); err != nil {
		return status, err.Error()
	}
	_, message, err := conn.Read(ctx)
	if err != nil {
		return status, err.Error()
	}
	return status, string(message)
}

// Forms are taken from the same pages as handshakes.
func TestForms(t *testing.T) {
	server := newServer(t)
	for origin, want := range map[string]int{
		server.URL:                    200,
		"https://app.example.com":     200,
		"https://anyone.example":      403,
		"null":                        403,
		"https://x.a.partner.example": 200,
	} {
		r, err := http.NewRequest("POST", server.URL+"/messages", strings.NewReader("text=hello"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("a form of %s: %d, want %d", origin, res.StatusCode, want)
		}
	}
}

func newServer(t *testing.T) *httptest.Server {
	t.Helper()
	h, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}
