package browsers

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// members returns the processes of the family that have not ended. Zombies have:
// they only wait for an init, which in containers may never come. Chromium's crash
// handlers leave the group; their environment tells.
func (f *family) members() (pids []int, ok bool) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return nil, false
	}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // has ended
		}
		// The name, in parentheses, may hold anything; state, parent and group follow.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 3 || strings.Contains("ZX", fields[0]) {
			continue
		}
		dir := filepath.Dir(file)
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if fields[2] == strconv.Itoa(f.group) {
			pids = append(pids, pid)
			continue
		}
		environ, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err == nil && bytes.Contains(environ, []byte("\x00TMPDIR="+f.tmp+"\x00")) {
			pids = append(pids, pid)
		}
	}
	return pids, true
}
