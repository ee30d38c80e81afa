package output

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A tmpfs that is full would be a SIGBUS if its pages were touched before they
// were had.
func TestHistoryFullFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("only root can mount: ", err)
	}
	defer func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	g := newRig(t, Options{HistoryDir: dir})
	_, w := g.pipe("web.1")
	put(t, w, "first\n")
	g.await("first\n")
	for range 3000 {
		put(t, w, strings.Repeat("x", 99)+"\n")
	}
	put(t, w, "the end\n")
	g.await("the end\n")
	g.await("no space left on device")
	if got := len(g.Stream("web.1", "web", false).History()); got < defaultHistory-100 {
		t.Errorf("%d bytes are kept", got)
	}
	all, err := OpenHistory(dir)
	if err != nil || len(all) != 1 || !all[0].Left || len(all[0].history.from(all[0].history.begin())) == 0 {
		t.Errorf("%d histories, %v", len(all), err)
	}
}
