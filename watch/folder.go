package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// folder is one that is watched or polled.
type folder struct {
	files map[string]stamp // nil where it is watched; by name where it is polled
	id    identity         // where it is watched
}

func (f *folder) polled() bool { return f.files != nil }

// ignores returns what is ignored below the folder.
func (w *Watcher) ignores(root string) *ignores {
	g := w.ignored[root]
	if g == nil {
		g = newIgnores(root)
		w.ignored[root] = g
	}
	return g
}

// wanted reports whether some type has an interest in the folder.
func (w *Watcher) wanted(dir string) bool {
	for _, s := range w.sets {
		if s.folder(dir) {
			return true
		}
	}
	return w.linksInto(dir)
}

// isFolder reports whether the entry is a folder, by itself or by a link that
// leads to one and is meant.
func (w *Watcher) isFolder(path string, mode fs.FileMode) bool {
	if mode&fs.ModeSymlink == 0 {
		return mode.IsDir()
	}
	for _, s := range w.sets {
		if s.linked(path) {
			info, err := os.Stat(path)
			return err == nil && info.IsDir()
		}
	}
	return false
}

// adoptRoot adopts a folder that patterns are relative to. Until it is there it
// is polled, since nobody above it is watched.
func (w *Watcher) adoptRoot(root string) {
	if w.folders[root] != nil {
		w.walk(root, false, nil)
		return
	}
	if _, err := os.Stat(root); err != nil {
		w.pollFolder(root, false)
		return
	}
	w.adopt(root, false)
}

// adopt watches the folder and all below it that are wanted. If it is fresh,
// what it holds counts as changed: it may have come between the folder and our
// watch.
func (w *Watcher) adopt(dir string, fresh bool) {
	if !w.wanted(dir) {
		return
	}
	if w.folders[dir] == nil && !w.hold(dir) {
		return
	}
	var file func(string)
	if fresh {
		file = func(path string) { w.changed(path, true) }
	}
	w.walk(dir, fresh, file)
}

// hold watches or polls one folder. It is false where the folder is gone.
func (w *Watcher) hold(dir string) bool {
	if name := w.silent(dir); name != "" {
		w.warn(name, &SilentError{Folder: dir, FileSystem: name})
		w.pollFolder(dir, false)
		return true
	}
	id, _ := identify(dir)
	if w.shares(dir, id) {
		return true
	}
	switch err := w.watchFolder(dir); {
	case err == nil:
		w.folders[dir] = &folder{id: id}
		w.paths[id] = []string{dir}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return false
	case w.full:
		w.pollFolder(dir, false)
	}
	// Any other error: we may not read it, and no poll could.
	return true
}

// watchFolder sets a watch; without one left, it sets full and says so.
func (w *Watcher) watchFolder(dir string) error {
	if w.full {
		return errNoWatch
	}
	var err error
	if w.events == nil {
		if w.events, err = fsnotify.NewWatcher(); err == nil {
			go w.readErrors(w.events.Errors)
		}
	}
	if err == nil {
		err = w.events.Add(dir)
	}
	if limit := limitReached(err, w.events == nil); limit != nil {
		w.full = true
		w.warn("limit", limit)
	}
	return err
}

// readErrors goes on while the loop adds and removes folders: fsnotify may send
// an error with the lock held that those wait for. None but the loss of events
// matters here; one of a folder shows when that is adopted.
func (w *Watcher) readErrors(failures <-chan error) {
	for err := range failures {
		if errors.Is(err, fsnotify.ErrEventOverflow) {
			select {
			case w.overflow <- struct{}{}:
			default: // it is to look anyway
			}
		}
	}
}

var errNoWatch = errors.New("no watch is left")

// walk goes through a folder that is held and adopts those below it. file,
// unless nil, is called with each file.
func (w *Watcher) walk(dir string, fresh bool, file func(path string)) {
	entries, _ := list(dir) // one that is gone is told by its own event
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if w.isFolder(path, e.Type()) {
			w.adopt(path, fresh)
		} else if file != nil {
			file(path)
		}
	}
}

// list reads a folder, without a look at each file and in any order.
func list(dir string) ([]fs.DirEntry, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.ReadDir(-1)
}

// leave lets go of a folder and all below it.
func (w *Watcher) leave(dir string) {
	for path := range w.folders {
		if within(path, dir) {
			w.drop(path)
		}
	}
}

func (w *Watcher) drop(dir string) {
	f := w.folders[dir]
	delete(w.folders, dir)
	if f != nil && !f.polled() {
		w.release(dir, f.id)
	}
}

// prune drops the folders that nobody wants any more. Another path of one that
// is dropped may be held anew, without an interest in it either: they are
// looked through until there is none.
func (w *Watcher) prune() {
	for again := true; again; {
		again = false
		for dir := range w.folders {
			if !w.wanted(dir) {
				w.drop(dir)
				again = true
			}
		}
	}
}
