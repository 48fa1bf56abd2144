package browsers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Process is a running browser with all its child processes. Its methods may be
// called concurrently.
type Process struct {
	t       testing.TB
	family  *family
	scratch string
	exited  chan struct{}

	mu      sync.Mutex // held by Stop to its end
	stopped bool
	log     string // once stopped
}

// Start opens url in the browser, headless and with a new profile. The end of the
// test stops it. Flags come after those of this package, and of two equal flags
// the browser takes the last.
func (b *Browser) Start(t testing.TB, url string, flags ...string) *Process {
	t.Helper()
	p, err := b.start(t, url, flags)
	if err != nil {
		t.Fatalf("browsers: %s: %v", b.Name, err)
	}
	return p
}

// start gives the browser the files, too: as its descriptors 3 and up.
func (b *Browser) start(t testing.TB, url string, flags []string, files ...*os.File) (_ *Process, err error) {
	// Not t.TempDir: Chromium puts a socket into it, whose path has to be short.
	scratch, err := os.MkdirTemp("", "browser-")
	if err != nil {
		return nil, err
	}
	p := &Process{t: t, scratch: scratch, exited: make(chan struct{})}
	p.family, err = newFamily(scratch, p.path("tmp"))
	if err != nil {
		os.RemoveAll(scratch)
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(scratch)
			p.family.release()
		}
	}()
	for _, dir := range []string{"home", "tmp", "profile"} {
		if err := os.Mkdir(p.path(dir), 0o700); err != nil {
			return nil, err
		}
	}
	var args []string
	if b.Name == "firefox" {
		if err := os.WriteFile(p.path("profile", "user.js"), []byte(userJS), 0o600); err != nil {
			return nil, err
		}
		args = []string{"--headless", "--no-remote", "--profile", p.path("profile")}
	}
	if b.Name == "chromium" {
		args = append(chromiumFlags(), "--user-data-dir="+p.path("profile"))
	}
	// A file, not a pipe: children that outlive the leader would keep a pipe open.
	output, err := os.Create(p.path("output"))
	if err != nil {
		return nil, err
	}
	defer output.Close()
	cmd := exec.Command(b.Path, append(append(args, flags...), url)...)
	cmd.Env = p.environ()
	cmd.Dir = scratch
	cmd.Stdout, cmd.Stderr = output, output
	cmd.ExtraFiles = files
	if err := p.family.start(cmd); err != nil {
		return nil, err
	}
	t.Cleanup(p.Stop)
	go func() {
		cmd.Wait()
		p.family.kill() // at once, while nobody can have got the leader's number
		close(p.exited)
	}()
	return p, nil
}

func (p *Process) path(elem ...string) string {
	return filepath.Join(append([]string{p.scratch}, elem...)...)
}

// environ is the test's environment without what leads to the user's desktop, to
// the user's files or to a proxy.
func (p *Process) environ() []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		prefix, _, _ := strings.Cut(name, "_")
		switch {
		case name == "HOME", name == "TMPDIR", name == "TMP", name == "TEMP", name == "DISPLAY", name == "XAUTHORITY":
		case prefix == "XDG", prefix == "DBUS", prefix == "WAYLAND", prefix == "MOZ", prefix == "CHROME":
		case strings.HasSuffix(name, "_PROXY"):
		default:
			env = append(env, entry)
		}
	}
	return append(env,
		"HOME="+p.path("home"),
		"TMPDIR="+p.path("tmp"), "TMP="+p.path("tmp"), "TEMP="+p.path("tmp"),
		// Without an address the libraries may start a bus, which would stay.
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "DBUS_SYSTEM_BUS_ADDRESS=disabled:",
		"MOZ_CRASHREPORTER_DISABLE=1",
		"MOZ_REMOTE_SETTINGS_DEVTOOLS=1", // or a release build ignores services.settings.server
	)
}

// Exited is closed when the browser has ended, by itself or by Stop.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Log returns what the browser has printed, with what its pages wrote to the
// console. That passes through other processes than the pages' requests do, and may
// appear a moment after a request that was made later; Stop does not wait for it.
func (p *Process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return p.log
	}
	return p.output()
}

func (p *Process) output() string {
	output, err := os.ReadFile(p.path("output"))
	if err != nil {
		return err.Error()
	}
	return string(output)
}

// patience is how long killed processes may take to go. It is long, for a loaded
// machine: it does not lengthen a test that goes well.
const patience = 30 * time.Second

// Stop kills the browser and its children, waits until all are gone, and removes
// the profile and the scratch files. It fails the test if something stays. Only the
// first call does anything; the others wait for it.
func (p *Process) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	p.stopped = true
	deadline := time.Now().Add(patience)
	left := p.family.kill()
	for len(left) > 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
		left = p.family.kill()
	}
	p.log = p.output()
	if len(left) > 0 {
		p.t.Errorf("browsers: processes %v do not end", left)
		return
	}
	<-p.exited
	err := os.RemoveAll(p.scratch)
	for err != nil && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond) // Windows lets go of the files of ended processes late
		err = os.RemoveAll(p.scratch)
	}
	if err != nil {
		p.t.Errorf("browsers: %v", err)
	}
	p.family.release()
}
