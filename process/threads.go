package process

import (
	"runtime"
	"sync"
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
