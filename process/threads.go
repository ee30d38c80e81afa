package process

import (
	"runtime"
	"sync"
	"time"
)

// spareThreads are those that the front has beside its first one and those that
// wait for signals and for the back: one that runs, and one for the time that
// another is in a system call.
const spareThreads = 2

// secureThreads gets the front its threads while there is nothing yet to end. A
// thread that is not to be had (ulimit -u, ulimit -v, the pids of a cgroup) is
// the death of a Go program; a front that has all it needs survives the back
// that dies of it.
func secureThreads() {
	// A goroutine that owns its thread makes the runtime start another for the
	// next one. Threads are kept for as long as the program runs.
	var held sync.WaitGroup
	held.Add(spareThreads)
	release := make(chan struct{})
	for range spareThreads {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			held.Done()
			<-release
		}()
	}
	held.Wait()
	close(release)
}

// mostThreads is how many are kept: what a half needs to wait in, and some for
// the next busy time.
const mostThreads = 8

// endSpareThreads ends those above that which have nothing to do. The runtime
// keeps every thread that it has once needed.
func endSpareThreads() {
	for n := countThreads(); n > mostThreads; {
		endThread()
		now := countThreads()
		for round := 0; now >= n && round < endRounds; round++ {
			time.Sleep(endRound)
			now = countThreads()
		}
		if now >= n {
			return // all are in use
		}
		n = now
	}
}

// A thread takes microseconds to end, longer on a busy machine.
const (
	endRounds = 20
	endRound  = time.Millisecond
)

// readyToEndThreads is called while threads are to be had: the first goroutine
// that owns its thread has the runtime make one more, from which it makes others.
func readyToEndThreads() {
	runtime.LockOSThread()
	runtime.UnlockOSThread()
}

// countThreads asks the runtime, which takes no system call.
func countThreads() int {
	n, _ := runtime.ThreadCreateProfile(nil)
	return n
}

// endThread ends one thread that has nothing to do, or else this one, in whose
// place the runtime has another then: a goroutine that ends while it owns its
// thread takes it along. The main thread would stay, and be of no use.
func endThread() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if onMainThread() {
			runtime.UnlockOSThread()
		}
	}()
	<-done
}
