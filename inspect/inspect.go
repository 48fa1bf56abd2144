// Package inspect has one page that shows what a CorsConfig does: the routes by
// origins, an answer with reasons to "may this page do that?", what was refused, and
// what CorsConfig.Audit has to say.
//
//	mux.Handle("GET /internal/cors", inspect.Handler(cors))
//
// It is one handler, which serves everything under one URL, so that it can be mounted
// anywhere, with or without a trailing slash. Nothing mounts it by itself. It only
// reads: the URL that is typed into its form is explained, and never fetched.
//
// # Who may see it
//
// The page names all routes, private ones too, and all origins. Mount it behind auth,
// or on a listener that only you can reach. It asks nobody for a password, and cannot
// tell a request whose Host was made to point here (DNS rebinding) from others: on
// loopback without auth, any page that the browser has open may try that.
//
// It is never shared with pages of other origins. It answers 403 to what another
// origin has sent (by Sec-Fetch-Site, or by Origin), but for a link that somebody
// follows; it takes Access-Control headers away that something in front has set; and
// a route of it that was added to the registry answers 500 until it is taken out.
package inspect

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/routecors/routecors"
)

// Handler returns the page about cors, its groups and all else of the same Setup. It
// serves GET and HEAD, wherever it is mounted, and shows what is in force when it is
// asked. It panics if cors is nil.
func Handler(cors *routecors.CorsConfig) http.Handler {
	if cors == nil {
		panic("routecors: inspect.Handler of a nil CorsConfig")
	}
	return &handler{cors}
}

type handler struct {
	cors *routecors.CorsConfig
}

// ServeHTTP serves the page, or the one part of it that the query names.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shared := setHeader(w.Header(), r)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the page is only read: GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	if isForeign(r) {
		http.Error(w, "the page is not shared with other origins", http.StatusForbidden)
		return
	}
	if shared && h.isAdded(r) {
		http.Error(w, "the route of this page was added to the CORS registry; register it without Add, so that it is private", http.StatusInternalServerError)
		return
	}
	query := r.URL.Query()
	name, v := "page", view{Style: style, Script: script, Host: r.Host, Question: questionOf(query)}
	switch part := query.Get("part"); part {
	case "answer":
		name, v.Answer = part, v.Question.answer(h.cors, r)
	case "routes":
		name, v.Table = part, newTable(h.cors, v.Question.Filter)
	case "refusals":
		name, v.Refusals = part, newRefusals(h.cors)
	case "":
		v.Answer = v.Question.answer(h.cors, r)
		v.Table = newTable(h.cors, v.Question.Filter)
		v.Refusals = newRefusals(h.cors)
		v.Findings = h.cors.Audit()
		if n := len(v.Findings); n > maxRows {
			v.Findings, v.MoreFindings = v.Findings[:maxRows], n-maxRows
		}
	default:
		http.Error(w, "the page has no such part", http.StatusNotFound)
		return
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, name, v); err != nil {
		http.Error(w, "the page cannot be written: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.Write(b.Bytes())
}

// setHeader has the response kept from everybody else. What shares it goes first: a
// CorsConfig.Handler or another middleware may stand in front. It reports whether the
// header is what a Route that was added may have written.
func setHeader(header http.Header, r *http.Request) (shared bool) {
	//lint:ignore SA1008 this is where a Route keeps its Vary
	shared = len(header["vary"]) > 0
	for name := range header {
		if strings.HasPrefix(http.CanonicalHeaderKey(name), "Access-Control-") {
			delete(header, name)
			shared = true
		}
	}
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Header["Sec-Fetch-Site"] != nil {
		// Over plain http, where browsers send none, they ignore it, and call that an error.
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	header.Set("Cache-Control", "no-store")
	return shared
}

// isForeign reports whether a page of another origin has sent r. That somebody follows
// a link to the page is no harm: who wrote the link reads nothing of it. See
// https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header, which browsers send
// over https and to loopback alone; elsewhere the Origin of CORS requests is left.
func isForeign(r *http.Request) bool {
	if origins := r.Header["Origin"]; len(origins) > 0 {
		_, host, _ := strings.Cut(origins[0], "://")
		if len(origins) > 1 || !strings.EqualFold(host, r.Host) {
			return true
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}

// isAdded reports whether the registry opens what its router runs for r: the route of
// this page, unless the page is on a listener of its own. The path is the one that the
// client sent: routers and http.StripPrefix cut r.URL and keep what they know in the
// context.
func (h *handler) isAdded(r *http.Request) bool {
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		u = r.URL
	}
	asked := (&http.Request{Method: r.Method, URL: u, Host: r.Host, Header: http.Header{}}).WithContext(context.Background())
	return h.cors.Explain(asked).Added
}
