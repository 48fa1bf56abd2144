package conformance

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/routecors/routecors"
)

// A Suite is what corstest.TestAdapter asks of one kind of router.
type Suite struct {
	router     Router
	registrar  bool // the adapter is an OPTIONSRegistrar
	prober     bool
	verifier   bool
	known      sync.Map // whether the router has "METHOD /pattern", as it was asked
	ran        atomic.Int32
	skipped    atomic.Int32
	exchanges  atomic.Int32
	incomplete atomic.Int32 // exchanges that were not compared
}

// A Check is one thing that an adapter must do. Checks know of no testing.T, so that
// tests of the suite can see them fail.
type Check struct {
	Name string // of its sub-test
	Run  func(testing.TB)
}

// A Name is what golden cases call a router that they have words for.
type Name string

// NewSuite returns the suite for the routers that newSite makes. Golden cases hold as
// they are written for one that has a method Name() Name.
func NewSuite(newSite func() Site) *Suite {
	site := newSite()
	s := &Suite{router: Router{New: newSite}}
	if named, ok := site.(interface{ Name() Name }); ok {
		s.router.Name = string(named.Name())
	}
	adapter := site.Adapter()
	_, s.registrar = adapter.(routecors.OPTIONSRegistrar)
	_, s.prober = adapter.(routecors.Prober)
	_, s.verifier = adapter.(routecors.RouteVerifier)
	return s
}

// Checks returns all checks.
func (s *Suite) Checks() (checks []Check) {
	checks = append(checks, s.goldenChecks()...)
	checks = append(checks, s.resolveChecks()...)
	checks = append(checks, s.propertyChecks()...)
	return append(checks, s.verifyChecks()...)
}

// servings are the ways in which the router can be served.
func (s *Suite) servings() []string {
	if !s.registrar {
		return []string{"handler"}
	}
	return []string{"bare", "handler"}
}

// Report logs what the checks could not see, and fails if that is too much. It is
// for when they are done.
func (s *Suite) Report(t testing.TB) {
	t.Helper()
	if !s.registrar {
		t.Log("the adapter is no OPTIONSRegistrar: only CorsConfig.Handler was tested")
	}
	if !s.prober {
		t.Log("the adapter is no Prober: browsers keep no answer that names headers, which is accepted")
	}
	if !s.verifier {
		t.Log("the adapter is no RouteVerifier: Verify finds no shadowed route")
	}
	ran, skipped := s.ran.Load(), s.skipped.Load()
	if skipped == 0 && s.incomplete.Load() == 0 {
		return
	}
	t.Logf("skipped %d of %d golden checks, and %d of %d exchanges of the others", skipped, ran, s.incomplete.Load(), s.exchanges.Load())
	if skipped*3 > ran && ran > 30 {
		t.Errorf("more than a third of the golden checks were skipped: too little is proved; have Router.Handle translate more patterns and methods")
	}
}

// has reports whether the router has pattern for method, "" for every method.
func (s *Suite) has(method, pattern string) bool {
	ask := func() bool {
		return s.router.New().Handle(method, pattern, http.NotFoundHandler()) != nil
	}
	known, _ := s.known.LoadOrStore(method+" "+pattern, sync.OnceValue(ask))
	return known.(func() bool)()
}

// takes is has for a random pattern, which the router may refuse by a panic.
func (s *Suite) takes(method, pattern string) (ok bool) {
	defer func() { _ = recover() }()
	return s.has(method, pattern)
}

func failing(name string, err error) Check {
	return Check{name, func(t testing.TB) { t.Fatal(err) }}
}
