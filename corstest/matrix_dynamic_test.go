package corstest_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/stdmux"
)

// TestMatrixDynamic: the function of a Dynamic is named, and not asked. What stands
// nearer is tried as ever.
func TestMatrixDynamic(t *testing.T) {
	router := stdmux.New(http.NewServeMux())
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example": {}, "*": {Deny: true}})
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := cors.Dynamic(routecors.Dynamic{
		Origin: func(_ *http.Request, origin string) (*routecors.ResourceOptions, error) {
			t.Errorf("the function was asked about %s", origin)
			return nil, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		tenants.Add(router.HandleFunc("PUT /articles/{id}", never), routecors.Policy{
			"https://*.admin.example": {AllowCredentials: true},
			"https://gone.example":    {Deny: true},
			`regexp:https://a\bb\.eu`: {},
		}),
		tenants.Add(router.HandleFunc("/every", never)),
		tenants.Add(router.HandleFunc("GET /open", never), routecors.Policy{"*": {}}),
		cors.Add(router.HandleFunc("GET /fixed", never)),
	)
	if err != nil {
		t.Fatal(err)
	}
	const want = `PUT /articles/{id}
  PUT  any other origin         as a function decides
  PUT  https://*.admin.example  reads, with credentials
  PUT  https://gone.example     nothing
  PUT  regexp:https://a\bb\.eu  no origin is known that it matches
/every
  GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS  any other origin  as a function decides
GET /fixed
  GET, HEAD  any other origin     sends, blind
  GET, HEAD  https://app.example  reads
GET /open
  GET, HEAD  any other origin  reads
DELETE /elsewhere (private)
  DELETE  any other origin  nothing
`
	if diff := cmp.Diff(want, corstest.Matrix(t, cors, "DELETE /elsewhere")); diff != "" {
		t.Errorf("matrix (-want +got)\n%s", diff)
	}
}
