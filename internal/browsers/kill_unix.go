//go:build unix

package browsers

import (
	"errors"
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// A family is the browser's process group, and whatever has left the group. A guard
// outside of it sees the end of the test process, even by a time-out or SIGKILL,
// for then its standard input ends; it kills the group and removes the scratch
// directory. A parent death signal would come when the thread ends, kill only the
// leader, and exist only on Linux.
type family struct {
	guard *exec.Cmd
	pipe  io.WriteCloser
	tmp   string // TMPDIR of the browser, by which those that left are known
	group int
}

// The guard first reads the number of the group, then any line if the group has
// been stopped. It asks again, for a killed process takes its time, but not for
// ever: where nobody reaps, dead ones stay in the group.
const guardScript = `
if read -r group; then
	read -r stopped && exit
	for i in 1 2 3 4 5; do
		kill -s KILL -- "-$group" 2>/dev/null || break
		sleep 1
	done
fi
rm -rf -- "$1"`

func newFamily(scratch, tmp string) (*family, error) {
	f := &family{guard: exec.Command("sh", "-c", guardScript, "guard", scratch), tmp: tmp}
	f.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	pipe, err := f.guard.StdinPipe()
	if err != nil {
		return nil, err
	}
	f.pipe = pipe
	return f, f.guard.Start()
}

func (f *family) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	f.group = cmd.Process.Pid
	io.WriteString(f.pipe, strconv.Itoa(f.group)+"\n")
	return nil
}

// kill kills what is there of the family, and returns it. It returns nothing when
// all are gone.
func (f *family) kill() []int {
	err := syscall.Kill(-f.group, syscall.SIGKILL)
	if left, ok := f.members(); ok {
		for _, pid := range left {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		return left
	}
	// EPERM is what some systems say of a group of zombies.
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EPERM) {
		return nil
	}
	return []int{-f.group}
}

// release lets the guard go.
func (f *family) release() {
	if f.group != 0 {
		io.WriteString(f.pipe, "stopped\n")
	}
	f.pipe.Close()
	f.guard.Wait()
}
