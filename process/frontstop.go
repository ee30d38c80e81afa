package process

import (
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// suspendPatience bounds how long the front waits for the app to be suspended
// before it stops itself all the same.
const suspendPatience = time.Second

// suspend lets the back stop the app's trees and then stops this process, as
// the shell expects of ^Z. In an orphaned group no shell could continue us:
// there the app stops and we stay awake.
func (f *front) suspend() {
	if orphanedGroup() {
		f.back.send(wordOrphaned, "")
		return
	}
	acked := make(chan struct{})
	f.stopped.Store(&acked)
	f.back.send(wordSignal, strconv.Itoa(int(unix.SIGTSTP)))
	if !f.maySuspend(acked) {
		return
	}
	runtime.LockOSThread()
	f.woken = stopSelf(f.goesOn)
	runtime.UnlockOSThread()
	f.sigs.again(unix.SIGTSTP)
	// SIGCONT was caught as well and is relayed like any other.
}

// maySuspend waits until the app is suspended. It is false when a signal came
// meanwhile that says to go on or to end: nobody hears it in a stopped process.
func (f *front) maySuspend(acked <-chan struct{}) bool {
	patience := time.NewTimer(suspendPatience)
	defer patience.Stop()
	for waited := false; ; {
		if f.goesOn() {
			return false
		}
		if waited {
			return true
		}
		select {
		case <-acked:
			waited = true
		case <-patience.C:
			waited = true
		case sig := <-f.sigs.came:
			if f.overtakes(sig.(syscall.Signal)) {
				return false
			}
		case status := <-f.dead:
			f.dead <- status
			return false
		}
	}
}

// goesOn takes the signals that are there, and reports whether one of them says to
// go on or to end.
func (f *front) goesOn() bool {
	for {
		select {
		case sig := <-f.sigs.came:
			if f.overtakes(sig.(syscall.Signal)) {
				return true
			}
		default:
			return false
		}
	}
}

// overtakes relays a signal that came while the app is being suspended, and
// reports whether it says to go on or to end.
func (f *front) overtakes(sig syscall.Signal) bool {
	if sig == unix.SIGTSTP {
		return false // that is under way
	}
	f.relay(sig)
	switch sig {
	case unix.SIGCONT, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT:
		return true
	}
	return false
}
