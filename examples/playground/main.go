// A page to learn CORS from, with an API of another origin behind it. Each of its
// buttons makes real cross-origin requests, and shows beside it what the browser did,
// what the API received, and what Explain says of that. The same page is served once
// more as a stranger's, whose origin no policy lists.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
)

// origins are those of the three servers.
type origins struct{ app, stranger, api string }

// handlers are what the three servers serve.
type handlers struct{ app, stranger, api http.Handler }

// newHandlers returns the handlers of servers that are reached at o. What the API
// receives, both pages' own servers tell: a page needs no CORS to look at CORS.
func newHandlers(o origins) (h handlers, err error) {
	seen := &traces{}
	if h.api, err = newAPI(o, seen); err != nil {
		return h, err
	}
	if h.app, err = newPage("app", o.app, o, seen); err != nil {
		return h, err
	}
	h.stranger, err = newPage("stranger", o.stranger, o, seen)
	return h, err
}

func main() {
	app := flag.String("app", "127.0.0.1:0", "loopback address of the page; port 0 takes a free one")
	stranger := flag.String("stranger", "127.0.0.1:0", "loopback address of the same page as a stranger's")
	api := flag.String("api", "127.0.0.1:0", "loopback address of the API")
	flag.Parse()

	var listeners [3]net.Listener
	for i, addr := range []string{*app, *stranger, *api} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			log.Fatal(err)
		}
		listeners[i] = l
	}
	at := func(i int) string { return "http://" + listeners[i].Addr().String() }
	o := origins{app: at(0), stranger: at(1), api: at(2)}
	h, err := newHandlers(o)
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	for i, handler := range []http.Handler{h.app, h.stranger, h.api} {
		go func() { ended <- http.Serve(listeners[i], handler) }()
	}
	fmt.Printf("Open %s\n", o.app)
	log.Fatal(<-ended)
}
