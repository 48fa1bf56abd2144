// View is a server whose handlers say themselves what pages of other origins may do,
// method by method: the class-based views of aiohttp_cors in Go.
package main

import (
	"encoding/json"
	"log"
	"net/http"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// An article is a view: it serves several methods, and carries their policies.
type article struct {
	text string
}

// CORSPolicies implements routecors.View. Every page may read; the admin may write.
func (*article) CORSPolicies() map[string]routecors.Policy {
	admin := routecors.Policy{"https://admin.example.com": {
		AllowCredentials: true,
		AllowHeaders:     append(routecors.CommonHeaders(), "X-Editor"),
	}}
	return map[string]routecors.Policy{
		"GET":    {"*": {}},
		"DELETE": admin,
	}
}

func (a *article) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		a.get(w, r)
	case http.MethodDelete:
		a.delete(w, r)
	default:
		w.Header().Set("Allow", "DELETE, GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

func (a *article) get(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(map[string]string{"id": r.PathValue("id"), "text": a.text})
}

func (a *article) delete(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func newHandler() (http.Handler, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	if err != nil {
		return nil, err
	}
	if err := cors.Add(router.Handle("/articles/{id}", &article{"Lorem ipsum"})); err != nil {
		return nil, err
	}
	return cors.Handler(mux), nil
}

func main() {
	handler, err := newHandler()
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:8080", handler))
}
