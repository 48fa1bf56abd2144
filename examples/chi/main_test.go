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
	const app, admin = "https://app.example.com", "https://admin.example.com"
	tests := []struct {
		method, path, origin, asked string
		status                      int
		allowOrigin                 string
	}{
		{"GET", "/articles/7", app, "", 200, "*"},
		{"GET", "/articles/7/", app, "", 200, "*"},            // StripSlashes
		{"OPTIONS", "/articles/7", app, "DELETE", 403, ""},    // private
		{"DELETE", "/articles/7", app, "", 200, ""},           // private
		{"OPTIONS", "/admin/stats", admin, "GET", 204, admin}, // ahead of auth
		{"GET", "/admin/stats", admin, "", 401, admin},        // the page can read it
		{"OPTIONS", "/admin/stats/x", admin, "PUT", 204, admin},
		{"OPTIONS", "/admin/reset", admin, "POST", 401, ""}, // not ours: auth answers
		{"OPTIONS", "/reports/2026", app, "GET", 204, app},
		{"OPTIONS", "/reports/2026", app, "DELETE", 403, ""},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, tt.path, nil)
		r.Header.Set("Origin", tt.origin)
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
