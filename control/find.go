package control

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Find gives the facts of the run that an app root has. None makes it a
// [*NotRunningError]. A folder that is not ours alone is not looked at, and is
// the error, a [*FolderError], when there is no run in another.
func Find(p Places, root string) (Facts, error) { return p.find(root, "") }

// find is Find without one of the folders.
func (p Places) find(root, except string) (found Facts, err error) {
	running, name := false, nameOf(root)+lockExt
	err = p.existing(func(dir string) {
		if running || dir == except {
			return
		}
		found, running = look(filepath.Join(dir, name))
	})
	switch {
	case running:
		return found, nil
	case err != nil:
		return Facts{}, err
	}
	return Facts{}, &NotRunningError{Root: root}
}

// List gives the facts of all of this user's running apps, the oldest first.
// The error tells of the folders that were not looked at.
func List(p Places) ([]Facts, error) {
	var all []Facts
	err := p.existing(func(dir string) {
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			if !strings.HasSuffix(f.Name(), lockExt) {
				continue
			}
			if facts, held := look(filepath.Join(dir, f.Name())); held && facts.Root != "" {
				all = append(all, facts)
			}
		}
	})
	slices.SortStableFunc(all, func(a, b Facts) int { return a.Since.Compare(b.Since) })
	return all, err
}

// look reads the facts of a lock that somebody holds.
func look(path string) (facts Facts, held bool) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return Facts{}, false
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return Facts{}, false
	}
	// Shared, so that two who look are not in each other's way. Closing the
	// file lets it go.
	if err := flock(f, unix.LOCK_SH); !errors.Is(err, unix.EWOULDBLOCK) {
		return Facts{}, false
	}
	facts, _ = readFacts(f)
	return facts, true
}
