package main

import (
	"crypto/subtle"
	"errors"
	"io"
	"net/http"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// newAPI returns the API: as it would be in production, or set up with WithDebug for
// requests whose query says debug. Everything else about the two is the same.
func newAPI(o origins, seen *traces) (http.Handler, error) {
	production, err := newServer(o, seen)
	if err != nil {
		return nil, err
	}
	debug, err := newServer(o, seen, routecors.WithDebug())
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("debug") {
			debug.ServeHTTP(w, r)
			return
		}
		production.ServeHTTP(w, r)
	}), nil
}

func newServer(o origins, seen *traces, options ...routecors.Option) (http.Handler, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{o.app: {}}, options...)
	if err != nil {
		return nil, err
	}
	everyone := routecors.Policy{"*": {}}
	allBut := routecors.Policy{o.app: {Deny: true}, "*": {}}
	writer := routecors.Policy{o.app: {AllowHeaders: []string{"Content-Type"}, MaxAge: 600}}
	signedIn := routecors.Policy{o.app: {AllowCredentials: true}}
	bearer := routecors.Policy{o.app: {AllowHeaders: []string{"Authorization"}}}
	err = errors.Join(
		cors.Add(router.HandleFunc("GET /weather", says("Sunny, 21 degrees.")), everyone),
		cors.Add(router.HandleFunc("GET /profile", says("Ada, who reads on Sundays."))),
		cors.Add(router.HandleFunc("GET /offer", says("Half price, everywhere else.")), allBut),
		cors.Add(router.HandleFunc("GET /archive/", says("1984 to 2024."))),
		cors.Add(router.HandleFunc("PUT /notes/{id}", says("Saved the note.")), writer),
		cors.Add(router.HandleFunc("DELETE /notes/{id}", says("Deleted the note.")), writer),
		cors.Add(router.HandleFunc("/search", says("Three notes found."))),
		cors.Add(router.HandleFunc("POST /login", login), signedIn),
		cors.Add(router.HandleFunc("GET /me", me), signedIn),
		cors.Add(router.HandleFunc("GET /reports", says("All is well.")), bearer),
	)
	// Private, though a public pattern matches the first.
	router.HandleFunc("DELETE /notes/all", says("Deleted every note."))
	router.HandleFunc("POST /guestbook", says("Thank you for your entry."))

	// Preflights are answered ahead of auth, and a page can read auth's 401.
	return seen.record(cors, cors.Handler(auth(mux))), errors.Join(err, cors.Verify())
}

// says returns a handler that answers with text.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		noteRun(r)
		io.WriteString(w, text+"\n")
	}
}

const cookieName = "routecors-playground"

func login(w http.ResponseWriter, r *http.Request) {
	noteRun(r)
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: "Ada", Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	io.WriteString(w, "Signed in as Ada.\n")
}

func me(w http.ResponseWriter, r *http.Request) {
	noteRun(r)
	if _, err := r.Cookie(cookieName); err != nil {
		http.Error(w, "Nobody is signed in.", http.StatusUnauthorized)
		return
	}
	io.WriteString(w, "You are Ada.\n")
}

// auth asks for a token in front of /reports.
func auth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Authorization")
		if r.URL.Path == "/reports" && subtle.ConstantTimeCompare([]byte(token), []byte("Bearer secret")) == 0 {
			http.Error(w, "Send Authorization: Bearer secret.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
