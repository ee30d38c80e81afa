package faults

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// debugged attaches to a process as a debugger would, stops it and then looks
// no more: a process that ends so is reported to nobody but the debugger.
func debugged(b *bed) {
	b.types("web", "child with plain serve")
	b.start()
	b.awaitAll("ready serve", "ready serve")
	pid := b.startedPID(1)
	attached, detach := make(chan error), make(chan struct{})
	go func() {
		// The thread is the tracer, and ends with the goroutine.
		runtime.LockOSThread()
		_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(pid), 0, 0, 0, 0)
		if errno == 0 {
			_, _, errno = unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_INTERRUPT, uintptr(pid), 0, 0, 0, 0)
		}
		if errno != 0 {
			attached <- errno
			return
		}
		attached <- nil
		<-detach
	}()
	if err := <-attached; err != nil {
		b.skip("no ptrace to be had: " + err.Error())
	}
	b.gone = append(b.gone, func() { close(detach) })
	b.signal(unix.SIGTERM)
	b.nothingLeft()
}

// trace attaches strace, which lets the process run.
func (b *bed) trace(pid int) {
	tracer := exec.Command("strace", "-f", "-o", "/dev/null", "-p", strconv.Itoa(pid))
	b.check(tracer.Start())
	b.gone = append(b.gone, func() { _ = tracer.Process.Kill(); _ = tracer.Wait() })
	if !until(patience, func() bool { return status(pid, "TracerPid") != "0" }) {
		b.skip("strace cannot attach")
	}
}

// What is locked in an init stays on the main thread: by the time of headless it
// may have moved.
func init() {
	if slices.Contains(os.Args, "headless") {
		runtime.LockOSThread()
	}
}

// headless ends the main thread, so that /proc calls the process a zombie, and
// goes on in others.
func headless(ready func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		must(errors.New("not on the main thread"))
	}
	go func() {
		until(patience, func() bool { i, _ := look(unix.Getpid()); return i.state == 'Z' })
		ready()
		select {}
	}()
	_, _, _ = unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
}

// unopened is a program that nobody can open for as long as the case runs: the
// kernel asks who has a lease on a file before it opens it for another.
func (b *bed) unopened() (path string) {
	path = filepath.Join(b.dir, "unopened")
	b.check(os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755))
	f, err := os.Open(path)
	b.check(err)
	b.gone = append(b.gone, func() { f.Close() })
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		b.skip("no leases here: " + err.Error())
	}
	return path
}
