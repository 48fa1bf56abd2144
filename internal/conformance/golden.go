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

// Golden runs the cases in testdata/golden on a router, in both ways of serving.
func Golden(t *testing.T, router Router) {
	files, err := fs.Glob(testdata.FS, "golden/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatalf("found %d golden cases (%v), want at least 60", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".txt")
		if category, _, _ := strings.Cut(name, "_"); !slices.Contains([]string{"preflight", "actual", "private", "precedence"}, category) {
			t.Errorf("%s: the name does not start with a category", name)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := load(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, serving := range []string{"bare", "handler"} {
				if !c.Applies(router.Name, serving) {
					continue
				}
				t.Run(serving, func(t *testing.T) { c.run(t, router, serving) })
			}
		})
	}
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

func (c *golden) run(t *testing.T, router Router, serving string) {
	h, err := c.Serve(router.New(), serving)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = silent
	server.Start()
	defer server.Close()
	for _, e := range c.exchanges {
		want, ok := Best(e.responses, router.Name, serving)
		if !ok {
			t.Fatal("no response for this router and way of serving")
		}
		got, err := send(server.Listener.Addr().String(), e.request)
		if err != nil {
			t.Fatalf("request\n%s\n%v", e.request, err)
		}
		if strings.HasPrefix(want, "HTTP/1.1 3xx\n") && strings.HasPrefix(got, "HTTP/1.1 3") {
			_, rest, _ := strings.Cut(got, "\n")
			got = "HTTP/1.1 3xx\n" + rest
		}
		if _, body, _ := strings.Cut(want, "\n\n"); strings.TrimSpace(body) == "" {
			got, _, _ = strings.Cut(got, "\n\n")
		}
		if diff := cmp.Diff(Lines(want), Lines(got)); diff != "" {
			t.Errorf("request\n%s\nresponse (-want +got)\n%s", e.request, diff)
		}
	}
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

// send sends a request as it is written, and returns the response: status line,
// sorted header, body.
func send(addr, request string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	request = expand(strings.TrimRight(request, "\n")) + "\n\n"
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		return "", err
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %s\n", resp.Status)
	resp.Header.Del("Date")
	resp.Header.Del("Content-Length")
	slices.Sort(resp.Header["Allow"]) // chi takes the order of a map
	resp.Header.Write(&b)
	b.WriteString("\n" + string(body))
	return strings.ReplaceAll(b.String(), "\r\n", "\n"), nil
}
