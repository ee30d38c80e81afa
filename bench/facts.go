package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine is the one line that says where the figures were measured.
func machine(l *lab, rounds int) string {
	return fmt.Sprintf("%d cores (%s), Linux %s, %s; sleepers in %s; medians of %d",
		runtime.NumCPU(), processor(), release(), runtime.Version(), l.helpers, rounds)
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(text) {
		if key, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func release() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(text))
}
