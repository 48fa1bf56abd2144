//go:build !unix

package main

import "time"

var begin = time.Now()

// cpuTime is that of the clock, where the system has no rusage.
func cpuTime() time.Duration { return time.Since(begin) }
