package browsers

import (
	"bytes"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("browsers take seconds to start")
	}
	b := Require(t, "chromium")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "script-src 'none'")
		io.WriteString(w, `<!doctype html><form><input name=a autofocus><button>go</button></form><script>broken</script><p>`+r.URL.RawQuery)
	}))
	t.Cleanup(server.Close)
	p := b.Open(t)
	p.Emulate(390, 300, "dark")
	p.Go(server.URL)
	if got := p.Console(); len(got) != 1 || !strings.Contains(got[0], "Content Security Policy") {
		t.Errorf("the console does not tell that the script is refused: %q", got)
	}
	if got := p.Eval("matchMedia('(prefers-color-scheme: dark)').matches + ' ' + innerWidth"); got != "true 390" {
		t.Errorf("dark and the width are %s", got)
	}
	p.Press("x", "Tab", "Shift+Tab", "End")
	p.Type("yz")
	p.Press("Enter")
	p.Loaded()
	if got := p.Eval("document.querySelector('p').textContent"); got != "a=xyz" {
		t.Errorf("typed and sent %q", got)
	}
	p.Click("button")
	p.Loaded()
	if got := p.Eval("document.querySelector('p').textContent"); got != "a=" {
		t.Errorf("clicked and sent %q", got)
	}
	picture, err := png.Decode(bytes.NewReader(p.Screenshot()))
	if err != nil || picture.Bounds().Dx() != 390 {
		t.Errorf("no picture 390 wide: %v", err)
	}
}
