package export

import (
	"bytes"
	"fmt"
	"os"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff tells what Apply would change, as a unified diff. Of files that hold
// values it tells that they differ and no more. It is empty where all is as it
// would be.
func (t *Tree) Diff() []byte {
	var b bytes.Buffer
	for _, file := range t.Write {
		old, there := t.old[file.Path]
		switch {
		case there && bytes.Equal(old, file.Text):
		case there && (file.Secret || t.private(file.Path)):
			fmt.Fprintf(&b, "diff %s\nholds values, which are not shown; they would change\n", file.Path)
		case file.Secret:
			fmt.Fprintf(&b, "diff %s\nholds values, which are not shown; it would be new\n", file.Path)
		case !there && len(file.Text) == 0:
			fmt.Fprintf(&b, "diff %s\nis empty, and would be new\n", file.Path)
		default:
			b.Write(diff.Diff(name(file.Path, there), old, file.Path, file.Text))
		}
	}
	for _, path := range t.Remove {
		if t.private(path) {
			fmt.Fprintf(&b, "diff %s\nholds values, which are not shown; it would be removed\n", path)
			continue
		}
		old, _ := os.ReadFile(t.path(path)) // what cannot be read is shown as empty
		if text := diff.Diff(path, old, os.DevNull, nil); len(text) > 0 {
			b.Write(text)
		} else {
			fmt.Fprintf(&b, "diff %s\nis empty, and would be removed\n", path)
		}
	}
	return b.Bytes()
}

// private reports whether a file that is there is its owner's alone, and so may
// hold values.
func (t *Tree) private(path string) bool {
	st, err := os.Lstat(t.path(path))
	return err == nil && st.Mode().Perm()&0o077 == 0
}

// name is what a diff calls the old side.
func name(path string, there bool) string {
	if there {
		return path
	}
	return os.DevNull
}
