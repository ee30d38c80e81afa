package process

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Statuses of a command that could not be executed, as a shell reports them.
const (
	StatusNotExecutable = 126
	StatusNotFound      = 127
)

// Status is how a process ended: with an exit code, or by a signal.
type Status struct {
	Code   int
	Signal syscall.Signal // 0 when it exited by itself
}

// OK reports whether the process exited with code 0.
func (s Status) OK() bool { return s.Code == 0 && s.Signal == 0 }

// Shell is the status as a shell's $? shows it: 128+n for signal n.
func (s Status) Shell() int {
	if s.Signal != 0 {
		return 128 + int(s.Signal)
	}
	return s.Code
}

// String says how the process ended, to follow its name: "exited with status
// 3", "ended by SIGKILL".
func (s Status) String() string {
	if s.Signal != 0 {
		return "ended by " + SignalName(s.Signal)
	}
	return fmt.Sprintf("exited with status %d", s.Code)
}

// SignalName is the signal's name with its prefix, "SIGTERM"; "signal 42" for
// one that has none.
func SignalName(sig syscall.Signal) string {
	if n := unix.SignalName(sig); n != "" {
		return n
	}
	return fmt.Sprintf("signal %d", int(sig))
}
