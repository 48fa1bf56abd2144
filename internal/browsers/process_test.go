package browsers

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The page tells its own server which browser it is in, and which of the URLs in
// its query it can reach.
const page = `<!doctype html><title>page</title><script>
console.error("console", 6 * 7)
async function main() {
	const reached = {}
	for (const url of new URLSearchParams(location.search).getAll("url")) {
		reached[url] = await fetch(url, {mode: "no-cors"}).then(() => true, () => false)
	}
	await fetch("/report", {method: "POST", body: JSON.stringify({agent: navigator.userAgent, reached})})
}
main()
</script>`

type report struct {
	Agent   string
	Reached map[string]bool
}

// serve serves the page on network at address, until after the browser has stopped.
func serve(t *testing.T, network, address string) (*httptest.Server, <-chan report) {
	reports := make(chan report, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, page)
	})
	mux.HandleFunc("GET /reach", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		var got report
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		reports <- got
	})
	server := httptest.NewUnstartedServer(mux)
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return server, reports
}

func wait(t *testing.T, p *Process, reports <-chan report) report {
	t.Helper()
	select {
	case got := <-reports:
		return got
	case <-p.Exited():
		t.Fatalf("the browser ended\n%s", p.Log())
	case <-time.After(time.Minute):
		t.Fatalf("no report after a minute\n%s", p.Log())
	}
	return report{}
}

func eachBrowser(t *testing.T, test func(t *testing.T, b *Browser)) {
	if testing.Short() {
		t.Skip("browsers take seconds to start")
	}
	for _, name := range []string{"chromium", "firefox"} {
		t.Run(name, func(t *testing.T) { test(t, Require(t, name)) })
	}
}

func TestStart(t *testing.T) {
	eachBrowser(t, func(t *testing.T, b *Browser) {
		server, reports := serve(t, "tcp4", "127.0.0.1:0")
		begin := time.Now()
		p := b.Start(t, server.URL)
		got := wait(t, p, reports)
		reported := time.Since(begin)
		for !consoleIn(p.Log()) && time.Since(begin) < time.Minute {
			time.Sleep(10 * time.Millisecond)
		}
		logged := time.Now()
		want := map[string]string{"chromium": "Chrome/", "firefox": "Firefox/"}[b.Name]
		if !strings.Contains(got.Agent, want) {
			t.Errorf("navigator.userAgent is %q, want one with %q", got.Agent, want)
		}
		p.Stop()
		t.Logf("report after %v, stopped in %v", reported, time.Since(logged))
		checkGone(t, p)
		if log := p.Log(); !consoleIn(log) {
			t.Errorf("the log has no text of console.error\n%s", log)
		}
		p.Stop()
	})
}

func consoleIn(log string) bool {
	return strings.Contains(log, `"console 42"`) || strings.Contains(log, `console.error: "console" 42`)
}

// checkGone checks that nothing is left of a stopped browser.
func checkGone(t *testing.T, p *Process) {
	t.Helper()
	select {
	case <-p.Exited():
	default:
		t.Error("Exited is open after Stop")
	}
	if _, err := os.Stat(p.scratch); !os.IsNotExist(err) {
		t.Errorf("the scratch directory is there after Stop (%v)", err)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if left := p.family.kill(); len(left) > 0 {
		t.Errorf("processes %v are there after Stop", left)
	}
}

// Any way of writing loopback works, and nothing else is reached.
func TestLoopbackOnly(t *testing.T) {
	eachBrowser(t, func(t *testing.T, b *Browser) {
		server, reports := serve(t, "tcp4", "127.0.0.1:0")
		_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
		want := map[string]bool{}
		for host, reach := range map[string]bool{
			"127.0.0.1": true, "localhost": true, "a.localhost": true, "b.a.localhost": true, "localhost.": true, "a.localhost.": true,
			"routecors.invalid": false,
		} {
			want[fmt.Sprintf("http://%s:%s/reach", host, port)] = reach
		}
		if ip := outside(); ip != "" {
			other, _ := serve(t, "tcp4", ip+":0")
			want[other.URL+"/reach"] = false
		}
		if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
			l.Close()
			six, _ := serve(t, "tcp6", "[::1]:0")
			want[six.URL+"/reach"] = true
		}
		query := "?"
		for url := range want {
			query += "&url=" + url
		}
		p := b.Start(t, server.URL+"/"+query)
		got := wait(t, p, reports)
		for url, reach := range want {
			if got.Reached[url] != reach {
				t.Errorf("%s is reached: %v, want %v", url, got.Reached[url], reach)
			}
		}
		if t.Failed() {
			t.Log(p.Log())
		}
	})
}

// outside returns an address of this machine that is not loopback, if it has one.
func outside() string {
	addrs, _ := net.InterfaceAddrs()
	for _, addr := range addrs {
		if ip, ok := addr.(*net.IPNet); ok && !ip.IP.IsLoopback() && ip.IP.To4() != nil {
			return ip.IP.String()
		}
	}
	return ""
}

// Several run side by side, each on its own profile.
func TestConcurrentStarts(t *testing.T) {
	if testing.Short() {
		t.Skip("browsers take seconds to start")
	}
	for _, name := range []string{"chromium", "chromium", "firefox", "firefox"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, reports := serve(t, "tcp4", "127.0.0.1:0")
			p := Require(t, name).Start(t, server.URL)
			wait(t, p, reports)
		})
	}
}

func TestExited(t *testing.T) {
	eachBrowser(t, func(t *testing.T, b *Browser) {
		p := b.Start(t, "data:,", "--version")
		select {
		case <-p.Exited():
		case <-time.After(time.Minute):
			t.Fatal("a browser that ended by itself is not seen to")
		}
		if log := p.Log(); log == "" {
			t.Error("the log is empty")
		}
		p.Stop()
		checkGone(t, p)
	})
}

func TestStartOfWhatIsNotThere(t *testing.T) {
	b := &Browser{Name: "chromium", Path: "/nonexistent/browser"}
	t.Setenv("TMPDIR", t.TempDir())
	if _, err := b.start(t, "data:,", nil); err == nil {
		t.Error("no error")
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("%v left behind (%v)", left, err)
	}
}
