package chicors_test

import (
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
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
