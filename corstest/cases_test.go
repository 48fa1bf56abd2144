package corstest_test

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/routecors/routecors/internal/conformance"
	"github.com/routecors/routecors/internal/conformance/sites"
	"github.com/routecors/routecors/testdata"
)

// A browser case is a file of sections, as a golden case is: its reason, what is
// served, and steps. What is served are policies, options and routes, as package
// conformance reads them; "-- NAME/routes --" is of one more server, NAME. The steps:
//
//	-- fetch app --             by a page; "fetch app,other > api,deny" is by each
//	                            page from each server, in this order
//	PUT /items/7                method, and a path at the server or {api2}/x
//	X-A: 1                      what the script appends
//	@credentials include        what it says beside: credentials, redirect, mode,
//	                            body; and wait 1.2s, before it; and stream
//	-- outcome --               what it sees
//	cors 200                    type and status; or error, opaque, opaqueredirect
//	etag: "1"                   the headers, but content-type, content-length, date
//	body PUT /items/{id}        unless it is empty
//	-- arrived --               what comes to the servers of the case
//	OPTIONS /items/7 of {app}: PUT x-a,x-b      a preflight: what it asks for
//	PUT /items/7 of {app} with c{n}=1           its Origin, and cookies of the case
//	GET {api2}/x of null                        at another server than api
//	ran PUT /items/{id}                         a handler
//
// A step "-- websocket app --" has a path alone; its outcome are the lines open and
// message TEXT, or error. With @stream the script reads one chunk, has the handler
// go on, and reads the rest: "one|two".
//
// An outcome, and what arrived, may be for one router, way of serving, or client:
// "-- arrived chi firefox --"; so may be a case, "only chromium". The one with most
// words that apply counts.
//
// The pages: app, other, ip, sub, each the document of a tab; in app, frames:
// sandbox and data, of opaque origins, and those of servers, by name. The
// placeholders, where the ports are those of one run of one case:
//
//	{app} {ip} {sub}    http:// localhost, 127.0.0.1, app.localhost, with one port
//	{port1}             this port alone
//	{other}             http://localhost, with another port
//	{api} {apiip}       the server, by localhost and by 127.0.0.1
//	{api2}              what is served there, on another port
//	{NAME}              a server that the case adds
//	{n}                 a number, for names of cookies, which know no ports: c{n}…
type browserCase struct {
	name, text string
	servers    []string // by name: api, api2 and what it adds
}

// A step is one of a case, with what it is said to come to.
type step struct {
	websocket        bool
	pages, servers   []string
	method, url      string
	header           [][2]string
	settings         map[string]string // credentials, redirect, mode, body
	wait             time.Duration
	stream           bool
	outcome, arrived map[string]string // by the words after the name
}

var (
	routers  = []conformance.Router{sites.ServeMux, sites.Chi}
	servings = []string{"bare", "handler"}
	clients  = []string{"chromium", "firefox", "simulator"}
	words    = slices.Concat([]string{"stdmux", "chi"}, servings, clients)

	topLevel = []string{"app", "other", "ip", "sub"}
	opaque   = []string{"sandbox", "data"}
)

