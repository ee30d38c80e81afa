package watch

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// event takes in what the system tells of one file or folder.
func (w *Watcher) event(e fsnotify.Event) {
	now := time.Now()
	if now.Sub(w.last) > Quiet {
		w.storm = now
	}
	w.last = now
	for _, path := range w.names(e) {
		w.eventAt(path, e)
	}
}

// eventAt takes in an event of one of the paths that it is of.
func (w *Watcher) eventAt(path string, e fsnotify.Event) {
	if w.folders[path] != nil {
		w.folderEvent(path, e)
	} else {
		w.fileEvent(path, e)
	}
	if e.Op&cameOrWent != 0 && w.leads(path) {
		w.followLinks()
	}
}

const cameOrWent = fsnotify.Create | fsnotify.Remove | fsnotify.Rename

// fileEvent is about a file, or a folder that is not held.
func (w *Watcher) fileEvent(path string, e fsnotify.Event) {
	switch {
	case e.Has(fsnotify.Create):
		info, err := os.Lstat(path)
		if err == nil && w.isFolder(path, info.Mode()) {
			w.adopt(path, true)
			return
		}
		w.changed(path, true)
	case e.Op == fsnotify.Chmod:
		if !touched(path) {
			return
		}
		w.changed(path, false)
	default:
		w.changed(path, false)
	}
	if filepath.Base(path) == gitignore {
		w.reread()
	}
}

// folderEvent is about a folder that is held: it is gone, or another has its
// name.
func (w *Watcher) folderEvent(path string, e fsnotify.Event) {
	if e.Op&cameOrWent == 0 {
		return
	}
	if e.Has(fsnotify.Rename) {
		// What was in it says nothing of its own.
		for name, s := range w.sets {
			if s.folder(path) {
				w.note(name, path, false)
			}
		}
	}
	if e.Has(fsnotify.Remove) {
		w.drop(path) // it was empty by then
	} else {
		w.leave(path)
	}
	switch {
	case e.Has(fsnotify.Create):
		w.adopt(path, true)
	case w.isRoot(path):
		w.pollFolder(path, true)
	}
}

func (w *Watcher) isRoot(path string) bool {
	for _, s := range w.sets {
		for i := range s.include {
			if s.include[i].root == path {
				return true
			}
		}
	}
	return false
}

// touched tells touch(1), which sets the time of change to now, from chmod(1):
// for the system both are a change of attributes.
func touched(path string) bool {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return false
	}
	apart := time.Unix(st.Ctim.Unix()).Sub(time.Unix(st.Mtim.Unix()))
	return apart.Abs() < 10*time.Millisecond // the clock of a file system is coarse
}

// reread takes in what the .gitignore files say now.
func (w *Watcher) reread() {
	for _, g := range w.ignored {
		g.forget()
	}
	w.prune()
	for _, s := range w.sets {
		for i := range s.include {
			w.adoptRoot(s.include[i].root)
		}
	}
}

// rescan finds what changed since then, after events were lost. Whatever it is
// that was done to a file or folder, the time of its status tells.
func (w *Watcher) rescan(since time.Time) {
	look := func(path string) (changed bool) {
		var st unix.Stat_t
		return unix.Lstat(path, &st) == nil && !time.Unix(st.Ctim.Unix()).Before(since)
	}
	known := slices.Sorted(maps.Keys(w.folders))
	for _, dir := range known {
		if _, err := os.Lstat(dir); err != nil {
			w.vanished(dir)
			continue
		}
		w.walk(dir, true, func(path string) {
			if look(path) {
				w.changed(path, false)
			}
		})
	}
	// A file that is gone shows in its folder alone. Where nothing else changed
	// for a type, the folder stands for it.
	for _, dir := range known {
		for name, s := range w.sets {
			if w.bursts[name] == nil && s.folder(dir) && look(dir) {
				w.note(name, dir, false)
			}
		}
	}
	w.followLinks()
}
