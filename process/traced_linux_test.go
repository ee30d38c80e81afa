package process

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// trace attaches to a process as a debugger would, stops it, says so, and looks
// no more. The calling goroutine's thread is the tracer.
func trace(pid int) {
	runtime.LockOSThread()
	for _, request := range []uintptr{unix.PTRACE_SEIZE, unix.PTRACE_INTERRUPT} {
		if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, request, uintptr(pid), 0, 0, 0, 0); errno != 0 {
			fmt.Println(errno)
			return
		}
	}
	fmt.Println("attached")
	for { // select {} would be taken for a deadlock
		_ = unix.Pause()
	}
}

// A debugger is the only one who hears of the end of what it traces. One that
// does not look must not hold a stop up.
func TestKillUnderADebugger(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("sleep"))
	started := until[Started](r)
	debugger := self("trace "+strconv.Itoa(started.PID), false)
	debugger.Stderr = os.Stderr
	out, err := debugger.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := debugger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = debugger.Process.Kill(); _ = debugger.Wait() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if line != "attached\n" {
		t.Skip("no ptrace to be had: ", line)
	}
	r.p.Kill()
	if e := until[Exited](r); e.Status.Signal != unix.SIGKILL {
		t.Errorf("ended with %v, want SIGKILL", e.Status)
	}
	until[Gone](r)
}