// loadBrowserCases returns the cases in testdata/browser, which are well-formed.
func loadBrowserCases(t *testing.T) (cases []*browserCase) {
	files, err := fs.Glob(testdata.FS, "browser/*.txt")
	if err != nil || len(files) < 80 {
		t.Errorf("found %d browser cases (%v), want at least 80", len(files), err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(testdata.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		c := &browserCase{name: strings.TrimSuffix(path.Base(file), ".txt"), text: string(text), servers: []string{"api", "api2"}}
		for name := range strings.SplitSeq(c.text, "\n-- ") {
			if server, _, ok := strings.Cut(name, "/routes --\n"); ok {
				c.servers = append(c.servers, server)
			}
		}
		if err := c.check(t); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		cases = append(cases, c)
	}
	return cases
}

// check finds, without a run, what no run would.
func (c *browserCase) check(t *testing.T) error {
	v, err := c.newVariant(t, sites.ServeMux, "bare", nowhere{})
	if err != nil {
		return err
	}
	if len(v.steps) == 0 {
		return fmt.Errorf("no steps")
	}
	for i, s := range v.steps {
		if err := s.check(c, v.table); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *step) check(c *browserCase, table conformance.Table) error {
	for _, page := range s.pages {
		if !slices.Contains(slices.Concat(topLevel, opaque, c.servers), page) {
			return fmt.Errorf("unknown page %q", page)
		}
	}
	for _, server := range s.servers {
		if server != "apiip" && !slices.Contains(c.servers, server) {
			return fmt.Errorf("unknown server %q", server)
		}
	}
	for name, texts := range map[string]map[string]string{"outcome": s.outcome, "arrived": s.arrived} {
		if err := checkWords(texts, table); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// checkWords looks whether one of texts, and no more, counts for each variant.
func checkWords(texts map[string]string, table conformance.Table) error {
	for w := range texts {
		for _, word := range strings.Fields(w) {
			if !slices.Contains(words, word) {
				return fmt.Errorf("unknown word %q", word)
			}
		}
	}
	for _, router := range routers {
		for _, serving := range servings {
			for _, client := range clients {
				apply := []string{router.Name, serving, client}
				if n := best(texts, apply); n != 1 && table.Applies(apply...) {
					return fmt.Errorf("%d for %s", n, strings.Join(apply, " "))
				}
			}
		}
	}
	return nil
}

// best counts the texts that conformance.Best could choose.
func best(texts map[string]string, apply []string) (n int) {
	most := -1
	for w := range texts {
		fields := strings.Fields(w)
		if slices.ContainsFunc(fields, func(f string) bool { return !slices.Contains(apply, f) }) || len(fields) < most {
			continue
		}
		if len(fields) > most {
			most, n = len(fields), 0
		}
		n++
	}
	return n
}

// parseCase reads a case without placeholders.
func parseCase(text string) (tables map[string]conformance.Table, steps []*step, err error) {
	sections, err := conformance.Sections(text)
	if err != nil {
		return nil, nil, err
	}
	served := map[string][]conformance.Section{}
	for _, s := range sections {
		server, name, ok := strings.Cut(s.Name, "/")
		if !ok {
			server, name = "api", s.Name
		}
		served[server] = append(served[server], conformance.Section{Name: name, Body: s.Body})
	}
	tables = map[string]conformance.Table{}
	for server, sections := range served {
		table, others, err := conformance.NewTable(sections)
		if err != nil {
			return nil, nil, err
		}
		tables[server] = table
		if server == "api" {
			steps, err = parseSteps(others)
		}
		if err == nil && server != "api" && len(others) > 0 {
			err = fmt.Errorf("unknown section %q", server+"/"+others[0].Name)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return tables, steps, nil
}

func parseSteps(sections []conformance.Section) (steps []*step, err error) {
	for _, section := range sections {
		word, rest, _ := strings.Cut(section.Name, " ")
		if word == "fetch" || word == "websocket" {
			s, err := parseStep(rest, conformance.Lines(section.Body), word == "websocket")
			if err != nil {
				return nil, fmt.Errorf("%s: %w", section.Name, err)
			}
			steps = append(steps, s)
			continue
		}
		if len(steps) == 0 || word != "outcome" && word != "arrived" {
			return nil, fmt.Errorf("unknown section %q", section.Name)
		}
		texts := steps[len(steps)-1].outcome
		if word == "arrived" {
			texts = steps[len(steps)-1].arrived
		}
		if _, ok := texts[rest]; ok {
			return nil, fmt.Errorf("section %q, twice", section.Name)
		}
		texts[rest] = section.Body
	}
	return steps, nil
}

func parseStep(who string, lines []string, websocket bool) (*step, error) {
	pages, servers, ok := strings.Cut(who, " > ")
	if !ok {
		servers = "api"
	}
	s := &step{websocket: websocket, pages: strings.Split(pages, ","), servers: strings.Split(servers, ","),
		header: [][2]string{}, settings: map[string]string{}, outcome: map[string]string{}, arrived: map[string]string{}}
	if len(lines) == 0 {
		return nil, fmt.Errorf("no request")
	}
	s.method, s.url, ok = strings.Cut(lines[0], " ")
	if websocket {
		s.method, s.url, ok = "", lines[0], len(lines) == 1
	}
	if !ok {
		return nil, fmt.Errorf("%q: want method and URL, or for a WebSocket the path alone", lines[0])
	}
	for _, line := range lines[1:] {
		if err := s.set(line); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	return s, nil
}

func (s *step) set(line string) (err error) {
	setting, ok := strings.CutPrefix(line, "@")
	if !ok {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("neither a header nor a setting")
		}
		s.header = append(s.header, [2]string{name, strings.TrimSpace(value)})
		return nil
	}
	name, value, _ := strings.Cut(setting, " ")
	switch name {
	case "credentials", "redirect", "mode", "body":
		s.settings[name] = value
	case "wait":
		s.wait, err = time.ParseDuration(value)
	case "stream":
		s.stream = true
	default:
		err = fmt.Errorf("unknown setting")
	}
	return err
}
