package output

import (
	"bytes"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// The output's pipe is widened, and that of a process that fills its own: once,
// and no other.
func TestWiden(t *testing.T) {
	var mu sync.Mutex
	var inodes []uint64
	inode := func(fd uintptr) uint64 {
		var st unix.Stat_t
		if err := unix.Fstat(int(fd), &st); err != nil {
			t.Error(err)
		}
		return uint64(st.Ino)
	}
	g := newRig(t, Options{Widen: func(fd uintptr, size int) {
		mu.Lock()
		defer mu.Unlock()
		inodes = append(inodes, inode(fd))
		if size < 2*fullPipe {
			t.Errorf("widened to %d bytes", size)
		}
	}})
	r, w := pipe(t)
	slow, few := pipe(t)
	want := []uint64{inode(g.w.Fd()), inode(w.Fd())}
	lines := bytes.Repeat([]byte("0123456789abcde\n"), 4<<20>>4)
	put(t, few, "a line\n")
	fast := g.Stream("web.1", "web", false).Copy(Input{Stdout: r})
	calm := g.Stream("clock.1", "clock", false).Copy(Input{Stdout: slow})
	put(t, w, string(lines))
	w.Close()
	few.Close()
	fast.Close()
	calm.Close()
	g.close()
	mu.Lock()
	defer mu.Unlock()
	if len(inodes) != 2 || inodes[0] != want[0] || inodes[1] != want[1] {
		t.Errorf("widened %v, want %v", inodes, want)
	}
}
