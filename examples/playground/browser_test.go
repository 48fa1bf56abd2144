package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors/internal/browsers"
)

// report is what the page shows when all has run.
type report struct {
	Summary  string
	Outcomes map[string][]string // by scenario
	Console  []string            // what Chromium is said to print
	Focus    string              // after an arrow key
	Overflow int                 // by how much the page is wider than the window
}

// reporter sends it, as a script of the page's own server: the page's policy lets in
// no other. It presses the button once more where the answer says so.
const reporter = `
new MutationObserver(async () => {
	const outcomes = {}
	for (const article of document.querySelectorAll("article")) {
		outcomes[article.id] = [...article.querySelectorAll(".ladder")].map(({dataset: d}) =>
			d.preflight + " " + d.ran + " " + d.status + " " + d.reason)
	}
	document.getElementById("all").focus()
	document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true}))
	const answer = await fetch("/report", {method: "POST", body: JSON.stringify({
		summary: document.getElementById("summary").textContent,
		outcomes,
		console: [...document.querySelectorAll(".happened code")].map((e) => e.textContent),
		focus: document.activeElement.ariaLabel,
		overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
	})})
	if (await answer.text() === "again") {
		document.getElementById("all").click()
	}
}).observe(document.body, {attributeFilter: ["data-ran"]})
`

// reporting adds the reporter to the page. It sends the first report on which again,
// if any, does not insist.
func reporting(reports chan<- report, again func(report) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/report":
				var got report
				json.NewDecoder(r.Body).Decode(&got)
				if again(got) {
					fmt.Fprint(w, "again")
					return
				}
				reports <- got
			case "/reporter.js":
				w.Header().Set("Content-Type", "text/javascript")
				fmt.Fprint(w, reporter)
			case "/":
				page := httptest.NewRecorder()
				next.ServeHTTP(page, r)
				for name, values := range page.Header() {
					w.Header()[name] = values
				}
				fmt.Fprint(w, strings.Replace(page.Body.String(), "<script ", `<script type="module" src="/reporter.js"></script><script `, 1))
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

func TestChromium(t *testing.T) { testBrowser(t, "chromium") }

func TestFirefox(t *testing.T) { testBrowser(t, "firefox") }

// testBrowser runs all scenarios in the page itself, and compares what it shows with
// the table; in Chromium, what the console prints with what the page says it does.
func testBrowser(t *testing.T, name string) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	program := browsers.Require(t, name)
	for _, test := range []struct {
		role, hash string
		stranger   bool
	}{
		{"app", "#run", false},
		{"debug", "#run&debug", false},
		{"stranger", "#run", true},
	} {
		t.Run(test.role, func(t *testing.T) {
			want, failures := wanted(test.stranger)
			reports, begun := make(chan report, 1), time.Now()
			o := start(t, reporting(reports, func(got report) bool {
				// Firefox keeps no preflight to 127.0.0.1 in the first seconds after its start.
				return name == "firefox" && time.Since(begun) < 30*time.Second && !cmp.Equal(want["max-age"], got.Outcomes["max-age"])
			}))
			page := o.app
			if test.stranger {
				page = o.stranger
			}
			process := program.Start(t, page+"/"+test.hash)
			var got report
			select {
			case got = <-reports:
			case <-process.Exited():
				t.Fatalf("%s has ended:\n%s", name, process.Log())
			case <-time.After(time.Minute):
				t.Fatalf("no report after a minute:\n%s", process.Log())
			}
			if diff := cmp.Diff(want, got.Outcomes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := fmt.Sprintf("%[1]d run, %[1]d of them as expected.", len(all())); got.Summary != want {
				t.Errorf("the page says %q, want %q", got.Summary, want)
			}
			if want := "Run: " + all()[0].Title; got.Focus != want {
				t.Errorf("the arrow key goes to %q, want %q", got.Focus, want)
			}
			if got.Overflow != 0 {
				t.Errorf("the page is wider than its window, by %d", got.Overflow)
			}
			if len(got.Console) != failures {
				t.Errorf("the page shows %d lines of the console for %d failures", len(got.Console), failures)
			}
			if name == "chromium" {
				checkConsole(t, process, got.Console)
			}
		})
	}
}

// wanted returns the outcomes of the table, and how many fetches fail.
func wanted(stranger bool) (outcomes map[string][]string, failures int) {
	outcomes = map[string][]string{}
	for _, s := range all() {
		for _, f := range s.Fetches {
			o := f.App
			if stranger {
				o = f.Stranger
			}
			outcomes[s.ID] = append(outcomes[s.ID], o.String())
			if o.Status == 0 {
				failures++
			}
		}
	}
	return outcomes, failures
}

// consoleLine finds what a page's console prints in the log of Chromium. What is
// blocked prints ERR_FAILED once more, and a 401 is noted though the page reads it.
var (
	consoleLine = regexp.MustCompile(`:CONSOLE(?::|\()\d+\)?\] "(.*)", source:`)
	expected    = regexp.MustCompile(`^Failed to load resource: (net::ERR_FAILED|the server responded with a status of 401)`)
)

func checkConsole(t *testing.T, process *browsers.Process, want []string) {
	t.Helper()
	var blocked []string
	// The console takes a moment longer than the report.
	for end := time.Now().Add(10 * time.Second); len(blocked) < len(want) && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		blocked = nil
		for _, match := range consoleLine.FindAllStringSubmatch(process.Log(), -1) {
			if !expected.MatchString(match[1]) {
				blocked = append(blocked, match[1])
			}
		}
	}
	if diff := cmp.Diff(want, blocked); diff != "" {
		t.Errorf("the console (-want, as the page shows +got):\n%s", diff)
	}
}

var pictures = flag.String("pictures", "", "write pictures of the page, all run, into this directory")

// TestPictures writes what the README shows, and more to look at.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("a tool: -pictures names no directory")
	}
	program := browsers.Require(t, "chromium")
	o := start(t, func(h http.Handler) http.Handler { return h })
	dark := []string{"--blink-settings=preferredColorScheme=0"}
	for _, p := range []struct {
		name, url     string
		width, height int
		flags         []string
	}{
		{"playground", o.app + "/#run=put,header", 1280, 1720, nil},
		{"all", o.app + "/#run", 1280, 6600, nil},
		{"dark", o.app + "/#run", 1280, 2400, dark},
		{"narrow", o.app + "/#run&debug", 390, 2600, nil},
		{"stranger", o.stranger + "/#run", 1280, 2400, nil},
		{"stranger-narrow-dark", o.stranger + "/#run", 390, 2600, dark},
		{"before", o.app, 1280, 1400, nil},
	} {
		program.Screenshot(t, p.url, filepath.Join(*pictures, p.name+".png"), p.width, p.height, append(p.flags, "--virtual-time-budget=8000")...)
	}
}
