// A program with WebSockets: gorilla/websocket and coder/websocket ask the policies of
// their routes whose handshakes to accept. Forms are guarded by the same policies.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

func newHandler() (http.Handler, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{ // the defaults
		"https://app.example.com":   {AllowCredentials: true},
		"https://*.partner.example": {AllowCredentials: true, ExposeHeaders: []string{"*"}},
	})
	if err != nil {
		return nil, err
	}
	upgrader := &gorilla.Upgrader{CheckOrigin: cors.CheckOrigin}
	err = errors.Join(
		cors.Add(router.HandleFunc("GET /gorilla", func(w http.ResponseWriter, r *http.Request) { echoGorilla(upgrader, w, r) })),
		cors.Add(router.HandleFunc("GET /coder", func(w http.ResponseWriter, r *http.Request) { echoCoder(cors, w, r) })),
		cors.Add(router.HandleFunc("POST /messages", post)),
	)
	// Private: for the site's own pages.
	mux.HandleFunc("GET /admin/gorilla", func(w http.ResponseWriter, r *http.Request) { echoGorilla(upgrader, w, r) })
	mux.HandleFunc("GET /admin/coder", func(w http.ResponseWriter, r *http.Request) { echoCoder(cors, w, r) })
	return cors.Handler(cors.CrossOriginProtection().Handler(mux)), err
}

// echoGorilla sends each message back.
func echoGorilla(upgrader *gorilla.Upgrader, w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.Close()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if err := conn.WriteMessage(kind, message); err != nil {
			return
		}
	}
}

// echoCoder sends each message back. OriginPatterns are those of one endpoint in
// another grammar, so they would be a second list to keep. InsecureSkipVerify only says
// that Accept need not check what was checked.
func echoCoder(cors *routecors.CorsConfig, w http.ResponseWriter, r *http.Request) {
	if !cors.CheckOrigin(r) {
		http.Error(w, "this page may not open a WebSocket here", http.StatusForbidden)
		return
	}
	conn, err := coder.Accept(w, r, &coder.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	for {
		kind, message, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if err := conn.Write(r.Context(), kind, message); err != nil {
			return
		}
	}
}

func post(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "posted") }

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
