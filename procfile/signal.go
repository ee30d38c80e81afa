package procfile

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// signalNames is what a bad stop signal is answered with: those that programs
// are known to end on.
const signalNames = "TERM, INT, QUIT, HUP, USR1, USR2, WINCH or KILL"

// ParseSignal reads the name of a signal, in any case, with or without SIG:
// TERM, sigint. Every name of the system is accepted and no number, since
// numbers differ from system to system. The error begins with the text, quoted.
func ParseSignal(text string) (syscall.Signal, error) {
	if text != "" && strings.Trim(text, "0123456789") == "" {
		return 0, fmt.Errorf("%s is a number, and numbers differ between systems", quote(text))
	}
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	sig := unix.SignalNum(name)
	if sig == 0 {
		return 0, fmt.Errorf("%s is not a signal", quote(text))
	}
	return sig, nil
}

// SignalName returns the name with SIG, as SIGTERM, or "signal 34" for one
// that has none.
func SignalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(sig))
}
