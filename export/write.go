package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Apply writes the files and removes the stale ones. say is told of each step,
// in the words that foreman has for it. Each file is there wholly or not at
// all, and so is the folder of a new service, which its engine would start half
// written.
func (t *Tree) Apply(say func(line string)) error {
	if err := t.makeDir(t.Dir, say); err != nil {
		return err
	}
	for _, name := range t.Remove {
		say("cleaning up: " + name)
		if err := os.Remove(t.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &Error{Problem: fmt.Sprintf("cannot remove a file of an earlier export: %v", err)}
		}
		t.removeEmpty(path.Dir(name))
	}
	for rest := t.Write; len(rest) > 0; {
		n := sameFolder(rest)
		if err := t.writeFolder(rest[:n], say); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// removeEmpty removes a folder of a service, and its parents up to the
// location, where nothing is left in them.
func (t *Tree) removeEmpty(dir string) {
	for ; dir != "."; dir = path.Dir(dir) {
		if os.Remove(t.path(dir)) != nil {
			return // not empty
		}
	}
}

// sameFolder counts the first files that are in one folder of the location.
func sameFolder(files []File) int {
	first := topFolder(files[0].Path)
	n := 1
	for n < len(files) && first != "" && topFolder(files[n].Path) == first {
		n++
	}
	return n
}

func topFolder(name string) string {
	folder, _, inFolder := strings.Cut(name, "/")
	if !inFolder {
		return ""
	}
	return folder
}

// writeFolder writes files of one folder. A new folder is made under a name
// that engines pass over, and gets its own when it is complete.
func (t *Tree) writeFolder(files []File, say func(string)) error {
	folder := topFolder(files[0].Path)
	hidden := folder
	if _, err := os.Lstat(t.path(folder)); folder != "" && errors.Is(err, fs.ErrNotExist) {
		hidden = ".new-" + folder
		if err := os.RemoveAll(t.path(hidden)); err != nil {
			return &Error{Problem: fmt.Sprintf("cannot remove what an interrupted export left: %v", err)}
		}
		say("creating: " + folder)
	}
	for _, file := range files {
		say("writing: " + file.Path)
		if err := t.writeFile(hidden+strings.TrimPrefix(file.Path, folder), file); err != nil {
			return err
		}
		if file.Mode&0o111 != 0 {
			say(fmt.Sprintf("setting %s to mode %o", file.Path, file.Mode))
		}
	}
	if hidden == folder {
		return nil
	}
	if err := os.Rename(t.path(hidden), t.path(folder)); err != nil {
		return &Error{Problem: fmt.Sprintf("cannot put a folder in its place: %v", err)}
	}
	return nil
}

// writeFile writes beside the file and renames, so that nobody reads half of
// it, and values are never readable to others.
func (t *Tree) writeFile(name string, file File) (err error) {
	target := t.path(name)
	defer func() {
		if err != nil {
			err = &Error{Problem: fmt.Sprintf("cannot write: %v", err)}
		}
	}()
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(target), ".ganger-*") // 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(file.Text)
	if err == nil {
		err = temp.Chmod(file.Mode)
	}
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp.Name(), target)
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // it is the error that counts
	}
	return err
}

func (t *Tree) makeDir(dir string, say func(string)) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	say("creating: " + dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &Error{Problem: fmt.Sprintf("cannot create the location: %v", err)}
	}
	return nil
}
