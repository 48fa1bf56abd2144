//go:build !unix

package browsers

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
)

// A family is the browser and its children, as far as the system can kill them
// together. Without a guard a test process that is killed leaves them behind.
type family struct {
	cmd *exec.Cmd
}

func newFamily(scratch, tmp string) (*family, error) { return &family{}, nil }

func (f *family) start(cmd *exec.Cmd) error {
	f.cmd = cmd
	return cmd.Start()
}

// kill returns nothing: there is no portable way to see who is left.
func (f *family) kill() []int {
	if errors.Is(f.cmd.Process.Signal(os.Interrupt), os.ErrProcessDone) {
		return nil // and another may have its number
	}
	exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(f.cmd.Process.Pid)).Run() // Windows, with the children
	f.cmd.Process.Kill()
	return nil
}

func (f *family) release() {}
