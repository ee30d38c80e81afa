//go:build !linux

package portalloc

import (
	"context"
	"os/exec"
	"time"
)

// Holders looks once for who listens on each of the ports, with lsof. A port on
// which nobody listens is not in the result; where lsof is missing, it is empty.
// The processes of other users are found by root alone, and the run of ganger
// that a process belongs to is not known.
func Holders(ports []int) map[int]Holder {
	if len(ports) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	// It exits with 1 when one of the ports has no listener.
	out, _ := exec.CommandContext(ctx, "lsof", lsofArgs(ports)...).Output()
	return parseLsof(string(out))
}
