package control

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// rootFile is in a folder that a run leaves, and says of which app root it is.
const rootFile = "root"

// Sign notes in a folder by [Lock.Path], which is to outlive the run, of which
// app root it is: for [Places.Sweep].
func (l *Lock) Sign(dir string) error {
	l.mu.Lock()
	root := l.facts.Root
	l.mu.Unlock()
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	return os.WriteFile(filepath.Join(dir, rootFile), []byte(root), 0o600)
}

// Sweep removes what runs have left of app roots that are not there any more:
// locks, sockets, and what ends in one of exts. It touches nothing of which it
// cannot tell the root, and nothing of an app that runs.
func (p Places) Sweep(exts ...string) {
	exts = append(slices.Clip(exts), socketExt, lockExt)
	_ = p.existing(func(dir string) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			ext := filepath.Ext(path)
			name := strings.TrimSuffix(e.Name(), ext)
			if !slices.Contains(exts, ext) || !isName(name) {
				continue
			}
			root := rootOf(path, ext)
			// The name has the root's sum in it: no file that says something
			// else than the truth makes us remove another root's.
			if root == "" || nameOf(root) != name || !gone(root) {
				continue
			}
			if _, err := p.find(root, ""); err == nil {
				continue // its folder was removed while it runs
			}
			for _, ext := range exts {
				_ = os.RemoveAll(filepath.Join(dir, name+ext))
			}
		}
	})
}

// isName reports whether nameOf may have made a name.
func isName(name string) bool {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return false
	}
	sum, err := hex.DecodeString(name[i+1:])
	return err == nil && len(sum) == 8
}

// rootOf is the app root of a lock that nobody holds, or of a folder that is
// signed; "" if that is not known.
func rootOf(path, ext string) string {
	if ext != lockExt {
		text, err := readRegular(filepath.Join(path, rootFile))
		if err != nil {
			return ""
		}
		return string(text)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() || flock(f, unix.LOCK_SH) != nil {
		return ""
	}
	facts, _ := readFacts(f)
	return facts.Root
}

// gone reports whether a folder is surely not there.
func gone(root string) bool {
	_, err := os.Lstat(root)
	return filepath.IsAbs(root) && errors.Is(err, fs.ErrNotExist)
}

// readRegular reads a small file that is no link, pipe or device.
func readRegular(path string) ([]byte, error) {
	st, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxFacts {
		return nil, fs.ErrInvalid
	}
	return os.ReadFile(path)
}
