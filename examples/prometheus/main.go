// A program whose refusals of CORS requests are metrics for Prometheus: collector.go
// is the bridge. It is to be copied.
package main

import (
	"errors"
	"flag"
	"io"
	"log"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

func newHandler() (http.Handler, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{ // the defaults
		"https://app.example.com": {AllowHeaders: []string{"Content-Type"}},
	})
	if err != nil {
		return nil, err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(NewCollector(cors))
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})) // private; for the inner network alone

	err = errors.Join(
		cors.Add(router.HandleFunc("GET /articles/{id}", show), routecors.Policy{"*": {}}),
		cors.Add(router.HandleFunc("PUT /articles/{id}", put)),
	)
	h := cors.Handler(mux)
	return h, errors.Join(err, cors.Verify())
}

func show(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "an article\n") }

func put(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	h, err := newHandler()
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s", *addr)
	log.Fatal(http.ListenAndServe(*addr, h))
}
