package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
)

// A golden case is a file of sections, each after a line "-- name --":
//
//	# The reason of the case, with a link. Required.
//	-- policy.json --           the defaults; other names are policies for "with"
//	-- options --               of Setup, one a line: preflight-status 200, ...
//	-- routes --                what is registered, one a line, in order
//	-- request --               plain HTTP; sent over TCP
//	-- response --              plain HTTP; the whole header, but for Date and
//	                            Content-Length; the body, if the file has one.
//	                            "HTTP/1.1 3xx" is any redirect: ServeMux's has
//	                            changed between releases of Go
//
// Request and response may repeat. A response may be for one router or one way of
// serving, "-- response chi bare --"; the one with most words that apply counts. In
// a request, <3*x-a,> is x-a,x-a,x-a, in one line. Lines of Allow are sorted.
//
// The lines of routes, where * stands for every method:
//
//	public GET /x with a.json b.json do set Vary Accept; status 404
//	private GET /x              registered with the adapter, not added
//	bare GET /x                 registered on the router itself, not added
//	resource /x with a.json     added; "resource /x unadded" is not
//	handle GET /x               by the resource, not added
//	add GET /x with a.json      of the resource, added; "add /x" is the resource itself
//	group a.json                what follows is added by this group
//	middleware auth             between cors.Handler and the router: auth, timeout, recover, compress
//	only chi                    this router alone; also: only handler, only bare
//
// After "do": set NAME VALUE, add NAME VALUE, status CODE, panic, sleep,
// path NAME: the value of the wildcard stands after the handler's name.

type golden struct {
	policies  map[string]routecors.Policy
	options   []routecors.Option
	routes    []string
	only      []string
	exchanges []exchange
}

type exchange struct {
	request   string
	responses map[string]string // by the words after "response"
}

// Golden runs the cases in testdata/golden on a router, in both ways of serving.
func Golden(t *testing.T, router Router) {
	_, here, _, _ := runtime.Caller(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here), "../../testdata/golden/*.txt"))
	if err != nil || len(files) < 60 {
		t.Fatalf("found %d golden cases (%v), want at least 60", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
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
				if slices.ContainsFunc(c.only, func(o string) bool { return o != router.Name && o != serving }) {
					continue
				}
				t.Run(serving, func(t *testing.T) { c.run(t, router, serving) })
			}
		})
	}
}

func load(file string) (*golden, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	head, rest, _ := strings.Cut("\n"+string(text), "\n-- ")
	if len(strings.Trim(head, "# \n")) < 20 || !strings.HasPrefix(head, "\n#") || !strings.Contains(head, "https://") {
		return nil, fmt.Errorf("no reason: start with a line %q that says why the answer is right, and has a link", "# …")
	}
	c := &golden{policies: map[string]routecors.Policy{}}
	for section := range strings.SplitSeq(rest, "\n-- ") {
		name, body, ok := strings.Cut(section, " --\n")
		if !ok {
			return nil, fmt.Errorf("section %q: no heading", section)
		}
		word, words, _ := strings.Cut(name, " ")
		switch {
		case strings.HasSuffix(name, ".json"):
			var p routecors.Policy
			if err := json.Unmarshal([]byte(body), &p); err != nil {
				return nil, fmt.Errorf("%s: %v", name, err)
			}
			c.policies[name] = p
		case name == "options":
			for _, line := range lines(body) {
				o, ok := options[line]
				if !ok {
					return nil, fmt.Errorf("unknown option %q", line)
				}
				c.options = append(c.options, o)
			}
		case name == "routes":
			for _, line := range lines(body) {
				if only, ok := strings.CutPrefix(line, "only "); ok {
					c.only = append(c.only, only)
					continue
				}
				c.routes = append(c.routes, line)
			}
		case name == "request":
			c.exchanges = append(c.exchanges, exchange{body, map[string]string{}})
		case word == "response":
			c.exchanges[len(c.exchanges)-1].responses[words] = body
		default:
			return nil, fmt.Errorf("unknown section %q", name)
		}
	}
	if len(c.exchanges) == 0 {
		return nil, fmt.Errorf("no request")
	}
	return c, nil
}

var options = map[string]routecors.Option{
	"preflight-status 200":   routecors.WithPreflightStatus(200),
	"without-synthetic":      routecors.WithoutSyntheticOPTIONS(),
	"trust every origin":     routecors.DangerouslyTrustEveryOrigin(),
	"trust null origin":      routecors.DangerouslyTrustNullOrigin(),
	"trust insecure origins": routecors.DangerouslyTrustInsecureOrigins(),
	"trust public suffixes":  routecors.DangerouslyTrustPublicSuffixes(),
	"preflight-status 204":   routecors.WithPreflightStatus(204),
}

func lines(s string) (out []string) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (c *golden) run(t *testing.T, router Router, serving string) {
	h, err := c.serve(router.New(), serving)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = silent
	server.Start()
	defer server.Close()
	for _, e := range c.exchanges {
		want, ok := e.response(router.Name, serving)
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
		if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
			t.Errorf("request\n%s\nresponse (-want +got)\n%s", e.request, diff)
		}
	}
}

// response returns the response whose words all apply; of several, that with most.
func (e exchange) response(router, serving string) (response string, ok bool) {
	most := -1
	for words, r := range e.responses {
		w := strings.Fields(words)
		if !slices.ContainsFunc(w, func(s string) bool { return s != router && s != serving }) && len(w) > most {
			response, ok, most = r, true, len(w)
		}
	}
	return response, ok
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
