package routecors_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/browsers"
)

// TestConsole compares Console with what Chromium prints.
func TestConsole(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Chromium")
	}
	t.Run("plain", func(t *testing.T) { testConsole(t) })
	t.Run("debug", func(t *testing.T) { testConsole(t, routecors.WithDebug()) })
}

func testConsole(t *testing.T, options ...routecors.Option) {
	program := browsers.Require(t, "chromium")
	done := make(chan string, 1)
	var script string
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			b, _ := io.ReadAll(r.Body)
			done <- string(b)
			return
		}
		io.WriteString(w, "<!doctype html><script>"+script+"</script>")
	}))
	t.Cleanup(pages.Close)
	page := strings.Replace(pages.URL, "127.0.0.1", "localhost", 1)

	s := newSite(t, "", options...)
	own := func(o routecors.ResourceOptions) routecors.Policy { return routecors.Policy{page: o} }
	s.add(t, "GET /yes", own(routecors.ResourceOptions{}))
	s.add(t, "PUT /yes", own(routecors.ResourceOptions{AllowCredentials: true, AllowHeaders: []string{"X-A"}}))
	s.add(t, "GET /denied", own(routecors.ResourceOptions{Deny: true}))
	s.add(t, "PUT /uncredentialed", own(routecors.ResourceOptions{}))
	s.add(t, "GET /star", routecors.Policy{"*": {}})
	s.add(t, "PUT /star", routecors.Policy{"*": {}})
	s.add(t, "/any", own(routecors.ResourceOptions{}))
	s.add(t, "GET /tree/", own(routecors.ResourceOptions{}))
	s.mux.Handle("/moved", http.RedirectHandler("/yes", http.StatusFound))
	s.router.Handle("DELETE /private", text("private"))
	server := httptest.NewServer(s.cors.Handler(s.mux))
	t.Cleanup(server.Close)
	api := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)

	tests := []struct {
		method, path, header string
		credentials          bool
		want                 routecors.Reason
	}{
		{"GET", "/yes", "", false, routecors.Allowed},
		{"PUT", "/yes?q=1", "X-A", true, routecors.Allowed},
		{"GET", "/yes?q=credentials", "", true, routecors.CredentialsNotAllowed},
		{"PUT", "/uncredentialed", "", true, routecors.CredentialsNotAllowed},
		{"GET", "/star", "", true, routecors.CredentialsWithWildcard},
		{"PUT", "/star", "", true, routecors.CredentialsWithWildcard},
		{"GET", "/denied", "", false, routecors.OriginDenied},
		{"PUT", "/yes?q=header", "X-B", false, routecors.HeaderNotAllowed},
		{"PUT", "/uncredentialed?q=header", "X-B", true, routecors.HeaderNotAllowed},
		{"PATCH", "/any", "", false, routecors.MethodNotAllowed},
		{"PATCH", "/any?q=credentials", "", true, routecors.MethodNotAllowed},
		{"DELETE", "/private", "", false, routecors.RouteNotAdded},
		{"GET", "/nowhere?a=b&c=%20d", "", false, routecors.RouteNotFound},
		{"PUT", "/nowhere", "", false, routecors.RouteNotFound},
		{"GET", "/tree", "", false, routecors.Redirected},
		{"GET", "/moved", "", false, routecors.Redirected},
		{"PUT", "/moved?q=preflight", "", false, routecors.Redirected},
	}
	type task struct {
		URL  string         `json:"url"`
		Init map[string]any `json:"init"`
	}
	var tasks []task
	decisions := make([]routecors.Decision, len(tests))
	for i, test := range tests {
		r, err := http.NewRequest(test.method, api+test.path, nil)
		must(t, err)
		r.Header.Set("Origin", page)
		init := map[string]any{"method": test.method, "headers": map[string]string{}, "credentials": "omit"}
		if test.header != "" {
			r.Header.Set(test.header, "1")
			init["headers"] = map[string]string{test.header: "1"}
		}
		if test.credentials {
			r.Header.Set("Cookie", "a=b")
			init["credentials"] = "include"
		}
		decisions[i] = s.cors.Explain(r)
		tasks = append(tasks, task{api + test.path, init})
	}
	list, err := json.Marshal(tasks)
	must(t, err)
	script = fmt.Sprintf(`(async () => {
		const got = []
		for (const task of %s) got.push(await fetch(task.url, task.init).then(() => "got", () => "failed"))
		await fetch("/done", {method: "POST", body: got.join(" ")})
	})()`, list)

	process := program.Start(t, page)
	var got []string
	select {
	case report := <-done:
		got = strings.Fields(report)
	case <-process.Exited():
		t.Fatalf("Chromium has ended:\n%s", process.Log())
	case <-time.After(time.Minute):
		t.Fatalf("no report after a minute:\n%s", process.Log())
	}
	prints := func() (n int) { return strings.Count(process.Log(), "blocked by CORS policy") }
	failures := 0
	for i, test := range tests {
		d := decisions[i]
		if d.Reason != test.want {
			t.Errorf("%s %s: %v, want %v\n%s", test.method, test.path, d.Reason, test.want, d)
		}
		if d.Allowed != (got[i] == "got") {
			t.Errorf("%s %s: the fetch %s\n%s", test.method, test.path, got[i], d)
		}
		if !d.Allowed {
			failures++
		}
	}
	// The console takes a moment longer than the report.
	for end := time.Now().Add(10 * time.Second); prints() < failures && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	log := process.Log()
	for i, test := range tests {
		// What follows is the place in the script: it ends the sentence.
		if d := decisions[i]; d.Console != "" && strings.Count(log, `"`+d.Console+`"`) != 1 {
			t.Errorf("%s %s: Chromium does not print\n%s", test.method, test.path, d.Console)
		}
	}
	if n := prints(); n != failures || t.Failed() {
		t.Errorf("%d lines for %d failures:\n%s", n, failures, log)
	}
}
