package watch

import (
	"path/filepath"
	"slices"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// A folder that is reached by several paths, through symbolic links, has one
// watch: the system gives no second, and tells of it under the first path alone.

// identity is what tells one folder from all others.
type identity struct{ dev, ino uint64 }

func identify(dir string) (id identity, ok bool) {
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil {
		return identity{}, false
	}
	return identity{uint64(st.Dev), uint64(st.Ino)}, true
}

// shares reports whether the folder is watched by another path already, and if
// so holds it by that watch. An identity may be another folder's by now that was
// made after the first was gone, so the other path is looked at too.
func (w *Watcher) shares(dir string, id identity) bool {
	paths := w.paths[id]
	if len(paths) == 0 {
		return false
	}
	if now, ok := identify(paths[0]); !ok || now != id {
		return false
	}
	w.folders[dir] = &folder{id: id}
	w.paths[id] = append(paths, dir)
	return true
}

// release lets go of a path of a folder. Where it was the one that the watch is
// under, the next one gets it.
func (w *Watcher) release(dir string, id identity) {
	paths := w.paths[id]
	at := slices.Index(paths, dir)
	if at > 0 {
		w.paths[id] = slices.Delete(paths, at, at+1)
		return
	}
	_ = w.events.Remove(dir) // often the system has done so
	if at < 0 {
		return // its identity is another folder's
	}
	delete(w.paths, id)
	for _, path := range paths[1:] {
		if now, ok := identify(path); !ok || now != id {
			continue // that is told, or was
		}
		delete(w.folders, path)
		w.hold(path)
	}
}

// names are the paths of what an event tells of by one.
func (w *Watcher) names(e fsnotify.Event) []string {
	names := []string{e.Name}
	if f := w.folders[e.Name]; f != nil && !f.polled() {
		for _, path := range w.others(e.Name, f) {
			if now, ok := identify(path); !ok || now != f.id { // else it is the link that is gone
				names = append(names, path)
			}
		}
	}
	dir, base := filepath.Split(e.Name)
	dir = filepath.Clean(dir)
	if f := w.folders[dir]; f != nil && !f.polled() {
		for _, path := range w.others(dir, f) {
			names = append(names, filepath.Join(path, base))
		}
	}
	return names
}

func (w *Watcher) others(dir string, f *folder) []string {
	paths := w.paths[f.id]
	if len(paths) < 2 || paths[0] != dir {
		return nil
	}
	return paths[1:]
}
