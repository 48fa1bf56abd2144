// Package browsers starts the browsers that are installed, for tests: without a
// driver, on an empty profile, and cut off from everything but loopback. What a page
// finds out it sends to the test's own server.
//
//	server := httptest.NewServer(h)
//	t.Cleanup(server.Close)
//	p := browsers.Require(t, "firefox").Start(t, server.URL)
//	select {
//	case report := <-reports:
//		…
//	case <-p.Exited():
//		t.Fatal(p.Log())
//	}
//
// Clean-ups run last in, first out: a server that is closed by a clean-up which was
// registered before Start outlives the browser, and need not wait for its requests.
package browsers

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A Browser is one that is installed. It holds no state; any number of tests may
// start it at the same time.
type Browser struct {
	Name string // "chromium" or "firefox"
	Path string
}

// programs are the names to look for, the best first. The chromium-browser of some
// distributions only tells to install another package.
var programs = map[string][]string{
	"chromium": {"chromium", "google-chrome", "google-chrome-stable", "chrome", "chromium-browser"},
	"firefox":  {"firefox-esr", "firefox"},
}

// Require returns the browser called name, "chromium" or "firefox": the program that
// BROWSER_CHROMIUM or BROWSER_FIREFOX names, or else one of the usual names in PATH.
// If there is none, the test is skipped; with CI=true it fails, so that a browser
// which has gone from the CI machine is noticed.
func Require(t testing.TB, name string) *Browser {
	t.Helper()
	names, ok := programs[name]
	if !ok {
		t.Fatalf("browsers: %q is neither chromium nor firefox", name)
	}
	variable := "BROWSER_" + strings.ToUpper(name)
	if program := os.Getenv(variable); program != "" {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatalf("browsers: %s: %v", variable, err)
		}
		return &Browser{name, path}
	}
	for _, program := range names {
		if path, err := exec.LookPath(program); err == nil {
			return &Browser{name, path}
		}
	}
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	missing("no %s: install one of %s, or let %s name it", name, strings.Join(names, ", "), variable)
	return nil
}
