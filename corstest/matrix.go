package corstest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/origin"
)

// Matrix returns what pages can do with every route that was added to cors, for each
// method and each kind of origin that its policies tell apart: a text to commit, so
// that a change of policy is a change of that file.
//
//	PUT /articles/{id}
//	  PUT  any other origin           nothing
//	  PUT  https://admin.example.com  reads, with credentials; sends x-csrf-token; sees etag
//	  PUT  https://app.example.com    reads; sends content-type; max-age 600
//
// It is what Browser sees of CorsConfig.Handler with a stub behind it, so that no
// handler of the program runs. The routes are sorted. Of a pattern such as
// "https://*.example.com" one origin is tried; a line is left out where it says the
// same as that of "any other origin". After "sends" stand the request headers that
// the page may set; after "sees" the response headers that it can read beside the
// CORS-safelisted ones, and "timings" where it has Timing-Allow-Origin; after "max-age"
// the seconds for which it may keep a preflight. A Cross-Origin-Resource-Policy is the
// last line of its route.
//
// What a page can do without any policy is "sends, blind": CORS keeps no page from
// sending what a form can send. "nothing" is a preflight that is refused. "as a
// function decides" is what a routecors.Dynamic says of all origins that no nearer key
// matches. It is not asked: what it says may depend on what is in a database.
//
// Routes that were not added are private, and not listed, since not every router can
// list them. Those that a test is to keep private are named in private, as requests:
// "DELETE /articles/all".
func Matrix(t testing.TB, cors *routecors.CorsConfig, private ...string) string {
	t.Helper()
	stub := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Corstest", "1") }
	m := matrix{browser: Browser(t, cors.Handler(http.HandlerFunc(stub)))}
	routes := cors.Routes()
	slices.SortStableFunc(routes, func(a, b routecors.RoutePolicy) int {
		return cmp.Or(cmp.Compare(pattern(a), pattern(b)), cmp.Compare(a.Route.Method(), b.Route.Method()))
	})
	var everyone []string
	for _, p := range routes {
		everyone = append(everyone, m.route(p)...)
	}
	for _, request := range private {
		method, target, ok := strings.Cut(request, " ")
		host, path, found := strings.Cut(target, "/")
		if !ok || !found {
			t.Fatalf("corstest: private request %q: write a method and a path, such as DELETE /articles/all", request)
		}
		m.section(request+" (private)", "https://"+cmp.Or(host, m.browser.base.Host)+"/"+path, []string{method}, everyone, nil, false)
	}
	return m.out.String()
}

// pattern returns that of the whole router, where it is known.
func pattern(p routecors.RoutePolicy) string {
	if p.Sample == nil || p.Sample.Pattern == "" {
		return p.Route.Pattern()
	}
	return p.Sample.Pattern
}

type matrix struct {
	browser *Profile
	out     strings.Builder
}

// route writes the section of p, and returns the keys of its policies. Keys behind the
// function of a Dynamic do not decide by themselves, and are left out of the section.
func (m *matrix) route(p routecors.RoutePolicy) (keys []string) {
	methods, names := []string{p.Route.Method()}, []string{"content-type"}
	switch p.Route.Method() {
	case "":
		methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	case "GET":
		methods = append(methods, "HEAD")
	}
	if p.CrossOriginResourcePolicy != "" {
		defer fmt.Fprintln(&m.out, "  Cross-Origin-Resource-Policy: "+p.CrossOriginResourcePolicy)
	}
	asks, nearer := false, []string(nil)
	for _, o := range p.Origins {
		if asks = asks || o.Dynamic; o.Dynamic {
			continue
		}
		keys = append(keys, o.Origin)
		if asks {
			continue
		}
		nearer = append(nearer, o.Origin)
		names = append(names, o.Options.AllowHeaders...)
		if p.Route.Method() == "" {
			methods = append(methods, o.Methods...)
		}
	}
	if p.Sample == nil {
		fmt.Fprintf(&m.out, "%v\n\tno request is known that it serves\n", p.Route)
		return keys
	}
	url := "https://" + cmp.Or(p.Sample.Host, m.browser.base.Host) + p.Sample.URL.EscapedPath()
	title := strings.TrimSpace(p.Route.Method() + " " + pattern(p))
	m.section(title, url, methods, nearer, names, asks)
	return keys
}

