package conformance

import (
	"bufio"
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/routecors/routecors"
)

// What a golden case says is right for ServeMux and for chi, which it may name. What
// is right for another router is told by that router: it gets the same table once
// more without the library, every line registered bare, and so does a ServeMux.
// Three handlers decide: the one that runs for a request, the one that runs for the
// request that a preflight announces, and the same two in the ServeMux.
//
//  1. Where they are those of the ServeMux, the response is as written, in the words
//     for stdmux if there are others, too.
//  2. Where the route that decides was not added, or there is none, the router's own
//     answer is right: a 404, a redirect, a 405. Allow may name OPTIONS as well. A
//     preflight may also be refused, unless a user's OPTIONS handler waits for it.
//  3. Where nothing but a handler of ours could answer an OPTIONS request that is no
//     preflight, it may be 204 with Allow, which then names each method that runs.
//  4. Served bare, a preflight may be left to the router where Verify says that it
//     does not arrive.
//  5. Where other handlers decide, and the route was added, nothing is known. The
//     exchange is left out, and counted.
//
// A router may prefer what was registered first where ServeMux prefers the more
// specific pattern. If the order of a case leaves something out, it is sorted. What is
// for stdmux only is for every router but chi: its patterns or methods chi lacks.

// reference is the router that the cases are written with.
const reference = "stdmux"

// A differ tells what is right for a case on a router that no case names.
type differ struct {
	suite  *Suite
	golden *golden      // with its lines in the order that serves best
	table  http.Handler // the router without the library
	seen   []sight      // of each exchange
	theirs []sight      // the same, of a ServeMux
	left   int          // exchanges that were left out
}

// A sight is what is seen of an exchange without the library.
type sight struct {
	preflight bool
	runs      string // the handler that runs, "" if none
	announced string // the handler that runs for what a preflight announces
	own       func() response
}

func (a sight) agrees(b sight) bool { return a.runs == b.runs && a.announced == b.announced }

// newDiffer skips the test if the router lacks what the case needs.
func (s *Suite) newDiffer(t testing.TB, c *golden) *differ {
	s.ran.Add(1)
	for _, text := range c.routes {
		l := parseLine(text)
		if l.registers() && !s.has(l.method, l.pattern) || l.verb == "resource" && !s.has("GET", l.method) {
			s.skipped.Add(1)
			t.Skipf("the router has no pattern for %q", text)
		}
	}
	mux := http.NewServeMux()
	c.plain(func(method, pattern string, h http.Handler) { mux.Handle(strings.TrimLeft(method+" "+pattern, " "), h) })
	theirs := c.watch(t, mux)

	d := &differ{suite: s, theirs: theirs}
	least := len(theirs) + 1
	for _, ordered := range []*golden{c, c.sorted()} {
		site := s.router.New()
		ordered.plain(site.HandleBare)
		seen := ordered.watch(t, site)
		others := 0
		for i := range seen {
			if !seen[i].agrees(theirs[i]) {
				others++
			}
		}
		if others < least {
			d.golden, d.table, d.seen, least = ordered, site, seen, others
		}
		if others == 0 {
			break
		}
	}
	return d
}

// plain registers the handlers of the table by bare. They never block.
func (c *Table) plain(bare func(method, pattern string, h http.Handler)) {
	for _, text := range c.routes {
		l := parseLine(text)
		if !l.registers() {
			continue
		}
		if strings.HasSuffix(l.does, "sleep") || strings.HasSuffix(l.does, "panic") {
			l.does = ""
		}
		bare(l.method, l.pattern, leaf{l.what, l.does})
	}
}

// sorted returns the case with its lines sorted, the most specific pattern first, if
// that is all that their order means.
func (c *golden) sorted() *golden {
	means := func(text string) bool {
		verb := parseLine(text).verb
		return verb == "resource" || verb == "group" || verb == "middleware"
	}
	if slices.ContainsFunc(c.routes, means) {
		return c
	}
	ordered := *c
	ordered.routes = slices.Clone(c.routes)
	slices.SortStableFunc(ordered.routes, func(a, b string) int {
		la, lb := parseLine(a), parseLine(b)
		return cmp.Or(strings.Compare(rank(la.pattern), rank(lb.pattern)), -strings.Compare(la.method, lb.method))
	})
	return &ordered
}

