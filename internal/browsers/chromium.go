package browsers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func chromiumFlags() []string {
	flags := []string{
		"--headless",
		"--disable-gpu",
		"--disable-quic",
		"--disable-dev-shm-usage", // small in containers
		"--no-first-run",
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-sync",
		"--no-proxy-server",
		// No name but these is looked up, and no other address connected to.
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE localhost., EXCLUDE *.localhost., EXCLUDE 127.0.0.1, EXCLUDE ::1",
		// Or http://name becomes https as soon as something listens on port 443.
		"--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
		"--enable-logging=stderr", // with the pages' consoles
	}
	if os.Geteuid() == 0 {
		flags = append(flags, "--no-sandbox") // which refuses to work for root
	}
	return flags
}

// Screenshot writes a picture of the page at url, width by height pixels of CSS, to
// file as PNG. It is taken when the page has loaded; the flag
// --virtual-time-budget=5000 first lets 5000 ms of timers and fetches pass. Only
// Chromium can do it.
func (b *Browser) Screenshot(t testing.TB, url, file string, width, height int, flags ...string) {
	t.Helper()
	if b.Name != "chromium" {
		t.Fatalf("browsers: no screenshots with %s", b.Name)
	}
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatalf("browsers: %v", err)
	}
	os.Remove(file) // or an old one would be taken for the new
	p := b.Start(t, url, append([]string{
		"--screenshot=" + file,
		fmt.Sprintf("--window-size=%d,%d", width, height),
		// The page loads in a window that fills the screen. In any other it would first be
		// laid out in one that is lower by the toolbars, and at least 500 pixels wide.
		fmt.Sprintf("--screen-info={%dx%d}", width, height),
		"--kiosk",
		"--hide-scrollbars",
		"--force-device-scale-factor=1",
	}, flags...)...)
	defer p.Stop()
	select {
	case <-p.Exited():
	case <-time.After(time.Minute):
		t.Fatalf("browsers: no screenshot of %s after a minute\n%s", url, p.Log())
	}
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("browsers: no screenshot of %s\n%s", url, p.Log())
	}
}