// section writes what pages can do with each of methods at url: pages that none of
// keys matches, of "null", and of each key. Methods of which the same is true share
// their lines; what is closed to every page is left out beside what is not. asks says
// that a function decides for all other pages.
func (m *matrix) section(title, url string, methods, keys, names []string, asks bool) {
	if !asks {
		keys = append([]string{"null"}, keys...)
	}
	names = sorted(names)
	var texts []string
	with := map[string][]string{} // methods by text
	for _, method := range methods {
		text := m.lines(method, url, sorted(keys), names, asks)
		if with[text] == nil {
			texts = append(texts, text)
		}
		if !slices.Contains(with[text], method) && method != "*" {
			with[text] = append(with[text], method)
		}
	}
	open := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return closed(text) })
	if len(open) == 0 {
		open = texts
	}
	fmt.Fprintln(&m.out, title)
	w := tabwriter.NewWriter(&m.out, 0, 0, 2, ' ', 0)
	for _, text := range open {
		for line := range strings.Lines(text) {
			fmt.Fprintf(w, "\t%s\t%s", strings.Join(with[text], ", "), line)
		}
	}
	w.Flush()
}

func sorted(list []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "*" })
	slices.Sort(list)
	return slices.Compact(list)
}

// The outcomes of a request that no policy allows, and of one that is not tried.
const (
	nothing = "nothing"
	blind   = "sends, blind"
	asked   = "as a function decides"
)

// closed reports whether all lines say what is true without any policy.
func closed(text string) bool {
	for line := range strings.Lines(text) {
		_, outcome, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if outcome != nothing && outcome != blind {
			return false
		}
	}
	return true
}

// lines returns a line for any other origin, and one for each key that differs.
func (m *matrix) lines(method, url string, keys, names []string, asks bool) string {
	var b strings.Builder
	base := ""
	if asks {
		base = asked
		fmt.Fprintf(&b, "any other origin\t%s\n", base)
	} else if of, ok := stranger(keys); ok {
		base = m.outcome(of, method, url, names)
		fmt.Fprintf(&b, "any other origin\t%s\n", base)
	}
	for _, key := range keys {
		if asks && key != "null" && example(key) == "null" {
			fmt.Fprintf(&b, "%s\tno origin is known that it matches\n", key)
			continue
		}
		if got := m.outcome(example(key), method, url, names); got != base {
			fmt.Fprintf(&b, "%s\t%s\n", key, got)
		}
	}
	return b.String()
}

// example returns an origin that key matches; null for a regexp that matches none
// that is known.
func example(key string) string {
	p, _ := origin.ParsePattern(key) // Add took it
	return cmp.Or(p.Example(), "null")
}

// stranger returns an origin that none of keys matches.
func stranger(keys []string) (of string, ok bool) {
	for _, of := range []string{"https://elsewhere.test", "https://stranger.invalid:4443", "http://192.0.2.1:81"} {
		if !slices.ContainsFunc(keys, func(key string) bool { p, _ := origin.ParsePattern(key); return p.Match(of) }) {
			return of, true
		}
	}
	return "", false
}

// outcome says what a page of an origin can do.
func (m *matrix) outcome(of, method, url string, names []string) string {
	maxAge := ""
	fetch := func(options ...FetchOption) *Response {
		m.browser.Wait(2 * longestMaxAge) // nothing is kept from the one before
		resp := m.browser.Page(of).Fetch(method, url, options...)
		if e := resp.Exchanges[0]; e.Preflight && resp.Sent() {
			maxAge = cmp.Or(e.ResponseHeader.Get("Access-Control-Max-Age"), maxAge)
		}
		return resp
	}
	plain := fetch()
	switch {
	case !plain.Sent():
		return nothing
	case !plain.Readable():
		return blind
	}
	out := "reads"
	if fetch(Credentials("include")).Readable() {
		out += ", with credentials"
	}
	if fetch(Header("X-Corstest", "1")).Readable() {
		out += "; sends any header"
	} else {
		var allowed []string
		for _, name := range names {
			// The value of a header that is safelisted with others.
			if fetch(Header(name, "application/json, a@b")).Readable() {
				allowed = append(allowed, name)
			}
		}
		if allowed != nil {
			out += "; sends " + strings.Join(allowed, " ")
		}
	}
	header := plain.Exchanges[len(plain.Exchanges)-1].ResponseHeader
	exposed, _, _ := extractList(header, "Access-Control-Expose-Headers")
	switch {
	case plain.Header.Get("X-Corstest") != "":
		out += "; sees any header"
	case exposed != nil:
		out += "; sees " + strings.ToLower(strings.Join(exposed, " "))
	}
	if header.Get("Timing-Allow-Origin") != "" {
		out += "; sees timings"
	}
	if maxAge != "" {
		out += "; max-age " + maxAge
	}
	return out
}