// rank is less for a pattern than for one that matches all that it does, and more.
func rank(pattern string) string {
	var b strings.Builder
	if strings.HasPrefix(pattern, "/") {
		b.WriteByte('1') // one with a host is more specific
	}
	for segment := range strings.SplitSeq(pattern, "/") {
		switch {
		case segment == "" && b.Len() > 1, strings.HasSuffix(segment, "...}"):
			b.WriteByte('2')
		case strings.HasPrefix(segment, "{") && segment != "{$}":
			b.WriteByte('1')
		default:
			b.WriteByte('0')
		}
	}
	return b.String()
}

// watch makes the exchanges with table, which is the case's without the library.
func (c *golden) watch(t testing.TB, table http.Handler) (seen []sight) {
	address := sync.OnceValue(func() string {
		chain := table
		for _, text := range c.routes {
			if l := parseLine(text); l.verb == "middleware" {
				chain = middlewares[l.what](chain)
			}
		}
		return start(t, chain)
	})
	for _, e := range c.exchanges {
		s := sight{runs: runs(table, e.request)}
		var announced string
		if announced, s.preflight = announcedBy(e.request); announced != "" {
			s.announced = runs(table, announced)
		}
		s.own = sync.OnceValue(func() response {
			own, err := send(address(), e.request)
			if err != nil {
				t.Fatal(err)
			}
			return own
		})
		seen = append(seen, s)
	}
	return seen
}

// runs returns the handler that h runs for request, "" if none.
func runs(h http.Handler, request string) (name string) {
	text := strings.ReplaceAll(expand(strings.TrimRight(request, "\n"))+"\n\n", "\n", "\r\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil || r.Method == http.MethodOptions && r.RequestURI == "*" { // net/http answers
		return ""
	}
	rec := &recorder{header: http.Header{}}
	h.ServeHTTP(rec, WithTrace(r, Trace{Ran: func(ran string) { name = ran }}))
	return name
}

// announcedBy returns the request that request announces, "" if it names no one
// method, and whether it is a preflight.
func announcedBy(request string) (announced string, preflight bool) {
	first, rest, _ := strings.Cut(request, "\n")
	method, target, _ := strings.Cut(first, " ")
	var asked, kept []string
	cors := false
	for field := range strings.SplitSeq(rest, "\n") {
		name, value, _ := strings.Cut(field, ":")
		switch http.CanonicalHeaderKey(name) {
		case "Access-Control-Request-Method":
			asked = append(asked, strings.TrimSpace(value))
			continue
		case "Access-Control-Request-Headers":
			continue
		case "Origin":
			cors = true
		}
		kept = append(kept, field)
	}
	if preflight = method == http.MethodOptions && cors && asked != nil; !preflight || len(asked) != 1 || asked[0] == "" {
		return "", preflight
	}
	return asked[0] + " " + target + "\n" + strings.Join(kept, "\n"), true
}

// refused is a preflight that was refused, by whatever sentence.
const refused = `HTTP/1.1 403 Forbidden
Content-Type: text/plain; charset=utf-8
Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
X-Content-Type-Options: nosniff
`

// wants returns what is right for exchange i of the table that b built, where got is
// the response; nothing if that is not known.
func (d *differ) wants(b *builder, i int, serving string, got *response) (wants []want) {
	d.suite.exchanges.Add(1)
	e, seen := d.golden.exchanges[i], d.seen[i]
	decides := seen.runs
	if seen.preflight {
		decides = seen.announced
	}
	open, openRuns := d.verb(decides, "public", "handle"), d.verb(seen.runs, "public", "handle")
	own := func() want { return want{"the router's own", seen.own().allowing(*got).String()} }

	if seen.agrees(d.theirs[i]) {
		text, ok := Best(e.responses, serving)
		if !ok {
			text, _ = Best(e.responses, reference, serving)
		}
		wants = append(wants, want{"as written", text})
		d.forgive(seen, text, got)
		if seen.preflight && d.verb(decides, "handle") && !strings.Contains(text, "\nAccess-Control-Allow-Origin: ") {
			open = false // its resource may not cover it
		}
	}
	switch {
	case !open && !(seen.preflight && openRuns),
		seen.preflight && open && serving == "bare" && b.left(decides):
		wants = append(wants, own())
	}
	if method, _, _ := strings.Cut(seen.runs, " "); seen.preflight && !open && (openRuns || method != http.MethodOptions) {
		wants = append(wants, want{"refused", refused})
	}
	if strings.HasPrefix(e.request, "OPTIONS ") && !seen.preflight && seen.runs == "" && got.status == "204 No Content" {
		wants = append(wants, want{"with Allow", d.allow(e.request, *got)})
	}
	if wants == nil {
		d.left++
		d.suite.incomplete.Add(1)
	}
	return wants
}

