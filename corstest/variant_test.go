package corstest_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/testdata"
)

// A client is a browser or the simulator.
type client interface {
	name() string
	pagePorts() (usual, other string)

	// listen returns the port of a new server, which ends with the test.
	listen(t testing.TB, h http.Handler) string

	wait(time.Duration)

	// fetch does what s says, but for its wait, in a page by name. An error is one of
	// the client, not of the fetch.
	fetch(v *variant, s *step, page, server string) (outcome, error)
}

// nowhere is a client of which only the ports are needed.
type nowhere struct{ client }

var ports, numbers atomic.Int32

func (nowhere) name() string                           { return "simulator" }
func (nowhere) pagePorts() (usual, other string)       { return "10001", "10002" }
func (nowhere) listen(testing.TB, http.Handler) string { return fmt.Sprint(20000 + ports.Add(1)%10000) }

// A variant is a case for one router, way of serving and client, with servers of
// its own: it is their handler.
type variant struct {
	words    []string // that apply
	table    conformance.Table
	steps    []*step
	origins  map[string]string       // of pages and servers, by name
	handlers map[string]http.Handler // by Host
	cookies  string                  // what the names of its cookies start with
	restore  *strings.Replacer       // puts the placeholders back
	released chan struct{}

	mu  sync.Mutex
	log []string // of arrivals
}

func (c *browserCase) newVariant(t testing.TB, router conformance.Router, serving string, client client) (*variant, error) {
	usual, other := client.pagePorts()
	number := fmt.Sprint(1000 + numbers.Add(1)) // none is the start of another
	v := &variant{
		words: []string{router.Name, serving, client.name()},
		origins: map[string]string{"app": "http://localhost:" + usual, "ip": "http://127.0.0.1:" + usual,
			"sub": "http://app.localhost:" + usual, "other": "http://localhost:" + other},
		handlers: map[string]http.Handler{},
		cookies:  "c" + number,
		released: make(chan struct{}, 1),
	}
	for _, server := range c.servers {
		v.origins[server] = "http://localhost:" + client.listen(t, v)
	}
	v.origins["apiip"] = strings.Replace(v.origins["api"], "localhost", "127.0.0.1", 1)

	replace := []string{"{port1}", usual, "{n}", number}
	restore := []string{v.cookies, "c{n}"}
	for name, origin := range v.origins {
		replace = append(replace, "{"+name+"}", origin)
		restore = append(restore, origin, "{"+name+"}")
	}
	v.restore = strings.NewReplacer(restore...)
	return v, v.serve(strings.NewReplacer(replace...).Replace(c.text), router, serving)
}

// serve builds what text says is served.
func (v *variant) serve(text string, router conformance.Router, serving string) error {
	tables, steps, err := parseCase(text)
	if err != nil {
		return err
	}
	v.table, v.steps = tables["api"], steps
	if !v.applies() {
		return nil
	}
	for server, table := range tables {
		h, err := table.Serve(router.New(), serving)
		if err != nil {
			return err
		}
		names := []string{server}
		if server == "api" {
			names = append(names, "api2", "apiip")
		}
		for _, name := range names {
			v.handlers[strings.TrimPrefix(v.origins[name], "http://")] = h
		}
	}
	return nil
}

func (v *variant) applies() bool { return v.table.Applies(v.words...) }

// at returns a URL of a step, whose paths are of server.
func (v *variant) at(server, url string) string {
	if strings.HasPrefix(url, "/") {
		return v.origins[server] + url
	}
	return url
}

var (
	silent = log.New(io.Discard, "", 0)
	files  = http.FileServerFS(testdata.FS) // browser/page.html
)

// ServeHTTP serves the page and the end of a stream's wait beside the case.
func (v *variant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := v.handlers[r.Host]
	switch {
	case h == nil:
		w.WriteHeader(http.StatusMisdirectedRequest)
	case strings.HasPrefix(r.URL.Path, "/browser/page."):
		files.ServeHTTP(w, r)
	case r.URL.Path == "/.release":
		v.release()
	default:
		v.logf("%s", v.arrival(r))
		h.ServeHTTP(w, conformance.WithTrace(r, conformance.Trace{
			Ran:      func(name string) { v.logf("ran %s", name) },
			Released: v.released,
		}))
	}
}

// release lets the handler go on that streams, or the next one that will.
func (v *variant) release() {
	select {
	case v.released <- struct{}{}:
	default:
	}
}

func (v *variant) logf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.log = append(v.log, v.restore.Replace(fmt.Sprintf(format, args...)))
}

// arrived returns what arrived since it was last called.
func (v *variant) arrived() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	log := v.log
	v.log = nil
	return log
}

func (v *variant) arrival(r *http.Request) string {
	line := r.Method + " "
	if server := "http://" + r.Host; server != v.origins["api"] {
		line += server
	}
	line += r.RequestURI
	if origins := r.Header["Origin"]; origins != nil {
		line += " of " + strings.Join(origins, ", ")
	}
	var cookies []string
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, v.cookies) {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
	}
	if cookies != nil {
		line += " with " + strings.Join(cookies, "; ")
	}
	if asked := r.Header.Values("Access-Control-Request-Method"); r.Method == http.MethodOptions && asked != nil {
		asked = slices.Concat(asked, r.Header.Values("Access-Control-Request-Headers"))
		line += ": " + strings.Join(asked, " ")
	}
	return line
}

// run takes the steps. It returns how they differ from what the case says.
func (v *variant) run(client client) (differences []string) {
	for i, s := range v.steps {
		if s.websocket && client.name() == "simulator" {
			continue
		}
		var seen []string
		for _, page := range s.pages {
			for _, server := range s.servers {
				client.wait(s.wait)
				saw, err := client.fetch(v, s, page, server)
				if err != nil {
					return append(differences, err.Error())
				}
				for _, line := range saw.lines() {
					seen = append(seen, v.restore.Replace(line))
				}
			}
		}
		for _, of := range []struct {
			what string
			want map[string]string
			got  []string
		}{{"outcome", s.outcome, seen}, {"arrived", s.arrived, v.arrived()}} {
			want, _ := conformance.Best(of.want, v.words...)
			if diff := cmp.Diff(conformance.Lines(v.restore.Replace(want)), of.got); diff != "" {
				differences = append(differences, fmt.Sprintf("step %d: %s %s: %s (-want +got)\n%s", i+1, s.method, v.restore.Replace(s.url), of.what, diff))
			}
		}
	}
	return differences
}

// outcome is what a script sees of a fetch.
type outcome struct {
	Type   string
	Status int
	Header [][2]string
	Body   string
	Events []string // of a WebSocket
}

func (o outcome) lines() []string {
	if o.Events != nil {
		return o.Events
	}
	lines := []string{o.Type}
	if o.Type == "cors" || o.Type == "basic" {
		lines[0] += fmt.Sprint(" ", o.Status)
	}
	for _, h := range o.Header {
		if h[0] != "content-type" && h[0] != "content-length" && h[0] != "date" {
			lines = append(lines, h[0]+": "+h[1])
		}
	}
	if body := strings.TrimSpace(o.Body); body != "" {
		lines = append(lines, "body "+body)
	}
	return lines
}
