package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What a user would notice: a real server on loopback, asked by wrk
// (https://github.com/wg/wrk). Each contender has a server of its own in this process;
// wrk asks them in turn, round after round.

// endToEnd are the requests that wrk sends.
func endToEnd() []scenario {
	all := scenarios()
	named := func(name string) scenario {
		for _, s := range all {
			if s.name == name {
				return s
			}
		}
		panic("no row is called " + name)
	}
	return []scenario{named("private route"), named("no Origin"), named("actual, 1 exact origin"), named("actual, credentials and expose"), named("preflight, 5 headers"), named("preflight refused: origin")}
}

// printEndToEnd prints requests per second in times of the bare router's, and the
// bytes of the response.
func printEndToEnd(rounds int, length time.Duration) {
	if _, err := exec.LookPath("wrk"); err != nil {
		fmt.Println("\nwrk is not installed (https://github.com/wg/wrk; Debian has it as wrk)")
		return
	}
	for _, router := range routers {
		fmt.Printf("\n| %s, requests per second to the bare router's; bytes of the response | by `cors.Handler` | by the router | rs/cors | go-chi/cors | bare |\n|---|---|---|---|---|---|\n", router.name)
		for _, s := range endToEnd() {
			byRouter, byHandler, _ := s.ours(router.new)
			handlers := []http.Handler{byHandler, byRouter}
			for _, p := range peers {
				round, _ := s.peer(router.new, p)
				handlers = append(handlers, round)
			}
			fmt.Println(servedRow(s, append(handlers, s.bare(router.new)), rounds, length))
		}
	}
}

// servedRow measures handlers, of which the last is the bare router.
func servedRow(s scenario, handlers []http.Handler, rounds int, length time.Duration) string {
	r := s.requests()[0]
	script := script(r)
	defer os.RemoveAll(filepath.Dir(script))
	urls, rates := make([]string, len(handlers)), make([][]float64, len(handlers))
	for i, h := range handlers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		server := &http.Server{Handler: h}
		defer server.Close()
		go server.Serve(l)
		urls[i] = "http://" + l.Addr().String() + r.URL.Path
	}
	for range rounds {
		for i := range handlers {
			rates[i] = append(rates[i], wrk(script, urls[i], length))
		}
	}
	cells := []string{s.name}
	for i := range handlers {
		size := sizeOf(r, urls[i])
		if i == len(handlers)-1 {
			cells = append(cells, fmt.Sprintf("1; %d", size))
			break
		}
		cells = append(cells, fmt.Sprintf("%.2f; %d", ratio(rates[i], rates[len(rates)-1]), size))
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// script writes r as wrk wants it.
func script(r *http.Request) string {
	dir, err := os.MkdirTemp("", "routecors-wrk")
	must(err)
	var b bytes.Buffer
	fmt.Fprintf(&b, "wrk.method = %q\n", r.Method)
	for name, values := range r.Header {
		fmt.Fprintf(&b, "wrk.headers[%q] = %q\n", name, strings.Join(values, ", "))
	}
	file := filepath.Join(dir, "request.lua")
	must(os.WriteFile(file, b.Bytes(), 0o666))
	return file
}

// wrk returns how many requests per second were answered.
func wrk(script, url string, length time.Duration) float64 {
	seconds := max(1, int(length.Round(time.Second)/time.Second))
	out, err := exec.Command("wrk", "-t", "1", "-c", "16", "-d", strconv.Itoa(seconds)+"s", "-s", script, url).Output()
	must(err)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if rate, ok := strings.CutPrefix(lines.Text(), "Requests/sec:"); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(rate), 64)
			must(err)
			return n
		}
	}
	panic("wrk says nothing of requests per second:\n" + string(out))
}

// sizeOf returns the bytes of the response to r, status line and header included.
func sizeOf(r *http.Request, url string) int {
	sent, err := http.NewRequest(r.Method, url, nil)
	must(err)
	sent.Header = r.Header
	resp, err := http.DefaultTransport.RoundTrip(sent)
	must(err)
	defer resp.Body.Close()
	text, err := httputil.DumpResponse(resp, true)
	must(err)
	return len(text)
}
