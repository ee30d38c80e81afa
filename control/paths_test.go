package control

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const stranger = 65534 // nobody's uid

func TestFolderHasToBeOurs(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(dir string) error
		want string
	}{
		{"mode", func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o711)) }, "others may enter it: its mode is 0711"},
		{"link", func(dir string) error {
			return errors.Join(os.Mkdir(dir+"x", 0o700), os.Symlink(dir+"x", dir))
		}, "it is a symbolic link"},
		{"file", func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, "it is no folder"},
		{"owner", func(dir string) error {
			if os.Geteuid() != 0 {
				return errors.ErrUnsupported
			}
			return errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, stranger, stranger))
		}, "it belongs to uid 65534"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewPlaces(os.Geteuid(), []string{t.TempDir()}, nil)
			err := c.make(p.dirs[0].dir)
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip("needs root")
			}
			if err != nil {
				t.Fatal(err)
			}
			_, ferr := Find(p, "/srv/shop")
			_, lerr := List(p)
			_, aerr := Acquire(p, "/srv/shop", Facts{})
			for _, err := range []error{ferr, lerr, aerr} {
				var fe *FolderError
				if !errors.As(err, &fe) || fe.Problem != c.want || fe.Dir != p.dirs[0].dir {
					t.Errorf("%v, not %q", err, c.want)
				}
			}
			// What cannot be used does not keep us from the next place.
			p = NewPlaces(p.uid, []string{filepath.Dir(p.dirs[0].dir)}, []string{t.TempDir()})
			lock, err := Acquire(p, "/srv/shop", Facts{})
			if err != nil {
				t.Fatal(err)
			}
			lock.Release()
		})
	}
}

func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var fe *FolderError
	p := NewPlaces(os.Geteuid(), []string{"", "relative", file}, []string{file, filepath.Join(t.TempDir(), "none")})
	if _, err := Acquire(p, "/srv/shop", Facts{}); !errors.As(err, &fe) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := Acquire(NewPlaces(0, nil, nil), "/srv/shop", Facts{}); !errors.As(err, &fe) {
		t.Errorf("%v", err)
	}
	var no *NotRunningError
	if _, err := Find(p, "/srv/shop"); !errors.As(err, &no) {
		t.Errorf("%v", err)
	}
}

// With sudo -E, XDG_RUNTIME_DIR is another user's.
func TestFolderOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	p, runtimeDir, temp := testPlaces(t)
	if err := os.Chown(runtimeDir, stranger, stranger); err != nil {
		t.Fatal(err)
	}
	lock, err := Acquire(p, "/srv/shop", Facts{})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if !strings.HasPrefix(lock.path, temp) {
		t.Errorf("the lock is %s", lock.path)
	}
	if files, _ := os.ReadDir(runtimeDir); len(files) != 0 {
		t.Errorf("left in another user's folder: %v", files)
	}
}

// A user who may write nowhere gets an error, and nothing else happens.
func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := shortTemp(t) // 0700, root's
	_, line := start(t, stranger, "place", dir, dir)
	if !strings.Contains(line, "cannot use the runtime folder") || !strings.Contains(line, "permission denied") {
		t.Error(line)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, line = start(t, stranger, "place", dir, dir); !strings.Contains(line, "cannot use the runtime folder") {
		t.Error(line)
	}
	if err := os.Chmod(dir, 0o1777); err != nil {
		t.Fatal(err)
	}
	if _, line = start(t, stranger, "place", dir, dir); line != filepath.Join(dir, "ganger-65534")+"\n" {
		t.Error(line)
	}
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "shop"), filepath.Join(dir, "link")
	if err := errors.Join(os.Mkdir(real, 0o700), os.Symlink(real, link)); err != nil {
		t.Fatal(err)
	}
	if nameOf(real) != nameOf(link) || nameOf(real) != nameOf(real+"/.") {
		t.Error("one folder has two names")
	}
	if nameOf("/a/shop") == nameOf("/b/shop") {
		t.Error("two folders have one name")
	}
	for root, want := range map[string]string{
		"/srv/shop":         "shop-",
		"/srv/.hidden":      "hidden-",
		"/srv/a b\n'c":      "a_b__c-",
		"/srv/größe":        "gr__e-",
		"/":                 "-",
		"/srv/" + long("x"): strings.Repeat("x", 20) + "-",
	} {
		if got := nameOf(root); !strings.HasPrefix(got, want) || len(got) != len(want)+16 {
			t.Errorf("%q: %q", root, got)
		}
	}
}

func long(s string) string { return strings.Repeat(s, 200) }

func TestDefaultPlaces(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	p := DefaultPlaces()
	if p.dirs[0].dir != filepath.Join(dir, "ganger") {
		t.Errorf("first %v", p.dirs[0])
	}
}

// A run that is to last is seen from everywhere, and sees all others.
func TestLasting(t *testing.T) {
	p, runtimeDir, tempDir := testPlaces(t)
	lock, err := Acquire(p.Lasting(), "/srv/shop", Facts{PID: 7})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(lock.SocketPath(), tempDir) {
		t.Errorf("its socket is at %s", lock.SocketPath())
	}
	held := new(HeldError)
	if _, err := Acquire(p, "/srv/shop", Facts{PID: 8}); !errors.As(err, &held) || held.Facts.PID != 7 {
		t.Errorf("another has it too: %v", err)
	}
	lock.Release()
	if lock, err = Acquire(p, "/srv/shop", Facts{PID: 8}); err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if !strings.HasPrefix(lock.SocketPath(), runtimeDir) {
		t.Errorf("the other's socket is at %s", lock.SocketPath())
	}
	if _, err := Acquire(p.Lasting(), "/srv/shop", Facts{PID: 7}); !errors.As(err, &held) || held.Facts.PID != 8 {
		t.Errorf("it does not see the other: %v", err)
	}
}

func TestNewFile(t *testing.T) {
	p, _, tempDir := testPlaces(t)
	lock, err := Acquire(p.Lasting(), "/srv/shop", Facts{})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	var names []string
	for range 2 {
		f, path, err := p.Lasting().NewFile("/srv/shop", ".log")
		if err != nil {
			t.Fatal(err)
		}
		st, err := f.Stat()
		f.Close()
		if err != nil || st.Mode().Perm() != 0o600 || !strings.HasPrefix(f.Name(), tempDir) {
			t.Errorf("%s: %v", f.Name(), err)
		}
		if path != lock.Path(".log") {
			t.Errorf("it may get the name %s, want %s", path, lock.Path(".log"))
		}
		names = append(names, f.Name())
	}
	if names[0] == names[1] {
		t.Errorf("both are %s", names[0])
	}
}

func TestKept(t *testing.T) {
	p, _, _ := testPlaces(t)
	if paths, err := p.Kept("/srv/shop", ".last"); len(paths) != 0 || err != nil {
		t.Errorf("before: %q, %v", paths, err)
	}
	lock, err := Acquire(p, "/srv/shop", Facts{})
	if err != nil {
		t.Fatal(err)
	}
	want := lock.Path(".last")
	if err := os.Mkdir(want, 0o700); err != nil {
		t.Fatal(err)
	}
	lock.Release()
	if paths, err := p.Kept("/srv/shop", ".last"); len(paths) != 1 || paths[0] != want || err != nil {
		t.Errorf("%q, %v", paths, err)
	}
	if paths, _ := p.Kept("/srv/other", ".last"); len(paths) != 0 {
		t.Errorf("of another root: %q", paths)
	}
}
