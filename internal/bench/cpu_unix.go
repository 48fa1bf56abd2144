//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime returns the time that this process has had of the processor. What other
// processes do counts less than in that of a clock.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
