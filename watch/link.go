package watch

import (
	"os"
	"path/filepath"
)

// followLinks finds out where the links lead that are spelled out and that lead
// to files: those are written where they are, which the link's folder does not
// tell of.
func (w *Watcher) followLinks() {
	w.links = make(map[string][]string)
	w.spelled = make(map[string]bool)
	for _, s := range w.sets {
		for i := range s.include {
			p := &s.include[i]
			if !p.literal {
				continue
			}
			path := filepath.Join(p.root, p.glob)
			if w.spelled[path] {
				continue
			}
			w.spelled[path] = true
			if file, ok := linkedFile(path); ok {
				w.links[file] = append(w.links[file], path)
			}
		}
	}
	for file := range w.links {
		if dir := filepath.Dir(file); w.folders[dir] == nil {
			w.hold(dir)
		}
	}
}

// linkedFile is the file that a link leads to.
func linkedFile(path string) (file string, ok bool) {
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 {
		return "", false
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", false
	}
	info, err := os.Stat(file)
	return file, err == nil && !info.IsDir()
}

// linksInto reports whether a link that is followed leads to a file of the folder.
func (w *Watcher) linksInto(dir string) bool {
	for file := range w.links {
		if filepath.Dir(file) == dir {
			return true
		}
	}
	return false
}
