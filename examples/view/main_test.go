package main

import (
	"net/http/httptest"
	"testing"
)

func TestView(t *testing.T) {
	h, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	const admin, other = "https://admin.example.com", "https://other.example"
	for _, tt := range []struct {
		method, asked, origin, headers string
		status                         int
		shared                         string
	}{
		{"GET", "", other, "", 200, "*"},
		{"HEAD", "", other, "", 200, "*"},
		{"DELETE", "", other, "", 204, ""},
		{"DELETE", "", admin, "", 204, admin},
		{"PUT", "", admin, "", 405, ""},
		{"OPTIONS", "DELETE", admin, "authorization,x-editor", 204, admin},
		{"OPTIONS", "DELETE", other, "", 403, ""},
		{"OPTIONS", "GET", other, "x-editor", 403, ""},
		{"OPTIONS", "PUT", admin, "", 403, ""},
	} {
		r := httptest.NewRequest(tt.method, "/articles/1", nil)
		r.Header.Set("Origin", tt.origin)
		if tt.asked != "" {
			r.Header.Set("Access-Control-Request-Method", tt.asked)
		}
		if tt.headers != "" {
			r.Header.Set("Access-Control-Request-Headers", tt.headers)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != tt.status || got != tt.shared {
			t.Errorf("%s (%s) of %s: %d, shared with %q; want %d, %q", tt.method, tt.asked, tt.origin, w.Code, got, tt.status, tt.shared)
		}
	}
}
