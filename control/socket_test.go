package control

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A path of any length that the system lets a file have.
func TestLongPaths(t *testing.T) {
	dir := shortTemp(t)
	deep := filepath.Join(dir, strings.Repeat("d", 100), strings.Repeat("e", 100), strings.Repeat("f", 100))
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(deep)
	for _, path := range []string{
		filepath.Join(deep, "s"),
		filepath.Join(deep, strings.Repeat("s", 200)),
		filepath.Join(dir, strings.Repeat("s", 200)),
		filepath.Join(dir, strings.Repeat("s", pathSize-len(dir)-1)),
		filepath.Join(dir, strings.Repeat("s", pathSize-len(dir))),
		"relative",
		strings.Repeat("s", 150),
	} {
		l, err := Listen(path)
		if err != nil {
			t.Errorf("%d bytes: %v", len(path), err)
			continue
		}
		if st, err := os.Lstat(path); err != nil || st.Mode() != os.ModeSocket|0o600 {
			t.Errorf("%d bytes: %v, %v", len(path), st, err)
		}
		conn, err := dialUnix(t.Context(), path)
		if err != nil {
			t.Errorf("%d bytes: %v", len(path), err)
		} else {
			conn.Close()
		}
		l.Close()
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%d bytes: is left", len(path))
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); len(files) > 1 {
			t.Errorf("%d bytes: beside it are %v", len(path), files)
		}
	}
	if links, _ := filepath.Glob(filepath.Join(tempDir(), "ganger-link-*", "l")); len(links) > 0 {
		for _, l := range links {
			if to, _ := os.Readlink(l); strings.HasPrefix(to, dir) {
				t.Errorf("a link is left: %s", l)
			}
		}
	}
}

func TestSocketInTheWay(t *testing.T) {
	dir := shortTemp(t)
	path := filepath.Join(dir, "s")
	first, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	var busy *InUseError
	if _, err := Listen(path); !errors.As(err, &busy) || !busy.Answer {
		t.Errorf("one that answers: %v", err)
	}
	first.unix.Close() // as one that was killed
	second, err := Listen(path)
	if err != nil {
		t.Fatalf("a stale one: %v", err)
	}
	first.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Error("the first removed the second's socket")
	}
	second.Close()
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(path); !errors.As(err, &busy) || busy.Answer {
		t.Errorf("a file: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "precious" {
		t.Errorf("the file holds %q", text)
	}
	if _, err := Listen(filepath.Join(dir, "none", "s")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// Another user's connection gets nothing, root's an answer.
func TestOtherUsers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	r := newRig(t, &fakeApp{})
	// What the file modes would refuse too is open here.
	for _, path := range []string{filepath.Dir(r.socket), r.socket} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	_, line := start(t, stranger, "dial", r.socket)
	if !strings.HasPrefix(line, `"" `) || !strings.Contains(line, "RefusedError") {
		t.Errorf("a stranger hears %q", line)
	}
	if _, err := r.client.Info(patient(t)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	// The other way round: an app of a stranger's, asked by root.
	if !trusted(0) || trusted(stranger) {
		t.Error("root is not trusted, or everybody is")
	}
	if err := os.Chmod(r.socket, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, line = start(t, stranger, "dial", r.socket); !strings.Contains(line, "permission denied") {
		t.Errorf("a stranger without the right mode: %q", line)
	}
}

// Root gets the names of the variables, their values are the owner's.
func TestValuesAreTheOwners(t *testing.T) {
	r := newRig(t, &fakeApp{}, func(r *rig) { r.server.owner = stranger })
	vars, err := r.client.Environment(patient(t), "web.1")
	if err != nil || vars.Values || len(vars.Variables) != 2 || vars.Variables[1] != (Variable{Name: "SECRET"}) {
		t.Errorf("%+v, %v", vars, err)
	}
}
