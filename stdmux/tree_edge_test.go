package stdmux

import (
	"net/http"
	"testing"

	"github.com/routecors/routecors"
)

// A tree of one host opens no route of another, also where a mount has a host already.
func TestTreeMountHosts(t *testing.T) {
	mux, sub := http.NewServeMux(), http.NewServeMux()
	router := New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	inner := router.Mount("h.example/api", sub)
	inner.HandleFunc("GET /x", ok)
	open := routecors.Policy{app: {AllowMethods: []string{"GET"}}}
	must(t, cors.Add(inner.Tree("other.example/"), open))
	if shared(mux, "GET", "http://h.example/api/x") {
		t.Error("the tree of other.example opens a route of h.example")
	}
	must(t, cors.Add(inner.Tree("h.example/"), open))
	if !shared(mux, "GET", "http://h.example/api/x") {
		t.Error("the tree of h.example opens no route of it")
	}
}

// NotFound is registered while requests come to its tree.
func TestNotFoundWhileServing(t *testing.T) {
	mux := http.NewServeMux()
	router := New(mux)
	done := make(chan bool)
	go func() {
		defer close(done)
		for range 2000 {
			if res := do(mux, "GET", "/api/none"); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s, Allow %q", res.Status, res.Header.Get("Allow"))
			}
		}
	}()
	router.Tree("/api").NotFound(nil)
	<-done
}

// An Update that is refused leaves the router as it was.
func TestTreeUpdateRefused(t *testing.T) {
	mux := http.NewServeMux()
	router := New(mux)
	cors, err := routecors.Setup(router, nil, routecors.RefuseWidening())
	must(t, err)
	tree := router.Tree("/api/")
	must(t, cors.Add(tree, routecors.Policy{app: {AllowMethods: []string{"PUT"}}}))
	router.HandleFunc("GET /api/x", ok)
	if err := cors.Update(tree, routecors.Policy{app: {AllowMethods: []string{"PUT", "GET"}}}); err == nil {
		t.Fatal("not refused")
	}
	if res := do(mux, "OPTIONS", "/api/x"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("OPTIONS of a private route: %s", res.Status)
	}
}

// Two trees of one pattern are one too many, also at the same time.
func TestTreeAddTwice(t *testing.T) {
	for range 200 {
		router := New(http.NewServeMux())
		cors, err := routecors.Setup(router, nil)
		must(t, err)
		start, errs := make(chan bool), make(chan error)
		for range 2 {
			go func() {
				<-start
				errs <- cors.Add(router.Tree("/api/"), routecors.Policy{app: {}})
			}()
		}
		close(start)
		if a, b := <-errs, <-errs; (a == nil) == (b == nil) {
			t.Fatalf("%v, and %v", a, b)
		}
	}
}
