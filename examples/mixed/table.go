package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"text/tabwriter"
)

// writeTable asks h with preflights, as browsers do, what pages of each origin may
// do, so that the table cannot say anything else than what is so.
func writeTable(w io.Writer, h http.Handler) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	origins := []string{app, partner, admin, anyone}
	fmt.Fprintf(t, "\t%s\n", strings.Join(origins, "\t"))
	for _, route := range routes {
		cells := []string{route}
		for _, origin := range origins {
			cells = append(cells, may(h, route, origin))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	t.Flush()
}

// may says in a word or two what a page of origin may do with route.
func may(h http.Handler, route, origin string) string {
	method, path, _ := strings.Cut(route, " ")
	r := httptest.NewRequest(http.MethodOptions, strings.ReplaceAll(path, "{id}", "7"), nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	switch {
	case answer.Code != http.StatusNoContent:
		return "-"
	case answer.Header().Get("Access-Control-Allow-Credentials") == "true":
		return "with credentials"
	}
	return "yes"
}

// writeExamples prints commands to try, with what to expect.
func writeExamples(w io.Writer, url string) {
	fmt.Fprintf(w, `
Listening on %[1]s. In another terminal:

# A preflight that is approved: 204, with what the page may do.
curl -i -X OPTIONS %[1]s/articles/7 -H 'Origin: %[2]s' -H 'Access-Control-Request-Method: PUT'

# One that is refused: 403, and the reason.
curl -i -X OPTIONS %[1]s/articles/7 -H 'Origin: %[3]s' -H 'Access-Control-Request-Method: PUT'

# The private route under the same pattern: 403, though the app may delete article 7.
curl -i -X OPTIONS %[1]s/articles/all -H 'Origin: %[2]s' -H 'Access-Control-Request-Method: DELETE'

# A partner's page, with its cookies: 201, and Location can be read.
curl -i -X POST %[1]s/orders -H 'Origin: %[4]s'

# Before logging in: a 401 that the admin page can read.
curl -i %[1]s/admin/stats -H 'Origin: %[5]s'

All of it as a page, for any user with the password "secret": %[1]s/internal/cors

`, url, app, anyone, partner, admin)
}
