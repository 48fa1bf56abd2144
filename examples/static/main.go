// Static is a server of files that pages of other origins may read, by http.FileServerFS
// under a tree: each response of it has the headers, also 206, 304, 404 and 416.
package main

import (
	"embed"
	"io/fs"
	"log"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/stdmux"
)

//go:embed site
var embedded embed.FS

// policy lets pages of one origin read the files, a part of them, and their ETag.
var policy = routecors.Policy{"https://app.example.com": {
	AllowMethods:  []string{"GET"},
	AllowHeaders:  []string{"If-None-Match", "Range"},
	ExposeHeaders: []string{"Accept-Ranges", "Content-Range", "ETag"},
	MaxAge:        3600,
}}

// files serves the embedded files. These have no time of change, so that a browser can
// only ask again by an ETag.
func files() http.Handler {
	site, err := fs.Sub(embedded, "site")
	if err != nil {
		panic(err) // the directory is embedded
	}
	next := http.StripPrefix("/static/", http.FileServerFS(site))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		next.ServeHTTP(w, r)
	})
}

func newHandler() (http.Handler, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	if err != nil {
		return nil, err
	}
	if err := cors.Add(router.Tree("/static/"), policy); err != nil {
		return nil, err
	}
	router.Handle("GET /static/", files())
	return mux, nil
}

// newChiHandler is newHandler for chi, where GET does not include HEAD.
func newChiHandler() (http.Handler, error) {
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, nil)
	if err != nil {
		return nil, err
	}
	r.Use(cors.Handler)
	if err := cors.Add(router.Tree("/static/"), policy); err != nil {
		return nil, err
	}
	files := files()
	router.Method("GET", "/static/*", files)
	router.Method("HEAD", "/static/*", files)
	return r, nil
}

func main() {
	handler, err := newHandler()
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:8080", handler))
}
