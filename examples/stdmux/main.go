// The program of the README: public and private routes on one http.ServeMux.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

func newHandler() (http.Handler, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{ // the defaults
		"https://app.example.com": {AllowHeaders: []string{"Content-Type"}, MaxAge: 600},
	})
	if err != nil {
		return nil, err
	}
	anyone := routecors.Policy{"*": {}}
	admins := routecors.Policy{"https://admin.example.com": {AllowCredentials: true, AllowHeaders: []string{"X-CSRF-Token"}}}
	err = errors.Join(
		cors.Add(router.HandleFunc("GET /articles/{id}", show), anyone),
		cors.Add(router.HandleFunc("POST /articles", create)), // by the defaults
		cors.Add(router.HandleFunc("DELETE /articles/{id}", remove), admins),
	)
	mux.HandleFunc("DELETE /articles/all", purge) // private
	return cors.Handler(mux), err
}

func show(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "article %s\n", r.PathValue("id"))
}

func create(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", "/articles/7")
	w.WriteHeader(http.StatusCreated)
}

func remove(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "removed %s\n", r.PathValue("id"))
}

func purge(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "removed everything\n") }

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
