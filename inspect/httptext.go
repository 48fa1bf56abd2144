package inspect

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/routecors/routecors"
)

// requestText writes r as HTTP/1.1 has it. What browsers add of themselves beside
// Origin and Cookie is left out.
func requestText(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\nHost: %s\n", r.Method, r.URL.RequestURI(), r.Host)
	fmt.Fprintf(&b, "Origin: %s\n", r.Header.Get("Origin"))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			if name != "Origin" {
				fmt.Fprintf(&b, "%s: %s\n", name, value)
			}
		}
	}
	return b.String()
}

// preflightText writes the preflight d that a browser sends before r.
func preflightText(r *http.Request, d routecors.Decision) string {
	header := http.Header{"Origin": {d.Origin}, "Access-Control-Request-Method": {d.Method}}
	if len(d.Headers) > 0 {
		header["Access-Control-Request-Headers"] = []string{strings.Join(d.Headers, ",")}
	}
	return requestText(&http.Request{Method: http.MethodOptions, URL: r.URL, Host: r.Host, Header: header})
}

// responseText writes what the server answers, as far as it is known.
func responseText(d routecors.Decision) string {
	var b strings.Builder
	status := d.Response.Status
	if status == 0 && !d.Preflight {
		status = d.Router.Status
	}
	switch {
	case status != 0:
		fmt.Fprintf(&b, "HTTP/1.1 %d %s\n", status, http.StatusText(status))
	case d.Preflight:
		b.WriteString("HTTP/1.1 (as the handler for OPTIONS says)\n")
	default:
		b.WriteString("HTTP/1.1 (as the handler says)\n")
	}
	for _, f := range d.Response.Header {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	if d.Response.Body != "" {
		b.WriteString("\n" + d.Response.Body)
	}
	return b.String()
}
