package routecors_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
	"github.com/routecors/routecors/stdmux"
)

// newExplained returns the registry of the table that the cases of Explain ask.
func newExplained(t *testing.T, router conformance.Router) *routecors.CorsConfig {
	t.Helper()
	site := router.New()
	cors, err := routecors.Setup(site.Adapter(), policy(t, `{"https://app.example": {"allow_headers": ["X-A"]}, "https://bad.example": {"deny": true}}`))
	must(t, err)
	add := func(method, pattern, p string) {
		t.Helper()
		route := site.Handle(method, pattern, text(pattern))
		if p == "" {
			must(t, cors.Add(route))
			return
		}
		must(t, cors.Add(route, policy(t, p)))
	}
	add("GET", "/items/{id}", "")
	add("PUT", "/items/{id}", `{"https://admin.example": {"allow_credentials": true, "allow_headers": ["Content-Type"]}}`)
	add("DELETE", "/items/{id}", "")
	add("", "/any", "")
	add("GET", "/open", `{"*": {}}`)
	add("GET", "/wide", `{"https://*.example": {"allow_headers": "*"}, "http://*.test": {}, "null": {}}`)
	add("GET", "/tree/", "")
	site.Handle("DELETE", "/items/all", text("private"))
	site.HandleBare("POST", "/bare", text("bare"))
	res := site.Resource("/covered")
	must(t, cors.Add(res, policy(t, `{"https://app.example": {"allow_methods": ["GET"]}}`)))
	res.Handle("GET", text("covered"))
	res.Handle("DELETE", text("not covered"))
	return cors
}

// described makes a request that nobody sends: "PUT /items/7", and header lines
// such as "Origin: https://app.example", separated by "|".
func described(t testing.TB, request, lines string) *http.Request {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequest(method, "https://api.example"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(lines, "|") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Add(name, value)
		}
	}
	return r
}

const (
	fromApps  = "Origin: https://app.example"
	fromAdmin = "Origin: https://admin.example"
	fromEvil  = "Origin: https://evil.example"
	announces = "|Access-Control-Request-Method: "
	names     = "|Access-Control-Request-Headers: "
)

// explanations are questions with their reasons and remedies; one that is for one
// router alone begins with its name.
var explanations = []struct {
	request, lines string
	want           routecors.Reason
	remedy         string
}{
	{"GET /items/7", fromApps, routecors.Allowed, ""},
}

func TestExplainDump(t *testing.T) {
	cors := newExplained(t, sites.ServeMux)
	for _, q := range [][2]string{
		{"GET /items/7", fromApps},
		{"GET /items/7", ""},
		{"PUT /items/7", fromApps + "|Content-Type: application/json|X-B: 1|Cookie: a=b"},
		{"PUT /items/7", fromEvil + "|Content-Type: application/json"},
		{"PUT /items/7", fromAdmin + "|Content-Type: application/json|Cookie: a=b"},
		{"DELETE /items/all", fromApps},
		{"POST /bare", fromApps},
		{"POST /nowhere", fromEvil},
		{"OPTIONS /items/7", fromApps + announces + "PATCH"},
		{"OPTIONS /any", fromApps + announces + "PATCH"},
		{"GET /open", fromEvil + "|Cookie: a=b"},
		{"GET /wide", "Origin: https://a.example|Cookie: a=b"},
		{"GET /tree", fromApps},
		{"DELETE /covered", fromApps},
		{"GET /covered", fromEvil},
		{"GET /items/7", "Origin: https://bad.example"},
	} {
		t.Logf("\n%s", cors.Explain(described(t, q[0], q[1])))
	}
	_, _, _, _, _ = json.Marshal, io.EOF, slog.Int, url.Parse, sync.OnceFunc
	_, _ = cmp.Diff, stdmux.New
}
