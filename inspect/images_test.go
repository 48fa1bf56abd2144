package inspect_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/routecors/routecors/internal/browsers"
)

var images = flag.String("images", "", "write pictures of the page into this directory")

// TestImages writes pictures of the whole page, for people to look at. Those of the
// README are inspector-light-1280.png and inspector-dark-1280.png:
//
//	go test ./inspect -run TestImages -images DIR
func TestImages(t *testing.T) {
	if *images == "" {
		t.Skip("a tool: -images names no directory")
	}
	h, _ := newSite(t)
	refuse(h)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	const host = "api.example.com"
	p := browsers.Require(t, "chromium").Open(t, "--hide-scrollbars", "--disable-lcd-text",
		"--host-resolver-rules=MAP "+host+":80 "+server.Listener.Addr().String()+", MAP * ~NOTFOUND")
	for _, test := range []struct{ name, query string }{
		{"inspector", query("origin", partner, "method", "PUT", "url", "/articles/7", "headers", "Content-Type", "credentials", "yes")},
		{"inspector-yes", query("origin", app, "method", "PUT", "url", "/articles/7", "headers", "Content-Type: application/json")},
		{"inspector-mistakes", query("method", "P T", "url", "x")},
	} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int{1280, 390} {
				p.Emulate(width, 800, scheme)
				p.Go("http://" + host + "/internal/cors" + test.query)
				var height int
				_, err := fmt.Sscan(p.Eval("document.documentElement.scrollHeight"), &height)
				must(t, err)
				p.Emulate(width, height, scheme)
				file := filepath.Join(*images, fmt.Sprintf("%s-%s-%d.png", test.name, scheme, width))
				must(t, os.WriteFile(file, small(t, p.Screenshot()), 0o666))
			}
		}
	}
	quiet(t, p)
}

// small returns the picture in its 256 most frequent colours: text is nearly all of it.
func small(t *testing.T, picture []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(picture))
	must(t, err)
	count := map[color.Color]int{}
	bounds := full.Bounds()
	each := func(f func(x, y int)) {
		for y := range bounds.Dy() {
			for x := range bounds.Dx() {
				f(x, y)
			}
		}
	}
	each(func(x, y int) { count[full.At(x, y)]++ })
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return cmp.Compare(count[b], count[a]) })
	paletted := image.NewPaletted(bounds, colours[:min(len(colours), 256)])
	each(func(x, y int) { paletted.Set(x, y, full.At(x, y)) })
	var b bytes.Buffer
	must(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, paletted))
	return b.Bytes()
}
