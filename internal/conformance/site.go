// Package conformance holds what every adapter must do: golden cases on the wire,
// the contract of Resolve, and the checks of the property tests. It is what
// corstest.TestAdapter runs.
package conformance

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/routecors/routecors"
)

// A Router is a kind of router under test.
type Router struct {
	Name string
	New  func() Site
}

// A Site is one router with its adapter: see corstest.Router.
type Site interface {
	http.Handler
	Adapter() routecors.RouterAdapter
	Handle(method, pattern string, h http.Handler) *routecors.Route
	HandleBare(method, pattern string, h http.Handler)
	Resource(pattern string) *routecors.Resource
}

var silent = log.New(io.Discard, "", 0)

type builder struct {
	*Table
	site      Site
	cors      *routecors.CorsConfig
	chain     http.Handler
	resources map[string]*routecors.Resource
	routes    map[string]*routecors.Route // by method and pattern, as the line has them
}

// A line is one line of routes.
type line struct {
	verb            string
	method, pattern string // "" for every method
	what            string // method and pattern as they are written
	with            []string
	does            string
}

func parseLine(text string) (l line) {
	text, l.does, _ = strings.Cut(text, " do ")
	text, with, _ := strings.Cut(text, " with ")
	l.with = strings.Fields(with)
	l.verb, l.what, _ = strings.Cut(text, " ")
	l.method, l.pattern, _ = strings.Cut(l.what, " ")
	if l.method == "*" {
		l.method = ""
	}
	return l
}

// registers reports whether the line puts a handler into the router.
func (l line) registers() bool {
	return slices.Contains([]string{"public", "private", "bare", "handle"}, l.verb)
}

func (b *builder) build(l line) error {
	var policies []routecors.Policy
	for _, name := range l.with {
		p, ok := b.policies[name]
		if !ok {
			return fmt.Errorf("no section %q", name)
		}
		policies = append(policies, p)
	}
	method, pattern, what, h := l.method, l.pattern, l.what, leaf{l.what, l.does}
	switch l.verb {
	case "public":
		b.routes[what] = b.site.Handle(method, pattern, h)
		return b.cors.Add(b.routes[what], policies...)
	case "private":
		b.routes[what] = b.site.Handle(method, pattern, h)
	case "bare":
		b.site.HandleBare(method, pattern, h)
	case "resource":
		b.resources[method] = b.site.Resource(method)
		if pattern != "unadded" {
			return b.cors.Add(b.resources[method], policies...)
		}
	case "handle":
		b.routes[what] = b.resources[pattern].Handle(method, h)
	case "add":
		if r := b.resources[what]; r != nil {
			return b.cors.Add(r, policies...)
		}
		return b.cors.Add(b.routes[what], policies...)
	case "group":
		group, err := b.cors.Group(b.policies[what])
		if err != nil {
			return err
		}
		b.cors = group
	case "middleware":
		mw, ok := middlewares[what]
		if !ok {
			return fmt.Errorf("unknown middleware")
		}
		b.chain = mw(b.chain)
	default:
		return fmt.Errorf("unknown line")
	}
	return nil
}

// A leaf is a user's handler. It answers with its name, and does what a golden
// case says first.
type leaf struct{ name, does string }

func (l leaf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	trace, _ := r.Context().Value(traceKey{}).(Trace)
	if trace.Ran != nil {
		trace.Ran(l.name)
	}
	w.Header()["Content-Type"] = nil // net/http guesses none
	status := http.StatusOK
	for act := range strings.SplitSeq(l.does, "; ") {
		f := strings.SplitN(act, " ", 3)
		switch f[0] {
		case "set":
			w.Header().Set(f[1], f[2])
		case "add":
			w.Header().Add(f[1], f[2])
		case "status":
			status, _ = strconv.Atoi(f[1])
		case "panic":
			panic("as the case says")
		case "path":
			l.name += " " + r.PathValue(f[1])
		case "sleep":
			<-r.Context().Done()
		case "stream":
			w.WriteHeader(status)
			stream(w, trace.Released)
			return
		case "websocket":
			greet(w, r)
			return
		case "":
		default:
			panic("unknown act " + act)
		}
	}
	w.WriteHeader(status)
	io.WriteString(w, l.name)
}

// A Trace watches the handlers of a case.
type Trace struct {
	Ran      func(name string) // is called when a handler runs
	Released <-chan struct{}   // a handler that streams receives from it between its chunks
}

type traceKey struct{}

// WithTrace returns r with trace for the handlers that it comes to.
func WithTrace(r *http.Request, trace Trace) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), traceKey{}, trace))
}

// stream and greet ask for Flusher and Hijacker as most programs do, not by way of
// http.ResponseController, which would find them behind a wrapper.

func stream(w http.ResponseWriter, released <-chan struct{}) {
	io.WriteString(w, "one")
	w.(http.Flusher).Flush()
	select {
	case <-released:
	case <-time.After(5 * time.Second):
	}
	io.WriteString(w, "two")
}

// greet is a WebSocket server that says hello and closes:
// https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2.
func greet(w http.ResponseWriter, r *http.Request) {
	conn, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	accept := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(accept[:]))
	rw.WriteString("\x81\x05hello\x88\x02\x03\xe8") // a text frame, and a Close frame of status 1000
	rw.Flush()
	rw.Discard(8) // the Close frame of the client, after which the server closes first
}

var middlewares = map[string]func(http.Handler) http.Handler{
	"auth": func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	},
	"timeout": func(next http.Handler) http.Handler {
		return http.TimeoutHandler(next, 20*time.Millisecond, "too slow")
	},
	"compress": func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Accept-Encoding") // as those that compress do
			next.ServeHTTP(w, r)
		})
	},
	"recover": func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(w, r)
		})
	},
}
