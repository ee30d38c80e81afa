package process

import (
	"os"
	"runtime"
	"sync"
	"testing"
)

// makeThreads makes the runtime start so many, which it then keeps.
func makeThreads(n int) {
	var held, ended sync.WaitGroup
	held.Add(n)
	release := make(chan struct{})
	for range n {
		ended.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			held.Done()
			<-release
		})
	}
	held.Wait()
	close(release)
	ended.Wait()
}

// threads counts those that the kernel knows of.
func threads() int {
	names, _ := os.ReadDir("/proc/self/task")
	return len(names)
}

// Threads that a busy time has left end, and those of a later one too.
func TestThreadsGetFew(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("threads"))
	for n := range 2 {
		if l := r.line(); l != "few" {
			t.Fatalf("%d: %q", n, l)
		}
	}
	until[Gone](r)
}
