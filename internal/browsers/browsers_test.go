package browsers

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A fake records how a test ends.
type fake struct {
	testing.TB
	skipped, failed string
}

func (f *fake) Helper() {}

func (f *fake) Skipf(format string, args ...any) {
	f.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *fake) Fatalf(format string, args ...any) {
	f.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func require(name string) (b *Browser, f *fake) {
	f = &fake{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b = Require(f, name)
	}()
	<-done
	return b, f
}

func TestRequire(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "google-chrome")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, path, override, ci, found, skipped, failed string }{
		{"chromium", dir, "", "", program, "", ""},
		{"chromium", "", program, "true", program, "", ""},
		{"chromium", dir, program + "-none", "", "", "", "BROWSER_CHROMIUM: "},
		{"firefox", dir, "", "", "", "no firefox: install one of firefox-esr, firefox, or let BROWSER_FIREFOX name it", ""},
		{"firefox", dir, "", "true", "", "", "no firefox: install one of firefox-esr, firefox, or let BROWSER_FIREFOX name it"},
		{"safari", dir, "", "", "", "", `"safari" is neither`},
	} {
		t.Setenv("PATH", test.path)
		t.Setenv("CI", test.ci)
		t.Setenv("BROWSER_"+strings.ToUpper(test.name), test.override)
		b, f := require(test.name)
		if b == nil {
			b = &Browser{}
		}
		if b.Path != test.found || f.skipped != test.skipped || !strings.Contains(f.failed, test.failed) || test.failed == "" && f.failed != "" {
			t.Errorf("%+v: got %+v, skipped %q, failed %q", test, b, f.skipped, f.failed)
		}
	}
}
