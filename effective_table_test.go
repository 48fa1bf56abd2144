package routecors_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listed has a route of each kind that a table tells apart.
func listed(t *testing.T) site {
	t.Helper()
	s := newSite(t, `{"https://app.example": {"allow_headers": ["Content-Type", "X-Request-Id", "Idempotency-Key"], "expose_headers": ["ETag", "Location"], "max_age": 600}}`)
	s.add(t, "PUT /articles/{id}", policy(t, `{"https://admin.example": {"allow_credentials": true, "max_age": -1}, "https://*.bad.example": {"deny": true}}`))
	s.add(t, "/every", policy(t, `{"*": {"allow_methods": "*", "allow_headers": "*"}}`))
	res := s.router.Resource("/r")
	must(t, s.cors.Add(res, policy(t, `{"https://r.example": {"allow_methods": ["GET"]}}`)))
	res.Handle("GET", text("x"))
	mounted := s.router.Mount("/api", http.NewServeMux())
	must(t, s.cors.Add(mounted.Handle("/x", text("x")), policy(t, `{"*": {}}`)))
	s.router.Handle("GET /private", text("x"))
	return s
}

func TestWriteTable(t *testing.T) {
	var b strings.Builder
	must(t, listed(t).cors.Routes().WriteTable(&b))
	want := `
ROUTE               ORIGIN                 METHODS        CREDENTIALS  ALLOW            EXPOSE         MAX-AGE  LAYER
PUT /articles/{id}  https://admin.example  PUT            yes          -                -              0        route
                    https://*.bad.example  denied         -            -                -              -        route
                    https://app.example    PUT            -            content-type +2  Etag,Location  600      defaults
/every              *                      *              -            *                -              -        route
/api/x              *                      GET,HEAD,POST  -            -                -              -        route
GET /r (covered)    https://r.example      GET            -            -                -              -        resource
                    https://app.example    none           -            content-type +2  Etag,Location  600      defaults
`
	if diff := cmp.Diff(want[1:], b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := listed(t).cors.Routes().WriteTable(full{}); !errors.Is(err, errFull) {
		t.Errorf("writing failed: %v", err)
	}
}

// A route that nobody may use is in the table.
func TestWriteTableNoPolicy(t *testing.T) {
	s := newSite(t, "")
	s.add(t, "GET /x")
	var b strings.Builder
	must(t, s.cors.Routes().WriteTable(&b))
	if _, got, _ := strings.Cut(b.String(), "\n"); got != "GET /x  no origin at all\n" {
		t.Errorf("%q", got)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestRoutePolicyJSON(t *testing.T) {
	got, err := json.MarshalIndent(listed(t).cors.Routes()[:1], "", " ")
	must(t, err)
	want := `[
 {
  "route": "PUT /articles/{id}",
  "pattern": "/articles/{id}",
  "method": "PUT",
  "covered": false,
  "origins": [
   {
    "origin": "https://admin.example",
    "layer": "route",
    "options": {
     "allow_credentials": true,
     "max_age": -1
    },
    "methods": [
     "PUT"
    ]
   },
   {
    "origin": "https://*.bad.example",
    "layer": "route",
    "options": {
     "deny": true
    },
    "methods": []
   },
   {
    "origin": "https://app.example",
    "layer": "defaults",
    "options": {
     "expose_headers": [
      "Etag",
      "Location"
     ],
     "allow_headers": [
      "content-type",
      "idempotency-key",
      "x-request-id"
     ],
     "max_age": 600
    },
    "methods": [
     "PUT"
    ]
   }
  ]
 }
]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	got, err = json.Marshal(listed(t).cors.Routes()[2:])
	must(t, err)
	want = `[{"route":"/api/x","pattern":"/api/x","method":"","covered":false,"origins":[{"origin":"*","layer":"route","options":{},"methods":["GET","HEAD","POST"]}]},` +
		`{"route":"GET /r","pattern":"/r","method":"GET","covered":true,`
	if !strings.HasPrefix(string(got), want) {
		t.Errorf("%s, want %s…", got, want)
	}
}
