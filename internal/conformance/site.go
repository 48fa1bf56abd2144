// Package conformance holds what every adapter must do: golden cases on the wire,
// and the checks of the property tests. The tests of an adapter run both.
package conformance

import (
	"fmt"
	"io"
	"log"
	"net/http"
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

// A Site is one router with its adapter. Patterns are those of ServeMux, without
// the method; method "" stands for every method.
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
	handled   map[string]*routecors.Route
}

func (b *builder) build(line string) error {
	line, does, _ := strings.Cut(line, " do ")
	line, with, _ := strings.Cut(line, " with ")
	var policies []routecors.Policy
	for _, name := range strings.Fields(with) {
		p, ok := b.policies[name]
		if !ok {
			return fmt.Errorf("no section %q", name)
		}
		policies = append(policies, p)
	}
	verb, what, _ := strings.Cut(line, " ")
	method, pattern, _ := strings.Cut(what, " ")
	if method == "*" {
		method = ""
	}
	switch verb {
	case "public":
		return b.cors.Add(b.site.Handle(method, pattern, leaf{what, does}), policies...)
	case "private":
		b.site.Handle(method, pattern, leaf{what, does})
	case "bare":
		b.site.HandleBare(method, pattern, leaf{what, does})
	case "resource":
		b.resources[method] = b.site.Resource(method)
		if pattern != "unadded" {
			return b.cors.Add(b.resources[method], policies...)
		}
	case "handle":
		b.handled[what] = b.resources[pattern].Handle(method, leaf{what, does})
	case "add":
		if r := b.resources[what]; r != nil {
			return b.cors.Add(r, policies...)
		}
		return b.cors.Add(b.handled[what], policies...)
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
		case "":
		default:
			panic("unknown act " + act)
		}
	}
	w.WriteHeader(status)
	io.WriteString(w, l.name)
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
