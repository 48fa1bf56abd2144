package main

import (
	"net/http/httptest"
	"testing"
)

func TestHandler(t *testing.T) {
	h, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		method, path, origin, asked string
		status                      int
		allowOrigin                 string
	}{
		{"GET", "/articles/7", "https://anyone.example", "", 200, "*"},
		{"HEAD", "/articles/7", "https://anyone.example", "", 200, "*"},
		{"OPTIONS", "/articles", "https://app.example.com", "POST", 204, "https://app.example.com"},
		{"OPTIONS", "/articles", "https://anyone.example", "POST", 403, ""},
		{"OPTIONS", "/articles/7", "https://app.example.com", "DELETE", 204, "https://app.example.com"},
		{"OPTIONS", "/articles/all", "https://app.example.com", "DELETE", 405, ""},
		{"DELETE", "/articles/all", "https://app.example.com", "", 200, ""},
		{"OPTIONS", "/admin/stats", "https://admin.example.com", "GET", 204, "https://admin.example.com"},
		{"GET", "/admin/stats", "https://admin.example.com", "", 401, "https://admin.example.com"},
		{"GET", "/admin/stats", "https://app.example.com", "", 401, "https://app.example.com"},
		{"GET", "/admin/stats", "https://anyone.example", "", 401, ""},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, tt.path, nil)
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		if tt.asked != "" {
			r.Header.Set("Access-Control-Request-Method", tt.asked)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != tt.status || got != tt.allowOrigin {
			t.Errorf("%s %s of %q asking for %q: %d, allowed origin %q; want %d, %q", tt.method, tt.path, tt.origin, tt.asked, w.Code, got, tt.status, tt.allowOrigin)
		}
	}
}
