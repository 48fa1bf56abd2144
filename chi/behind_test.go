package chicors_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
)

// TestBehind: what is no preflight reaches what chi would run without ours.
func TestBehind(t *testing.T) {
	tests := []struct {
		name     string
		register func(r chi.Router)
		want     string
	}{
		{"nothing", func(chi.Router) {}, "204  Allow: OPTIONS, PUT"},
		{"a private method", func(r chi.Router) { r.Get("/a/{id}", says("get")) }, "204  Allow: GET, OPTIONS, PUT"},
		{"OPTIONS on the node", func(r chi.Router) { r.Options("/a/{name}", says("theirs")) }, "200  theirs name=x (/a/{name})"},
		{"OPTIONS, wider", func(r chi.Router) { r.Options("/a/*", says("theirs")) }, "200  theirs *=x (/a/*)"},
		{"every method, wider", func(r chi.Router) { r.Handle("/*", says("theirs")) }, "200  theirs *=a/x (/*)"},
		{"a mount, wider", func(r chi.Router) {
			r.Route("/a", func(r chi.Router) { r.Options("/{name}", says("theirs")) })
		}, "200  theirs *= name=x (/a/{name})"},
		{"inline middlewares", func(r chi.Router) { r.With(logs("inline")).Options("/a/*", says("theirs")) }, "200  inline theirs *=x (/a/*)"},
	}
	for _, tt := range tests {
		plain := chi.NewRouter()
		tt.register(plain)
		r, router, cors := setup(t)
		tt.register(r)
		add(t, cors, router.Put("/a/{id}", says("ours")))
		if got := send(r, "OPTIONS", "/a/x", ""); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.want)
		}
		if got := send(plain, "OPTIONS", "/a/x", ""); strings.HasPrefix(tt.want, "200") && got != tt.want {
			t.Errorf("%s: chi alone: %s; want %s", tt.name, got, tt.want)
		}
		if got := send(r, "OPTIONS", "/a/x", "PUT"); got != "204 "+app {
			t.Errorf("%s: preflight: %s", tt.name, got)
		}
	}
}

// TestKept: what stands on a node when ours comes stays, under its own parameters.
func TestKept(t *testing.T) {
	foreign := func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Access-Control-Allow-Origin", "own") }
	type world struct {
		r      *chi.Mux
		router *chicors.Adapter
		cors   *routecors.CorsConfig
	}
	tests := []struct {
		name             string
		build            func(w world)
		path, ask, wants string
	}{
		{"OPTIONS of a catch-all, behind a parameter", func(w world) {
			w.r.Options("/a/*", says("theirs"))
			add(t, w.cors, w.router.Get("/a/{id}", says("id")))
			add(t, w.cors, w.router.Put("/a/*", says("rest")))
		}, "/a/x/y", "", "200  theirs *=x/y (/a/*)"},
		{"a foreign mount behind a parameter", func(w world) {
			w.r.Mount("/a", http.HandlerFunc(foreign))
			add(t, w.cors, w.router.Get("/a/{id}", says("id")))
			add(t, w.cors, w.router.Put("/a/*", says("rest")))
		}, "/a/x/y", "", "200 own "},
		{"preflights of a foreign mount with CORS of its own", func(w world) {
			w.r.Mount("/a", http.HandlerFunc(foreign))
			add(t, w.cors, w.router.Put("/a/*", says("rest")))
		}, "/a/x", "DELETE", "200 own "},
		{"the parameter of a mount", func(w world) {
			w.r.Route("/{tenant}", func(r chi.Router) { r.Options("/", says("theirs")) })
			add(t, w.cors, w.router.Put("/{id}", says("put")))
		}, "/acme", "", "200  theirs tenant=acme (/{tenant})"},
		{"an expression that is anchored by hand", func(w world) {
			w.r.Options("/a/{id:^[0-9]+$}", says("theirs"))
			add(t, w.cors, w.router.Put("/a/{n:[0-9]+}", says("put")))
		}, "/a/7", "", "200  theirs id=7 (/a/{id:^[0-9]+$})"},
	}
	for _, tt := range tests {
		r, router, cors := setup(t)
		tt.build(world{r, router, cors})
		if got := send(r, "OPTIONS", tt.path, tt.ask); got != tt.wants {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.wants)
		}
	}
}
