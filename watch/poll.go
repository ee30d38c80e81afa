package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// pollInterval is the time between two looks. They take no more than a tenth of
// all time: where a look is slow, the next one is later.
const pollInterval = time.Second

// stamp is what shows that a file was changed.
type stamp struct {
	mtime time.Time
	size  int64
	mode  fs.FileMode // the type alone
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{info.ModTime(), info.Size(), info.Mode().Type()}
}

// pollFolder holds a folder by looking at it. If it is fresh, all that is there
// counts as changed at the first look.
func (w *Watcher) pollFolder(dir string, fresh bool) {
	f := &folder{files: make(map[string]stamp)}
	w.folders[dir] = f
	if !fresh {
		f.files, _, _ = w.stamps(dir)
		if f.files == nil {
			f.files = make(map[string]stamp)
		}
	}
	w.poll.Reset(pollInterval)
}

// pollAll looks at all folders that are polled.
func (w *Watcher) pollAll() {
	begin := time.Now()
	var dirs []string
	for dir, f := range w.folders {
		if f.polled() {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		if f := w.folders[dir]; f != nil && f.polled() { // one above it may be gone by now
			w.pollOne(dir, f)
		}
	}
	if len(dirs) > 0 {
		w.followLinks()
		w.poll.Reset(max(pollInterval, 10*time.Since(begin)))
	}
}

func (w *Watcher) pollOne(dir string, f *folder) {
	now, folders, err := w.stamps(dir)
	if errors.Is(err, fs.ErrNotExist) {
		w.vanished(dir)
		return
	}
	if err != nil {
		return // a server that does not answer: no file is gone for that
	}
	for name, s := range now {
		if old, known := f.files[name]; !known || old != s {
			w.changed(filepath.Join(dir, name), !known)
		}
	}
	for name := range f.files {
		if _, there := now[name]; !there {
			w.changed(filepath.Join(dir, name), false)
		}
	}
	ignores := f.files[gitignore] != now[gitignore]
	f.files = now
	for _, path := range folders {
		if w.folders[path] == nil {
			w.adopt(path, true)
		}
	}
	if ignores {
		w.reread()
	}
}

// meet takes note of a file that counts from now on, in a folder that may be
// polled already.
func (w *Watcher) meet(path string) {
	f := w.folders[filepath.Dir(path)]
	if f == nil || !f.polled() {
		return
	}
	name := filepath.Base(path)
	if _, known := f.files[name]; known {
		return
	}
	if info, err := os.Lstat(path); err == nil {
		f.files[name] = stampOf(info)
	}
}

// vanished lets go of a folder that is gone, with all that was in it.
func (w *Watcher) vanished(dir string) {
	for path, f := range w.folders {
		if !within(path, dir) {
			continue
		}
		for name := range f.files {
			w.changed(filepath.Join(path, name), false)
		}
	}
	w.leave(dir)
	if w.isRoot(dir) {
		w.pollFolder(dir, true)
	}
}

// stamps looks at the files of a folder that count, and lists its folders.
func (w *Watcher) stamps(dir string) (files map[string]stamp, folders []string, err error) {
	entries, err := list(dir)
	if err != nil {
		return nil, nil, err
	}
	files = make(map[string]stamp)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if w.isFolder(path, e.Type()) {
			folders = append(folders, path)
			continue
		}
		if e.Name() != gitignore && !w.counts(path) {
			continue
		}
		if info, err := e.Info(); err == nil {
			files[e.Name()] = stampOf(info)
		}
	}
	return files, folders, nil
}

func (w *Watcher) counts(path string) bool {
	for _, s := range w.sets {
		if s.file(path) {
			return true
		}
	}
	return len(w.links[path]) > 0
}
