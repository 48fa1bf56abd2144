package main

import (
	"flag"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors/corstest"
)

var update = flag.Bool("update", false, "write testdata/matrix.txt anew")

// TestMatrix compares what pages can do with what was committed: a change of policy
// is a change of testdata/matrix.txt, for a reviewer to see.
func TestMatrix(t *testing.T) {
	const file = "testdata/matrix.txt"
	_, cors, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	got := corstest.Matrix(t, cors, "DELETE /articles/all", "POST /admin/reset")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("if you mean it, go test ./examples/mixed -update (-want +got)\n%s", diff)
	}
}

// TestPages does what scripts of pages do.
func TestPages(t *testing.T) {
	h, _, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	browser := corstest.Browser(t, h)

	json := corstest.Header("Content-Type", "application/json")
	order := browser.Page(partner).Fetch("POST", "/orders", json, corstest.Body("{}"), corstest.Credentials("include"))
	if order.Status != 201 || order.Header.Get("Location") != "/orders/1" {
		t.Error(order)
	}
	if got := browser.Page(app).Fetch("POST", "/orders", json, corstest.Body("{}")); got.Sent() {
		t.Errorf("the order of a page that is no partner was sent: %v", got)
	}
	if got := browser.Page(app).Fetch("DELETE", "/articles/all"); got.Sent() {
		t.Errorf("a page purged the articles: %v", got)
	}
	if got := browser.Page(admin).Fetch("GET", "/admin/stats", corstest.Credentials("include")); got.Status != 401 {
		t.Errorf("a page cannot read that it must log in: %v", got)
	}
	if browser.Page(anyone).CanRead("GET", "/admin/stats") {
		t.Error("anyone can read the statistics")
	}
}

func TestTable(t *testing.T) {
	h, _, err := newHandler()
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
GET /internal/cors     -                        -                             -                          -
`
	if diff := cmp.Diff(want[1:], b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestActual(t *testing.T) {
	h, _, err := newHandler()
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
		{"GET", "/internal/cors", admin, 401, "", ""},
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

// TestAudit: nothing in the policies is wider than it needs to be, or idle.
func TestAudit(t *testing.T) {
	_, cors, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	got := cors.Audit()
	if len(got) != 1 || got[0].Code != "form-post" || got[0].Route != "POST /orders" {
		t.Errorf("the orders with cookies are all there is to say: %v", got)
	}
}

// TestInspect: the page is for whoever has the password.
func TestInspect(t *testing.T) {
	h, _, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/internal/cors?origin="+partner+"&method=POST&url=/orders&credentials=yes", nil)
	r.SetBasicAuth("anybody", "secret")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<strong>Yes.</strong>") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
}
