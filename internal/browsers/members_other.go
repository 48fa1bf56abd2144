//go:build unix && !linux

package browsers

// members cannot tell here; the group has to do.
func (f *family) members() (pids []int, ok bool) { return nil, false }
