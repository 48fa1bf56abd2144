package routecors_test

import (
	"sync"
	"testing"

	"github.com/routecors/routecors"
)

// What stands here are cases where two features meet.

// TestAuditWhileRoutesClose: what an audit has listed is private before it is looked at.
func TestAuditWhileRoutesClose(t *testing.T) {
	s := newSite(t, "")
	for _, pattern := range []string{"PUT /x", "POST /x", "PUT /y"} {
		s.router.Handle(pattern, text("x"))
	}
	s.cors.Handler(s.cors.CrossOriginProtection().Handler(s.mux))
	files := []*routecors.PolicyFile{file(t, `{"routes": {"/*": {"https://app.example": {}}}}`), file(t, `{}`)}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for i := range 1000 {
			if _, err := s.cors.Apply(files[i%2]); err != nil {
				t.Error(err)
			}
		}
	})
	for range 200 {
		s.cors.Audit()
		s.cors.Verify()
		s.cors.Routes()
		_ = s.cors.Counters().String()
	}
}

// TestZeroValues: a program that declares one where it should ask a CorsConfig for it
// has something that opens nothing, and does not panic at the first attack.
func TestZeroValues(t *testing.T) {
	var protection routecors.CrossOriginProtection
	h := protection.Handler(text("served"))
	for site, want := range map[string]string{"cross-site": "403", "same-origin": "200"} {
		if got := answer(ask(h, "POST", "/x", "Origin: "+app, "Sec-Fetch-Site: "+site)); got != want {
			t.Errorf("%s: got %s, want %s", site, got, want)
		}
	}
	if got := new(routecors.Counters).String(); got != "[]" {
		t.Errorf("counters: got %s, want []", got)
	}
	s := newSite(t, "")
	_, err := s.cors.Apply(&routecors.PolicyFile{})
	wantError(t, "policy file", err, "routecors: Apply: nil file; pass what ReadPolicyFile returned")
}
