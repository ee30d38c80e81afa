package control

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is left of app roots that are gone is removed, and nothing else.
func TestSweep(t *testing.T) {
	runtime, temp := t.TempDir(), t.TempDir()
	p := NewPlaces(os.Geteuid(), []string{runtime}, []string{temp})
	roots := t.TempDir()
	// leave makes what a run of a root leaves; one that was killed leaves all.
	leave := func(name string, killed bool) (root string) {
		root = filepath.Join(roots, name)
		if err := os.Mkdir(root, 0o755); err != nil {
			t.Fatal(err)
		}
		l, err := Acquire(p, root, Facts{PID: os.Getpid(), State: Running})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(l.Path(".last"), 0o700); err != nil {
			t.Fatal(err)
		}
		if killed {
			err = os.WriteFile(l.SocketPath(), nil, 0o600)
			l.file.Close()
		} else {
			err = l.Sign(l.Path(".last"))
			l.Release()
		}
		if err != nil {
			t.Fatal(err)
		}
		return root
	}
	leave("there", false)
	leave("there-killed", true)
	ended, killed, runs, unsigned := leave("ended", false), leave("killed", true), leave("runs", false), leave("unsigned", false)
	held, err := Acquire(NewPlaces(os.Geteuid(), nil, []string{temp}), runs, Facts{PID: os.Getpid(), State: Running})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	dir := filepath.Join(runtime, "ganger")
	if err := os.Remove(filepath.Join(dir, nameOf(unsigned)+".last", rootFile)); err != nil {
		t.Fatal(err)
	}
	// A folder that lies of its root, and one that is not ours.
	for name, root := range map[string]string{nameOf(filepath.Join(roots, "there")) + ".log": filepath.Join(roots, "nowhere"), "mine.last": filepath.Join(roots, "nowhere")} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, rootFile), []byte(root), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := names(t, dir)
	p.Sweep(".last", ".log")
	if got := names(t, dir); !slices.Equal(got, all) {
		t.Errorf("each root is there, and these are left: %q\nof %q", got, all)
	}
	gone := []string{nameOf(ended), nameOf(killed)}
	for _, root := range []string{ended, killed, runs, unsigned} {
		if err := os.Remove(root); err != nil {
			t.Fatal(err)
		}
	}
	p.Sweep(".last", ".log")
	want := slices.DeleteFunc(all, func(name string) bool {
		return slices.ContainsFunc(gone, func(g string) bool { return strings.HasPrefix(name, g+".") })
	})
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("left: %q\nwant  %q", got, want)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
