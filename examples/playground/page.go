package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
)

//go:embed page
var files embed.FS

var index = template.Must(template.ParseFS(files, "page/index.html"))

// newPage returns the server of the page at origin, in the role "app" or "stranger".
func newPage(role, origin string, o origins, seen *traces) (http.Handler, error) {
	var html bytes.Buffer
	err := index.Execute(&html, map[string]any{
		"Stranger": role == "stranger",
		"Origin":   origin,
		"Origins":  map[string]string{"App": o.app, "Stranger": o.stranger, "API": o.api},
		"Groups":   groups,
		"Config":   map[string]any{"role": role, "origin": origin, "api": o.api, "scenarios": all()},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(html.Bytes())
	})
	for _, name := range []string{"page.css", "page.js", "ladder.js", "icon.svg"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, files, "page/"+name)
		})
	}
	mux.Handle("GET /trace", seen)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if "http://"+r.Host != origin { // localhost is another origin, which no policy lists
			http.Redirect(w, r, origin, http.StatusFound)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' "+
			o.api+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		mux.ServeHTTP(w, r)
	}), nil
}

// all returns the scenarios of all groups.
func all() (list []scenario) {
	for _, g := range groups {
		list = append(list, g.Scenarios...)
	}
	return list
}
