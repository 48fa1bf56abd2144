package routecors_test

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// Policies of a tree that are no longer in use are forgotten, also where the routes below
// it have different layers.
func TestTreeUpdateMemory(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	tree := router.Tree("/a")
	must(t, cors.Add(tree))
	router.HandleFunc("/a/x", noop)
	router.Handle("/a/v", view{"PUT": {y: {}}, "": {y: {AllowMethods: []string{"DELETE"}}}})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	update := func(from, to int) {
		for i := from; i < to; i++ {
			n := fmt.Sprint(i)
			must(t, cors.Update(tree, routecors.Policy{"https://a" + n + ".example": {AllowMethods: []string{"GET", "M" + n}}}))
		}
	}
	update(0, 500)
	before := heap()
	update(500, 4500)
	if after := heap(); after > before+100_000 {
		t.Errorf("4000 updates took %d bytes for good", after-before)
	}
	runtime.KeepAlive(mux)
}
