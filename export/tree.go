package export

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Tree is a folder and what an export would do to it.
type Tree struct {
	Dir    string
	Write  []File   // all files of the export
	Remove []string // files of an earlier export of the app that have no place in this one
	// Left are folders of services that are gone but for what their engine
	// keeps in them.
	Left []string

	old map[string][]byte // the text of what is there
}

// Compare reads the folder, which need not be there. A file that is in the way
// and is not from an earlier export of the same app is an [*Error].
func Compare(dir string, f Format, app string, out Output) (*Tree, error) {
	t := &Tree{Dir: dir, Write: out.Files, old: make(map[string][]byte)}
	mark := []byte(markText(f.Name, app))
	ours, err := t.marked(app, mark)
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(out.Files))
	for _, file := range out.Files {
		wanted[file.Path] = true
		if err := t.check(file, ours); err != nil {
			return nil, err
		}
	}
	for _, path := range ours {
		if !wanted[path] {
			t.Remove = append(t.Remove, path)
		}
	}
	t.findLeft()
	return t, nil
}

// check refuses to write over what is not ours.
func (t *Tree) check(file File, ours []string) error {
	text, err := os.ReadFile(t.path(file.Path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &Error{Problem: fmt.Sprintf("cannot read what is there already: %v", err)}
	}
	t.old[file.Path] = text
	if slices.Contains(ours, file.Path) || bytes.Equal(text, file.Text) {
		return nil
	}
	return &Error{
		Problem: fmt.Sprintf("%s is there already, and not from an earlier export of this app", t.path(file.Path)),
		Hint:    "remove it, or choose another location or another name with -a",
	}
}

// marked lists the files of earlier exports of the app: those with our mark,
// and in the folder of a service of ours those that cannot hold one.
func (t *Tree) marked(app string, mark []byte) ([]string, error) {
	entries, err := os.ReadDir(t.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{Problem: fmt.Sprintf("cannot read the location: %v", err)}
	}
	var ours []string
	for _, e := range entries {
		switch {
		case e.Type().IsRegular():
			if t.hasMark(e.Name(), mark) {
				ours = append(ours, e.Name())
			}
		case e.IsDir() && strings.HasPrefix(e.Name(), app+"-") && t.hasMark(e.Name()+"/run", mark):
			ours = append(ours, t.service(e.Name(), mark)...)
		}
	}
	return ours, nil
}

// service lists what we write into the folder of a service.
func (t *Tree) service(folder string, mark []byte) []string {
	var ours []string
	for _, name := range []string{"run", "finish", "config", "log/run", "control/t", "control/k"} {
		if path := folder + "/" + name; t.hasMark(path, mark) {
			ours = append(ours, path)
		}
	}
	for _, name := range []string{"down", "down-signal", "timeout-kill", "timeout-finish"} {
		path := folder + "/" + name
		if st, err := os.Lstat(t.path(path)); err == nil && st.Mode().IsRegular() {
			ours = append(ours, path)
		}
	}
	return ours
}

// markWithin is how far from its beginning a file has its mark.
const markWithin = 1024

func (t *Tree) hasMark(path string, mark []byte) bool {
	if st, err := os.Lstat(t.path(path)); err != nil || !st.Mode().IsRegular() {
		return false
	}
	file, err := os.Open(t.path(path))
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, markWithin)
	n, _ := file.Read(head) // what cannot be read has no mark
	return bytes.Contains(head[:n], mark)
}

// findLeft finds the folders of removed services in which something stays.
func (t *Tree) findLeft() {
	for _, path := range t.Remove {
		folder, isRun := strings.CutSuffix(path, "/run")
		if !isRun || strings.HasSuffix(folder, "/log") {
			continue
		}
		for _, state := range []string{"supervise", "event"} {
			if _, err := os.Lstat(t.path(folder + "/" + state)); err == nil {
				t.Left = append(t.Left, folder)
				break
			}
		}
	}
}

func (t *Tree) path(name string) string { return filepath.Join(t.Dir, filepath.FromSlash(name)) }
