// A program on gorilla/mux, for which this module has no adapter: adapter.go is one.
// It is to be copied.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/routecors/routecors"
)

func newHandler() (http.Handler, error) {
	r := mux.NewRouter()
	router := NewAdapter(r)
	cors, err := routecors.Setup(router, routecors.Policy{ // the defaults
		"https://app.example.com": {AllowHeaders: []string{"Content-Type"}, MaxAge: 600},
	})
	if err != nil {
		return nil, err
	}
	anyone := routecors.Policy{"*": {}}
	r.HandleFunc("/articles/all", purge).Methods("DELETE") // private; before /articles/{id}, as always in gorilla/mux
	admin := r.PathPrefix("/admin").Subrouter()
	admin.Use(auth)
	err = errors.Join(
		cors.Add(router.Route(r.HandleFunc("/articles/{id}", show).Methods("GET", "HEAD")), anyone),
		cors.Add(router.Route(r.HandleFunc("/articles", create).Methods("POST"))), // by the defaults
		cors.Add(router.Route(r.HandleFunc("/articles/{id}", remove).Methods("DELETE"))),
		cors.Add(router.Route(admin.HandleFunc("/stats", stats).Methods("GET")), routecors.Policy{
			"https://admin.example.com": {AllowCredentials: true, AllowHeaders: []string{"Authorization"}},
		}),
	)
	h := cors.Handler(r)
	return h, errors.Join(err, cors.Verify())
}

func show(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "article %s\n", mux.Vars(r)["id"])
}

func create(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", "/articles/7")
	w.WriteHeader(http.StatusCreated)
}

func remove(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "removed %s\n", mux.Vars(r)["id"])
}

func purge(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "removed everything\n") }

func stats(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "7 articles\n") }

func auth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

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
