package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a guest leaves behind is a guest as well, though the kernel gives it to the
// front like the app's orphans.
func TestOrphanOfAGuestIsLeftAlone(t *testing.T) {
	const orphan = `sleep 61 >/dev/null 2>&1 & echo $! >"$1.new"; mv "$1.new" "$1"`
	for name, c := range map[string]struct {
		script string
		sig    syscall.Signal // TERM to the front, else KILL to the back
		told   bool           // the front is told of the end that leaves the orphan
	}{
		"TERM":                     {orphan + "; exit", unix.SIGTERM, true},
		"the back killed":          {orphan + "; exit", unix.SIGKILL, true},
		"TERM, of a guest's child": {"sh -c '" + orphan + "' sh $1; exec sleep 60", unix.SIGTERM, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			begin, file := filepath.Join(dir, "begin"), filepath.Join(dir, "pid")
			if err := unix.Mkfifo(begin, 0o600); err != nil {
				t.Fatal(err)
			}
			h := newHalves(t, fmt.Sprintf("host set -- %s; read x <%s; %s", file, begin, c.script), "escape bare stubborn")
			if !h.lines.Scan() {
				t.Fatal(h.errs.String())
			}
			guest, err := strconv.Atoi(h.lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			h.ready()
			if err := os.WriteFile(begin, []byte("x\n"), 0); err != nil {
				t.Fatal(err)
			}
			front := h.front.Process.Pid
			var pid int
			await(t, "the guest's orphan", func() bool {
				text, _ := os.ReadFile(file)
				pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
				m, ok := readProc(pid)
				return pid > 0 && ok && m.ppid == front
			})
			defer func() {
				_ = unix.Kill(pid, unix.SIGKILL)
				_ = unix.Kill(guest, unix.SIGKILL)
			}()
			if c.told {
				await(t, "the guest to be reaped", func() bool { return unix.Kill(guest, 0) == unix.ESRCH })
				_ = unix.Kill(front, unix.SIGUSR1) // comes after what it has asked
				h.expect("link SIGUSR1")
			}
			if c.sig == unix.SIGKILL {
				_ = unix.Kill(h.back, c.sig)
			} else {
				_ = unix.Kill(front, c.sig)
			}
			h.ended()
			h.gone()
			if m, ok := readProc(pid); !ok || m.zombie {
				t.Error("the front ended what it had not started")
			}
		})
	}
}

// await waits for something that must come.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); runtimeYield() {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
