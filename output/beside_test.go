package output

import (
	"os"
	"path/filepath"
	"testing"
)

// A line of what runs beside a process is not inside one of the process, on the
// screen or in any record.
func TestBesideWithinLine(t *testing.T) {
	dir := t.TempDir()
	g := newRig(t, Options{LogDir: dir})
	f := g.Follow(FollowOptions{Names: []string{"web.1"}})
	c, w := g.pipe("web.1")
	put(t, w, "Name? ")
	g.await("Name? ")
	s := g.Stream("web.1", "web", false)
	r, stop := pipe(t)
	beside := s.Copy(Input{PID: 2, Stdout: r})
	put(t, stop, "closing\nclo")
	g.await("closing\n")
	g.await("closing\nweb.1  | clo")
	put(t, w, "Ada\n")
	g.await("> Ada\n")
	put(t, stop, "sed\n")
	g.await("> sed\n")
	c.Close()
	beside.Close()
	g.close()
	want := "Name? \nclosing\nclo\nAda\nsed\n"
	if got := string(s.History()); got != want {
		t.Errorf("history %q, want %q", got, want)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "web.1.log")); string(log) != want {
		t.Errorf("log file %q, %v, want %q", log, err, want)
	}
	if got := rest(t, f); got != "web.1:Name? \nweb.1:closing\nweb.1:clo\nweb.1:Ada\nweb.1:sed\n" {
		t.Errorf("followed %q", got)
	}
}
