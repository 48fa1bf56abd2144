// An API with public, partner and private endpoints in one router, which says at
// start who may do what.
package main

import (
	"crypto/subtle"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/inspect"
	"github.com/routecors/routecors/stdmux"
)

const (
	app     = "https://app.example.com"
	partner = "https://shop.partner.example"
	admin   = "https://admin.example.com"
	anyone  = "https://anyone.example"
)

// routes are those that table lists: every one that newHandler registers.
var routes = []string{
	"GET /articles",
	"GET /articles/{id}",
	"PUT /articles/{id}",
	"DELETE /articles/{id}",
	"DELETE /articles/all",
	"POST /orders",
	"GET /orders/{id}",
	"GET /admin/stats",
	"POST /admin/reset",
	"GET /internal/cors",
}

// newHandler returns the API, and the registry for the test that lists it.
func newHandler() (http.Handler, *routecors.CorsConfig, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{
		app: {AllowHeaders: []string{"Content-Type"}, ExposeHeaders: []string{"ETag"}, MaxAge: 600},
	})
	if err != nil {
		return nil, nil, err
	}
	partners, err := cors.Group(routecors.Policy{
		partner: {AllowCredentials: true, AllowHeaders: []string{"Content-Type", "Idempotency-Key"}, ExposeHeaders: []string{"Location"}},
		"*":     {Deny: true}, // not even the app
	})
	if err != nil {
		return nil, nil, err
	}
	err = errors.Join(
		// Anyone may read; the app may write, by the defaults.
		cors.Add(router.HandleFunc("GET /articles", list), routecors.Policy{"*": {ExposeHeaders: []string{"ETag"}}}),
		cors.Add(router.HandleFunc("GET /articles/{id}", show), routecors.Policy{"*": {ExposeHeaders: []string{"ETag"}}}),
		cors.Add(router.HandleFunc("PUT /articles/{id}", done)),
		cors.Add(router.HandleFunc("DELETE /articles/{id}", done)),

		// Partners, with their cookies.
		partners.Add(router.HandleFunc("POST /orders", order)),
		partners.Add(router.HandleFunc("GET /orders/{id}", show)),

		// The admin pages may read statistics, once they are logged in.
		cors.Add(router.HandleFunc("GET /admin/stats", show), routecors.Policy{
			admin: {AllowCredentials: true, AllowHeaders: []string{"Authorization"}},
			"*":   {Deny: true},
		}),
	)
	// Private: never a CORS header, never an approved preflight, though the first
	// lies under the public pattern of DELETE /articles/{id}.
	mux.HandleFunc("DELETE /articles/all", done)
	mux.HandleFunc("POST /admin/reset", done)

	// The page that shows all this: private, and behind auth.
	mux.Handle("GET /internal/cors", inspect.Handler(cors))

	// Preflights are answered ahead of auth, and a page can read auth's 401.
	h := cors.Handler(auth(mux))
	return h, cors, errors.Join(err, cors.Verify())
}

// auth asks for a token in front of everything below /admin/, and for a password, which
// browsers can ask people for, below /internal/.
func auth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Authorization")
		_, password, _ := r.BasicAuth()
		if strings.HasPrefix(r.URL.Path, "/admin/") && !same(token, "Bearer secret") {
			http.Error(w, "send Authorization: Bearer secret", http.StatusUnauthorized)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/internal/") && !same(password, "secret") {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "the password is secret", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func list(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "articles 1 to 7\n") }

func show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"1"`)
	fmt.Fprintf(w, "this is %s\n", r.URL.Path)
}

func order(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", "/orders/1")
	w.WriteHeader(http.StatusCreated)
}

func done(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s: done\n", r.Method, r.URL.Path)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	h, cors, err := newHandler()
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	fmt.Printf("The policies of each public route, the nearest first:\n\n")
	if err := cors.Routes().WriteTable(os.Stdout); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("\nWho may do what, as the API itself answers:\n\n")
	writeTable(os.Stdout, h)
	fmt.Printf("\nWhat the audit has to say:\n\n")
	for _, finding := range cors.Audit() {
		fmt.Println(finding)
	}
	writeExamples(os.Stdout, url)
	log.Fatal(http.Serve(l, h))
}
