package control

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Places are the folders in which a user's apps have their sockets and locks. A
// new one goes to the first that can be used; all are looked at, because two
// shells of one user need not agree on the first.
type Places struct {
	dirs    []place
	uid     int
	lasting bool
}

// A place is a folder of ours in one of the system's.
type place struct {
	base string // is there, or the place is not
	dir  string
	temp bool // lasts when the user logs out
}

// DefaultPlaces are ganger/ in XDG_RUNTIME_DIR, and ganger-UID/ in the temp
// folder.
func DefaultPlaces() Places {
	uid := os.Geteuid()
	runtimeDirs := []string{os.Getenv("XDG_RUNTIME_DIR")}
	if runtime.GOOS == "linux" {
		// Where it is on most systems, also for a shell that was not told.
		runtimeDirs = append(runtimeDirs, "/run/user/"+strconv.Itoa(uid))
	}
	return NewPlaces(uid, runtimeDirs, []string{tempDir(), os.TempDir()})
}

// NewPlaces makes Places of the folders that the system gives. Those that are
// not absolute are left out.
func NewPlaces(uid int, runtimeDirs, tempDirs []string) Places {
	p := Places{uid: uid}
	add := func(base, name string, temp bool) {
		dir := filepath.Join(base, name)
		if filepath.IsAbs(base) && !slices.ContainsFunc(p.dirs, func(o place) bool { return o.dir == dir }) {
			p.dirs = append(p.dirs, place{base, dir, temp})
		}
	}
	for _, base := range runtimeDirs {
		add(base, "ganger", false)
	}
	for _, base := range tempDirs {
		add(base, "ganger-"+strconv.Itoa(uid), true)
	}
	return p
}

// Lasting has what is new go to a place that stays when the user logs out. All
// are looked at, as before.
func (p Places) Lasting() Places {
	p.lasting = true
	return p
}

// NewFile makes an empty file beside where an app root's lock would be, which
// nobody else knows. path is the name that it may get: as from [Lock.Path], that
// of the root with ext.
func (p Places) NewFile(root, ext string) (f *os.File, path string, err error) {
	dir, err := p.make()
	if err != nil {
		return nil, "", err
	}
	if f, err = os.CreateTemp(dir, nameOf(root)+".*"+ext); err != nil {
		return nil, "", unusable(dir, err)
	}
	return f, filepath.Join(dir, nameOf(root)+ext), nil
}

// make gives the first folder that can be used, made if need be. The error is a
// [*FolderError].
func (p Places) make() (string, error) {
	var err error = &FolderError{Problem: "there is no folder for it"}
	for _, d := range p.dirs {
		if p.lasting && !d.temp {
			continue
		}
		if err = p.makeDir(d); err == nil {
			return d.dir, nil
		}
	}
	return "", err // of the temp folder: it is the one that everybody has
}

func (p Places) makeDir(d place) error {
	if err := p.checkBase(d); err != nil {
		return err
	}
	if err := os.Mkdir(d.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return unusable(d.dir, err)
	}
	return p.check(d.dir)
}

// checkBase says whether the system's folder is one in which ours can be.
func (p Places) checkBase(d place) error {
	st, err := os.Stat(d.base)
	if err != nil {
		return unusable(d.dir, err)
	}
	if !st.IsDir() {
		return &FolderError{Dir: d.dir, Problem: d.base + " is no folder"}
	}
	// With sudo -E we are root with another user's folder, and what we made
	// there that user could not use.
	if !d.temp && owner(st) != p.uid {
		return &FolderError{Dir: d.dir, Problem: fmt.Sprintf("%s belongs to uid %d", d.base, owner(st))}
	}
	return nil
}

// existing calls look with each folder of ours that is there, and gives the
// errors of those that are not ours alone.
func (p Places) existing(look func(dir string)) error {
	var errs []error
	for _, d := range p.dirs {
		if p.checkBase(d) != nil {
			continue
		}
		switch err := p.check(d.dir); {
		case err == nil:
			look(d.dir)
		case !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// check says whether a folder is ours and nobody else's.
func (p Places) check(dir string) error {
	st, err := os.Lstat(dir)
	switch {
	case err != nil:
		return unusable(dir, err)
	case st.Mode().Type() == fs.ModeSymlink:
		return &FolderError{Dir: dir, Problem: "it is a symbolic link", Hint: "remove it: rm " + dir}
	case !st.IsDir():
		return &FolderError{Dir: dir, Problem: "it is no folder", Hint: "remove it: rm " + dir}
	case owner(st) != p.uid:
		return &FolderError{Dir: dir, Problem: fmt.Sprintf("it belongs to uid %d", owner(st))}
	case st.Mode().Perm()&0o077 != 0:
		return &FolderError{Dir: dir, Problem: fmt.Sprintf("others may enter it: its mode is %04o", st.Mode().Perm()),
			Hint: "chmod 700 " + dir}
	}
	return nil
}

func owner(st os.FileInfo) int {
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

// FolderError says why no folder for sockets and locks can be used. An app can
// run without one; nobody can talk to it then.
type FolderError struct {
	Dir     string
	Problem string
	Hint    string
	err     error
}

func (e *FolderError) Error() string {
	if e.Dir == "" {
		return "cannot make a socket: " + e.Problem
	}
	return fmt.Sprintf("cannot use the runtime folder %q: %s", e.Dir, e.Problem)
}

// unusable is the error for a folder of which the system says why.
func unusable(dir string, err error) error {
	return &FolderError{Dir: dir, Problem: bare(err).Error(), err: err}
}

func (e *FolderError) Unwrap() error { return e.err }

// nameOf is what the files of an app root are called: readable, and unlike those
// of any other root. The root may be given by any path.
func nameOf(root string) string {
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	root = filepath.Clean(root)
	readable := strings.Map(func(r rune) rune {
		if r < 0x80 && (nameLetter(byte(r)) || r == '.') {
			return r
		}
		return '_'
	}, strings.TrimLeft(filepath.Base(root), "./"))
	sum := sha256.Sum256([]byte(root))
	return readable[:min(len(readable), 20)] + "-" + hex.EncodeToString(sum[:8])
}