// verb reports whether the line of a handler has one of verbs. Those of "public" and
// "handle" may be open to other origins.
func (d *differ) verb(what string, verbs ...string) bool {
	return slices.ContainsFunc(d.golden.routes, func(text string) bool {
		l := parseLine(text)
		return l.what == what && slices.Contains(verbs, l.verb)
	})
}

// forgive changes in got what the router may do otherwise than text says.
func (d *differ) forgive(seen sight, text string, got *response) {
	head, body, _ := strings.Cut(text, "\n\n")
	if !seen.preflight && seen.runs != "" && got.body != strings.TrimSpace(body) {
		if own := seen.own(); got.body == own.body && got.status == own.status {
			got.body = body // path values, which the router may not set
		}
	}
	const maxAge = "Access-Control-Max-Age"
	if d.suite.prober || got.header["Access-Control-Allow-Headers"] == nil || got.header.Get(maxAge) != "0" {
		return
	}
	got.header.Del(maxAge)
	if _, rest, ok := strings.Cut(head, "\n"+maxAge+": "); ok {
		value, _, _ := strings.Cut(rest, "\n")
		got.header.Set(maxAge, value)
	}
}

// left reports whether Verify says that the preflights of a route do not arrive.
func (b *builder) left(what string) bool {
	route := b.routes[what]
	if route == nil {
		return false
	}
	errs, ok := b.cors.Verify().(interface{ Unwrap() []error })
	return ok && slices.ContainsFunc(errs.Unwrap(), func(err error) bool {
		var e *routecors.ConfigError
		return errors.As(err, &e) && (e.Route == "" || e.Route == route.String()) && e.Field == ""
	})
}

// mayFail reports whether Add may give err for the table, since a handler for
// OPTIONS that is none of the adapter's stands in it.
func (d *differ) mayFail(err error) bool {
	var e *routecors.ConfigError
	return errors.As(err, &e) && slices.ContainsFunc(d.golden.routes, func(text string) bool {
		return strings.HasPrefix(text, "bare OPTIONS ") || strings.HasPrefix(text, "bare * ")
	})
}

// allow returns the answer of 204 to request with Allow.
func (d *differ) allow(request string, got response) string {
	_, rest, _ := strings.Cut(request, " ")
	methods := []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"}
	for _, text := range d.golden.routes {
		if l := parseLine(text); l.registers() && l.method != "" {
			methods = append(methods, l.method)
		}
	}
	want := response{status: got.status, header: http.Header{}}
	for _, method := range methods {
		if runs(d.table, method+" "+rest) != "" {
			want.header.Add("Allow", method)
		}
	}
	want = want.allowing(got)
	return want.String()
}

// allowing returns r with the Allow of got, if both allow the same, OPTIONS aside.
func (r response) allowing(got response) response {
	allowed := func(r response) []string {
		methods := strings.FieldsFunc(strings.Join(r.header["Allow"], ","), func(c rune) bool { return c == ',' || c == ' ' })
		methods = slices.DeleteFunc(methods, func(m string) bool { return m == http.MethodOptions })
		slices.Sort(methods)
		return slices.Compact(methods)
	}
	if slices.Equal(allowed(r), allowed(got)) {
		r.header = r.header.Clone()
		r.header.Del("Allow")
		if allow := got.header["Allow"]; allow != nil {
			r.header["Allow"] = allow
		}
	}
	return r
}

// report skips the test if no exchange could be compared.
func (d *differ) report(t testing.TB) {
	switch d.left {
	case 0:
	case len(d.seen):
		d.suite.skipped.Add(1)
		t.Skip("the router runs other handlers than ServeMux would")
	default:
		t.Logf("%d of %d exchanges left out, where the router runs other handlers than ServeMux would", d.left, len(d.seen))
	}
}
