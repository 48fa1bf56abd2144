package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestStatic(t *testing.T) {
	const app = "https://app.example.com"
	for name, newHandler := range map[string]func() (http.Handler, error){"ServeMux": newHandler, "chi": newChiHandler} {
		h, err := newHandler()
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(h)
		defer server.Close()
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		for _, tt := range []struct {
			method, path, header, value string
			status                      int
		}{
			{"GET", "/static/style.css", "", "", 200},
			{"HEAD", "/static/style.css", "", "", 200},
			{"GET", "/static/", "", "", 200},
			{"GET", "/static/style.css", "Range", "bytes=0-3", 206},
			{"GET", "/static/style.css", "Range", "bytes=900-", 416},
			{"GET", "/static/style.css", "If-None-Match", `"v1"`, 304},
			{"GET", "/static/none.css", "", "", 404},
			{"GET", "/static/index.html", "", "", 301},
			{"OPTIONS", "/static/style.css", "Access-Control-Request-Headers", "range", 204},
		} {
			for _, origin := range []string{app, "https://other.example", ""} {
				r, err := http.NewRequest(tt.method, server.URL+tt.path, nil)
				if err != nil {
					t.Fatal(err)
				}
				status, shared := tt.status, ""
				if origin == app {
					shared = app
				}
				if origin != "" {
					r.Header.Set("Origin", origin)
				}
				if tt.header != "" {
					r.Header.Set(tt.header, tt.value)
				}
				if tt.method == "OPTIONS" {
					if origin == "" {
						continue
					}
					if r.Header.Set("Access-Control-Request-Method", "GET"); origin != app {
						status = 403
					}
				}
				res, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				vary := false
				for _, v := range res.Header.Values("Vary") {
					vary = vary || v == "Origin" || tt.method == "OPTIONS"
				}
				if got := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != status || got != shared || !vary {
					t.Errorf("%s: %s %s of %q (%s): %s, shared with %q, Vary: Origin %t; want %d, %q",
						name, tt.method, tt.path, origin, tt.header, res.Status, got, vary, status, shared)
				}
			}
		}
	}
}
