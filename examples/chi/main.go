// CORS for each route of a chi router: sub-routers, groups, inline middlewares,
// and a table of routes that was there before.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/chi"
)

func newHandler() (http.Handler, error) {
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{
		"https://app.example.com": {AllowHeaders: []string{"Content-Type"}, MaxAge: 600},
	})
	if err != nil {
		return nil, err
	}
	r.Use(middleware.StripSlashes) // what rewrites paths comes before
	r.Use(cors.Handler)
	r.Use(middleware.Recoverer) // a 500 can be read by the page, too

	var errs []error
	add := func(e routecors.Entity, policies ...routecors.Policy) {
		errs = append(errs, cors.Add(e, policies...))
	}
	add(router.Get("/articles/{id:[0-9]+}", echo("article")), routecors.Policy{"*": {}})
	r.Delete("/articles/{id:[0-9]+}", echo("removed")) // private: the bare router

	r.Route("/admin", func(r chi.Router) {
		r.Use(auth) // preflights are answered before it
		admins := routecors.Policy{"https://admin.example.com": {AllowCredentials: true}}
		on := router.On(r)
		add(on.Get("/stats", echo("stats")), admins)
		add(on.Put("/stats/{name}", echo("set")), admins)
		r.Post("/reset", echo("reset")) // private
	})

	r.Mount("/reports", reports())
	for _, route := range router.On(r).Routes() {
		if route.Method() == http.MethodGet && route.Pattern() == "/{year}" {
			add(route) // of a table that knows nothing of CORS
		}
	}
	return r, errors.Join(append(errs, cors.Verify())...)
}

// reports is a router that somebody else wrote.
func reports() http.Handler {
	r := chi.NewRouter()
	r.Get("/{year}", echo("report"))
	r.Delete("/{year}", echo("removed report"))
	return r
}

func echo(what string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s\n", what, r.URL.Path)
	}
}

func auth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, ok := r.BasicAuth(); !ok {
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
