package inspect_test

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/routecors/routecors/internal/browsers"
)

var images = flag.String("images", "", "write pictures of the page into this directory")

// TestImages writes the pictures of the page, for people to look at.
func TestImages(t *testing.T) {
	if *images == "" {
		t.Skip("no -images")
	}
	h, _ := newSite(t)
	refuse(h)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	const host = "api.example.com"
	p := browsers.Require(t, "chromium").Open(t, "--hide-scrollbars",
		"--host-resolver-rules=MAP "+host+":80 "+server.Listener.Addr().String()+", MAP * ~NOTFOUND")
	const base = "http://" + host + "/internal/cors"
	for _, width := range []int{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			for name, q := range map[string]string{
				"table":   "",
				"yes":     query("origin", app, "method", "PUT", "url", "/articles/7", "headers", "Content-Type: application/json"),
				"no":      query("origin", partner, "method", "PUT", "url", "/articles/7", "headers", "Content-Type", "credentials", "yes"),
				"mistake": query("origin", "", "method", "P T", "url", "x"),
			} {
				p.Emulate(width, 800, scheme)
				p.Go(base + q)
				height := p.Eval("document.documentElement.scrollHeight")
				var n int
				fmt.Sscan(height, &n)
				p.Emulate(width, n, scheme)
				file := filepath.Join(*images, fmt.Sprintf("%s-%s-%d.png", name, scheme, width))
				must(t, os.WriteFile(file, p.Screenshot(), 0o666))
			}
		}
	}
	if got := p.Console(); len(got) > 0 {
		t.Errorf("the console: %q", got)
	}
}
