package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	h, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	writeTable(&b, h)
	want := `
                       https://app.example.com  https://shop.partner.example  https://admin.example.com  https://anyone.example
GET /articles          yes                      yes                           yes                        yes
GET /articles/{id}     yes                      yes                           yes                        yes
PUT /articles/{id}     yes                      -                             -                          -
DELETE /articles/{id}  yes                      -                             -                          -
DELETE /articles/all   -                        -                             -                          -
POST /orders           -                        with credentials              -                          -
GET /orders/{id}       -                        with credentials              -                          -
GET /admin/stats       -                        -                             with credentials           -
POST /admin/reset      -                        -                             -                          -
`
	if diff := cmp.Diff(want[1:], b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestActual(t *testing.T) {
	h, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		method, path, origin string
		status               int
		allowOrigin, expose  string
	}{
		{"GET", "/articles/7", anyone, 200, "*", "Etag"},
		{"DELETE", "/articles/7", app, 200, app, "Etag"},
		{"DELETE", "/articles/all", app, 200, "", ""},
		{"POST", "/orders", partner, 201, partner, "Location"},
		{"POST", "/orders", app, 201, "", ""}, // it runs; only the answer is kept from the page
		{"GET", "/admin/stats", admin, 401, admin, ""},
		{"POST", "/admin/reset", admin, 401, "", ""},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, tt.path, nil)
		r.Header.Set("Origin", tt.origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		origin, expose := w.Header().Get("Access-Control-Allow-Origin"), w.Header().Get("Access-Control-Expose-Headers")
		if w.Code != tt.status || origin != tt.allowOrigin || expose != tt.expose {
			t.Errorf("%s %s of %s: %d, allowed origin %q, exposed %q; want %d, %q, %q", tt.method, tt.path, tt.origin, w.Code, origin, expose, tt.status, tt.allowOrigin, tt.expose)
		}
	}
}
