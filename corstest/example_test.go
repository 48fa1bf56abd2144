package corstest_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/stdmux"
)

// newAPI is what the examples test: anyone may read, the app may write.
func newAPI() (*routecors.CorsConfig, http.Handler, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{
		"https://app.example.com": {AllowHeaders: []string{"Content-Type"}, AllowCredentials: true},
	})
	if err != nil {
		return nil, nil, err
	}
	ok := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") }
	mux.HandleFunc("DELETE /articles/all", ok) // private
	return cors, cors.Handler(mux), errors.Join(
		cors.Add(router.HandleFunc("GET /articles/{id}", ok), routecors.Policy{"*": {}}),
		cors.Add(router.HandleFunc("PUT /articles/{id}", ok)),
		cors.Add(router.HandleFunc("DELETE /articles/{id}", ok)),
	)
}

// example runs a test as an example, which has no testing.TB of its own.
func example(test func(t testing.TB)) {
	testing.Benchmark(func(b *testing.B) {
		if b.N == 1 {
			test(b)
		}
	})
}

func Example() {
	example(func(t testing.TB) {
		_, api, err := newAPI()
		if err != nil {
			t.Fatal(err)
		}
		browser := corstest.Browser(t, api)

		app := browser.Page("https://app.example.com")
		put := app.Fetch("PUT", "/articles/7",
			corstest.Header("Content-Type", "application/json"), corstest.Body("{}"), corstest.Credentials("include"))
		fmt.Println(put.Type, put.Status, put.Body)

		anyone := browser.Page("https://anyone.example")
		fmt.Println(anyone.CanRead("GET", "/articles/7"), anyone.CanRead("PUT", "/articles/7"))
		fmt.Println(app.Fetch("DELETE", "/articles/all").Failure)
	})
	// Output:
	// cors 200 ok
	// true false
	// CORS check of the preflight: the response has no Access-Control-Allow-Origin (https://fetch.spec.whatwg.org/#concept-cors-check)
}

func ExampleMatrix() {
	example(func(t testing.TB) {
		cors, _, err := newAPI()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Print(corstest.Matrix(t, cors, "DELETE /articles/all"))
	})
	// Output:
	// DELETE /articles/{id}
	//   DELETE  any other origin         nothing
	//   DELETE  https://app.example.com  reads, with credentials; sends content-type
	// GET /articles/{id}
	//   GET, HEAD  any other origin  reads
	// PUT /articles/{id}
	//   PUT  any other origin         nothing
	//   PUT  https://app.example.com  reads, with credentials; sends content-type
	// DELETE /articles/all (private)
	//   DELETE  any other origin  nothing
}
