package process

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A debugger is the only one who hears of the end of what it traces. One that
// does not look must not hold a stop up.
func TestKillUnderADebugger(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("sleep"))
	started := until[Started](r)
	attached, detach := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the thread is the tracer, and ends with the goroutine
		for _, request := range []uintptr{unix.PTRACE_SEIZE, unix.PTRACE_INTERRUPT} {
			if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, request, uintptr(started.PID), 0, 0, 0, 0); errno != 0 {
				attached <- errno
				return
			}
		}
		attached <- nil
		<-detach
	}()
	if err := <-attached; err != nil {
		t.Skip("no ptrace to be had: ", err)
	}
	defer close(detach)
	r.p.Kill()
	if e := until[Exited](r); e.Status.Signal != unix.SIGKILL {
		t.Errorf("ended with %v, want SIGKILL", e.Status)
	}
	until[Gone](r)
}
