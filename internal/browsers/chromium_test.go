package browsers

import (
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestScreenshot(t *testing.T) {
	b := Require(t, "chromium")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<!doctype html><body><script>
			document.body.style = "margin: 0; background: linear-gradient(blue, blue) 0 0/" + innerWidth + "px " + innerHeight + "px no-repeat red"
		</script>`)
	}))
	t.Cleanup(server.Close)
	for _, size := range [][2]int{{390, 844}, {1280, 2000}} {
		file := filepath.Join(t.TempDir(), "page.png")
		if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		b.Screenshot(t, server.URL, file, size[0], size[1])
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		picture, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := picture.Bounds().Size(); got.X != size[0] || got.Y != size[1] {
			t.Errorf("the picture is %v, want %v", got, size)
			continue
		}
		// Blue is what the page's script took for its window.
		if r, _, blue, _ := picture.At(size[0]-1, size[1]-1).RGBA(); r != 0 || blue != 0xffff {
			t.Errorf("%v: the page was laid out in another size", size)
		}
	}
}
