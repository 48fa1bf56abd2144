package conformance

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors/testdata"
)

// A golden case is one whose other sections are exchanges with the server:
//
//	-- request --               plain HTTP; sent over TCP
//	-- response --              plain HTTP; the whole header, but for Date and
//	                            Content-Length; the body, if the file has one.
//	                            "HTTP/1.1 3xx" is any redirect: ServeMux's has
//	                            changed between releases of Go
//
// Request and response may repeat. A response may be for one router or one way of
// serving, "-- response chi bare --"; the one with most words that apply counts. In
// a request, <3*x-a,> is x-a,x-a,x-a, in one line. Lines of Allow are sorted.

type golden struct {
	Table
	exchanges []exchange
}

type exchange struct {
	request   string
	responses map[string]string // by the words after "response"
}

// goldenChecks returns a check for each case and way of serving.
func (s *Suite) goldenChecks() (checks []Check) {
	files, err := fs.Glob(testdata.FS, "golden/*.txt")
	if err != nil || len(files) < 60 {
		checks = append(checks, failing("golden", fmt.Errorf("found %d golden cases (%v), want at least 60", len(files), err)))
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".txt")
		if category, _, _ := strings.Cut(name, "_"); !slices.Contains([]string{"preflight", "actual", "private", "precedence"}, category) {
			checks = append(checks, failing("golden/"+name, fmt.Errorf("the name does not start with a category")))
		}
		c, err := load(file)
		if err != nil {
			checks = append(checks, failing("golden/"+name, err))
			continue
		}
		for _, serving := range s.servings() {
			check := Check{"golden/" + name + "/" + serving, func(t testing.TB) { s.compare(t, c, serving) }}
			words := []string{s.router.Name, serving}
			if s.router.Name == "" {
				words[0] = reference
			}
			if c.Applies(words...) {
				checks = append(checks, check)
			}
		}
	}
	return checks
}

func load(file string) (*golden, error) {
	text, err := fs.ReadFile(testdata.FS, file)
	if err != nil {
		return nil, err
	}
	sections, err := Sections(string(text))
	if err != nil {
		return nil, err
	}
	c := &golden{}
	c.Table, sections, err = NewTable(sections)
	if err != nil {
		return nil, err
	}
	for _, s := range sections {
		word, words, _ := strings.Cut(s.Name, " ")
		switch {
		case s.Name == "request":
			c.exchanges = append(c.exchanges, exchange{s.Body, map[string]string{}})
		case word == "response" && len(c.exchanges) > 0:
			c.exchanges[len(c.exchanges)-1].responses[words] = s.Body
		default:
			return nil, fmt.Errorf("unknown section %q", s.Name)
		}
	}
	if len(c.exchanges) == 0 {
		return nil, fmt.Errorf("no request")
	}
	return c, nil
}

// compare makes the exchanges of a case.
func (s *Suite) compare(t testing.TB, c *golden, serving string) {
	var d *differ
	if s.router.Name == "" {
		d = s.newDiffer(t, c)
		c = d.golden
	}
	b, err := c.build(s.router.New())
	if d != nil && d.mayFail(err) {
		s.skipped.Add(1)
		t.Skipf("Add refuses the table, as it may: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	addr := start(t, b.serve(serving))
	for i, e := range c.exchanges {
		got, err := send(addr, e.request)
		if err != nil {
			t.Fatalf("request\n%s\n%v", e.request, err)
		}
		var wants []want
		if d != nil {
			wants = d.wants(b, i, serving, &got)
		} else if text, ok := Best(e.responses, s.router.Name, serving); ok {
			wants = []want{{"as written", text}}
		}
		if d == nil || wants != nil {
			check(t, e.request, wants, got)
		}
	}
	if d != nil {
		d.report(t)
	}
}

// A want is a response that is right, and why.
type want struct{ why, response string }

// check reports got unless it is one of wants.
func check(t testing.TB, request string, wants []want, got response) {
	t.Helper()
	if len(wants) == 0 {
		t.Fatalf("request\n%s\nno response for this router and way of serving", request)
	}
	var diffs strings.Builder
	for _, w := range wants {
		diff := cmp.Diff(Lines(w.response), Lines(got.as(w.response)))
		if diff == "" {
			return
		}
		fmt.Fprintf(&diffs, "response, %s (-want +got)\n%s\n", w.why, diff)
	}
	t.Errorf("request\n%s\n%s", request, diffs.String())
}

// start serves h until the test ends, and returns the address.
func start(t testing.TB, h http.Handler) string {
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = silent
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

var repeated = regexp.MustCompile(`<(\d+)\*(.*?)>`)

// expand writes out what a request says is repeated.
func expand(request string) string {
	return repeated.ReplaceAllStringFunc(request, func(s string) string {
		m := repeated.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[1])
		return strings.Repeat(m[2], n)
	})
}

// A response is one that was received.
type response struct {
	status string // with the reason phrase
	header http.Header
	body   string
}

// String returns the status line, the sorted header and the body.
func (r response) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %s\n", r.status)
	r.header.Write(&b)
	b.WriteString("\n" + r.body)
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

// as returns r as the text of want has it: "3xx" for a redirect, and no body where
// want has none.
func (r response) as(want string) string {
	if strings.HasPrefix(want, "HTTP/1.1 3xx\n") && strings.HasPrefix(r.status, "3") {
		r.status = "3xx"
	}
	if _, body, _ := strings.Cut(want, "\n\n"); strings.TrimSpace(body) == "" {
		r.body = ""
	}
	return r.String()
}

// send sends a request as it is written.
func send(addr, request string) (response, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return response{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	request = expand(strings.TrimRight(request, "\n")) + "\n\n"
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		return response{}, err
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return response{}, err
	}
	resp.Header.Del("Date")
	resp.Header.Del("Content-Length")
	slices.Sort(resp.Header["Allow"]) // chi takes the order of a map
	return response{resp.Status, resp.Header, string(body)}, nil
}
