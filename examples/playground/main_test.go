package main

import (
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/routecors/routecors/internal/browsers"
)

// start serves the playground on loopback, as main does.
func start(t testing.TB, wrap func(http.Handler) http.Handler) origins {
	t.Helper()
	servers := make([]*httptest.Server, 3)
	at := make([]string, 3)
	var h handlers
	for i := range servers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at[i] = "http://" + l.Addr().String()
		servers[i] = &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			[]http.Handler{h.app, h.stranger, h.api}[i].ServeHTTP(w, r)
		})}}
	}
	o := origins{app: at[0], stranger: at[1], api: at[2]}
	var err error
	if h, err = newHandlers(o); err != nil {
		t.Fatal(err)
	}
	h.app, h.stranger = wrap(h.app), wrap(h.stranger)
	for _, s := range servers {
		s.Start()
		t.Cleanup(s.Close)
	}
	return o
}

var pictures = flag.String("pictures", "", "write pictures of the page, all run, into this directory")

// TestPictures writes what the README shows, and more to look at.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("-pictures names no directory")
	}
	program := browsers.Require(t, "chromium")
	o := start(t, func(h http.Handler) http.Handler { return h })
	for _, p := range []struct {
		name, url     string
		width, height int
		flags         []string
	}{
		{"playground", o.app + "#run", 1280, 1180, nil},
		{"playground-long", o.app + "#run-debug", 1280, 7000, nil},
		{"playground-dark", o.app + "#run", 1280, 2400, []string{"--blink-settings=preferredColorScheme=0"}},
		{"playground-narrow", o.app + "#run", 390, 2600, nil},
		{"playground-narrow-dark", o.stranger + "#run", 390, 2600, []string{"--blink-settings=preferredColorScheme=0"}},
		{"playground-stranger", o.stranger + "#run", 1280, 2400, nil},
		{"playground-empty", o.app, 1280, 1400, nil},
	} {
		program.Screenshot(t, p.url, filepath.Join(*pictures, p.name+".png"), p.width, p.height, append(p.flags, "--virtual-time-budget=8000")...)
	}
}
