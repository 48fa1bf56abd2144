package corstest_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecors/routecors/internal/browsers"
)

// TestChromium and TestFirefox run the browser cases in one browser each. Its pages
// ask for what to do, so that no driver is needed: see testdata/browser/page.js.

func TestChromium(t *testing.T) { testBrowser(t, "chromium") }

func TestFirefox(t *testing.T) { testBrowser(t, "firefox") }

func testBrowser(t *testing.T, name string) {
	if testing.Short() {
		t.Skip("the browser cases take long; the simulator runs them, too")
	}
	program := browsers.Require(t, name)
	cases := loadBrowserCases(t)
	b := start(t, program)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b.run(t, c)
		})
	}
}

// run runs the variants of c, all at once: most of the time that it takes is waits.
func (b *browser) run(t *testing.T, c *browserCase) {
	select {
	case <-b.process.Exited():
		t.Fatalf("%s has ended", b.name())
	default:
	}
	var variants []*variant
	for _, router := range routers {
		for _, serving := range servings {
			v, err := c.newVariant(t, router, serving, b)
			if err != nil {
				t.Fatal(err)
			}
			if v.applies() {
				variants = append(variants, v)
			}
		}
	}
	differences := make([][]string, len(variants))
	var all sync.WaitGroup
	for i, v := range variants {
		all.Go(func() { differences[i] = v.run(b) })
	}
	all.Wait()
	for i, v := range variants {
		t.Run(v.words[0]+"/"+v.words[1], func(t *testing.T) {
			for _, d := range differences[i] {
				t.Error(d)
			}
		})
	}
}

// A browser is a running one, with a tab for each page of topLevel.
type browser struct {
	program      *browsers.Browser
	process      *browsers.Process
	usual, other string                // ports
	tasks        map[string]chan *task // by Host of the page

	mu      sync.Mutex
	last    int                  // ID of a task
	waiting map[int]chan outcome // by ID
	used    map[string]bool      // ports
}

// A task is what a page does.
type task struct {
	ID        int            `json:"id"`
	Frame     *frame         `json:"frame,omitempty"` // to do it in
	WebSocket bool           `json:"websocket,omitempty"`
	URL       string         `json:"url"`
	Init      map[string]any `json:"init"`
	Release   string         `json:"release,omitempty"` // URL
}

type frame struct {
	Src     string `json:"src"`
	Sandbox bool   `json:"sandbox"`
}

const page = "/browser/page.html"

// start starts the browser with its pages. New servers are new origins, so nothing
// is there that another browser, or a run before, could have left.
func start(t *testing.T, program *browsers.Browser) *browser {
	b := &browser{program: program, tasks: map[string]chan *task{}, waiting: map[int]chan outcome{}, used: map[string]bool{}}
	b.usual, b.other = b.listen(t, b), b.listen(t, b)
	hosts := []string{"localhost:" + b.usual, "localhost:" + b.other, "127.0.0.1:" + b.usual, "app.localhost:" + b.usual}
	var tabs []string
	for _, host := range hosts {
		b.tasks[host] = make(chan *task)
		tabs = append(tabs, "http://"+host+page)
	}
	first, flags := tabs[0], tabs[1:]
	if program.Name == "chromium" { // which, headless, takes one URL
		first += "?" + url.Values{"open": tabs[1:]}.Encode()
		flags = []string{"--disable-popup-blocking"}
	}
	b.process = program.Start(t, first, flags...)
	t.Cleanup(func() {
		select {
		case <-b.process.Exited():
			t.Errorf("%s ended:\n%s", program.Name, b.process.Log())
		default:
		}
	})
	for _, host := range hosts {
		if got, err := b.ask(host, &task{URL: page}); err != nil || got.Type != "basic" {
			t.Fatalf("the page of %s does not come: %v %s", host, err, b.process.Log())
		}
	}
	return b
}

func (b *browser) name() string { return b.program.Name }

func (b *browser) pagePorts() (usual, other string) { return b.usual, b.other }

func (b *browser) wait(d time.Duration) { time.Sleep(d) }

// listen never returns a port twice: the browser may remember its server.
func (b *browser) listen(t testing.TB, h http.Handler) string {
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		if !b.use(port) {
			l.Close()
			continue
		}
		server := &http.Server{Handler: h, ErrorLog: silent}
		t.Cleanup(func() { server.Close() })
		go server.Serve(l)
		return port
	}
}

func (b *browser) use(port string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used[port] {
		return false
	}
	b.used[port] = true
	return true
}

// ServeHTTP serves the pages.
func (b *browser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/.next":
		b.answered(r)
		select {
		case task := <-b.tasks[r.Host]:
			json.NewEncoder(w).Encode(task)
		case <-r.Context().Done():
		}
	default:
		files.ServeHTTP(w, r)
	}
}

// answered takes the result of the task that the page had before, if any.
func (b *browser) answered(r *http.Request) {
	var result struct {
		ID int
		outcome
	}
	if err := json.NewDecoder(r.Body).Decode(&result); err != nil {
		return // the one who waits will say that there was nothing
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.waiting[result.ID]; ok {
		c <- result.outcome
		delete(b.waiting, result.ID)
	}
}

func (b *browser) fetch(v *variant, s *step, by, server string) (outcome, error) {
	init := map[string]any{"method": s.method, "headers": s.header}
	for name, value := range s.settings {
		init[name] = value
	}
	task := &task{WebSocket: s.websocket, URL: v.at(server, s.url), Init: init}
	if s.websocket {
		task.URL = "ws" + strings.TrimPrefix(task.URL, "http")
	}
	if s.stream {
		task.Release = v.origins[server] + "/.release"
	}
	document := v.origins["app"]
	switch {
	case slices.Contains(topLevel, by):
		document = v.origins[by]
	case by == "sandbox":
		task.Frame = &frame{document + page, true}
	case by == "data":
		script := fmt.Sprintf(`<script src="%s"></script>`, document+strings.Replace(page, ".html", ".js", 1))
		task.Frame = &frame{"data:text/html," + url.PathEscape(script), false}
	default:
		task.Frame = &frame{v.origins[by] + page, false}
	}
	return b.ask(strings.TrimPrefix(document, "http://"), task)
}

// ask has the page at host do a task. A minute is for the start and for all tasks that
// others have before; a fetch without an answer is for the page to give up.
func (b *browser) ask(host string, task *task) (outcome, error) {
	answer := make(chan outcome, 1)
	b.mu.Lock()
	b.last++
	task.ID = b.last
	b.waiting[task.ID] = answer
	b.mu.Unlock()
	late := time.After(time.Minute)
	tasks, answers := b.tasks[host], (chan outcome)(nil)
	for {
		select {
		case tasks <- task:
			tasks, answers = nil, answer
		case o := <-answers:
			return o, nil
		case <-b.process.Exited():
			return outcome{}, fmt.Errorf("%s has ended", b.name())
		case <-late:
			b.process.Stop() // or it would be so for every task
			return outcome{}, fmt.Errorf("%s is stopped: the page of %s does not answer", b.name(), host)
		}
	}
}
