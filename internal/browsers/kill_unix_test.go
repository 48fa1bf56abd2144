//go:build unix

package browsers

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A test process that ends without clean-ups, as by a time-out, leaves nothing.
func TestKilledTest(t *testing.T) {
	if os.Getenv("BROWSERS_TO_BE_KILLED") != "" {
		server, reports := serve(t, "tcp4", "127.0.0.1:0")
		p := Require(t, os.Getenv("BROWSERS_TO_BE_KILLED")).Start(t, server.URL)
		wait(t, p, reports)
		fmt.Println("\nrunning", p.family.group, p.scratch)
		select {}
	}
	eachBrowser(t, func(t *testing.T, b *Browser) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledTest$", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), "BROWSERS_TO_BE_KILLED="+b.Name)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p := &Process{family: &family{}}
		lines := bufio.NewScanner(out)
		for p.scratch == "" && lines.Scan() {
			fmt.Sscanf(lines.Text(), "running %d %s", &p.family.group, &p.scratch)
		}
		if p.scratch == "" || !strings.Contains(p.scratch, "browser-") {
			t.Fatal("the test process did not start a browser")
		}
		p.family.tmp = p.path("tmp")
		if left, ok := p.family.members(); ok && len(left) == 0 {
			t.Fatal("no browser is seen to run")
		}
		cmd.Process.Kill()
		cmd.Wait()
		gone := func() bool {
			left, _ := p.family.members()
			_, err := os.Stat(p.scratch)
			return len(left) == 0 && os.IsNotExist(err)
		}
		deadline := time.Now().Add(patience)
		for !gone() && time.Now().Before(deadline) {
			time.Sleep(20 * time.Millisecond)
		}
		if !gone() {
			left, _ := p.family.members()
			t.Errorf("processes %v or directory %s left", left, p.scratch)
		}
	})
}
