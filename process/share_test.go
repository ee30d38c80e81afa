//go:build linux

package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// shareVar names a file that the back locks and shares.
const shareVar = "PROCESS_TEST_SHARE"

// shareLock is the back's part; the lock is that of the open file, which is kept.
func shareLock(path string, link *Link) *os.File {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err == nil {
		_, err = file.WriteString("running\n")
	}
	if err == nil {
		err = link.Share(file, "stopped")
	}
	if err != nil {
		panic(err)
	}
	return file
}

// Whichever half is killed, a lock that both have is free when nothing of the
// app is left, and not before.
func TestSharedLock(t *testing.T) {
	for _, half := range []string{"front", "back"} {
		for _, part := range []string{"stubborn", "escape daemon stubborn"} {
			t.Run(half+" "+part, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "lock")
				t.Setenv(shareVar, path)
				h := startHalves(t, part)
				pid, want := h.back, "stopped"
				if half == "front" {
					pid, want = h.front.Process.Pid, "running"
				}
				_ = unix.Kill(pid, unix.SIGKILL)
				file, err := os.OpenFile(path, os.O_RDWR, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				for end := time.Now().Add(patience); unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil; runtimeYield() {
					if time.Now().After(end) {
						t.Fatal("the lock is held for ever")
					}
				}
				if left := marked(h.mark); len(left) > 0 {
					t.Errorf("alive when the lock is free: %v", left)
				}
				if text, _ := os.ReadFile(path); !strings.HasPrefix(string(text), want) {
					t.Errorf("the file has %q, want %q at its beginning", text, want)
				}
				h.ended()
			})
		}
	}
}
