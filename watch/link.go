package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// followLinks finds out where the links lead that are spelled out and that lead
// to files: those are written where they are, which the link's folder does not
// tell of. A link that it knows and that leads elsewhere now counts as changed.
func (w *Watcher) followLinks() {
	was, known := w.spelled, w.links
	held := make(map[string]bool)
	w.readLinks()
	for w.holdSteps(held) {
		w.readLinks() // what changed before the folders were held is told by nobody
	}
	for path := range w.links {
		if len(known[path]) == 0 {
			w.meet(path)
		}
	}
	moved := false
	for link, steps := range w.spelled {
		old, there := was[link]
		if same := slices.Equal(old, steps); !there || same && !anyIn(steps, held) {
			continue
		}
		moved = true
		if w.isFolder(link, os.ModeSymlink) {
			w.adopt(link, true)
		} else {
			w.changed(link, false)
		}
	}
	if moved {
		w.prune()
	}
}

func (w *Watcher) readLinks() {
	w.links = make(map[string][]string)
	w.spelled = make(map[string][]string)
	for _, s := range w.sets {
		for i := range s.include {
			p := &s.include[i]
			if !p.literal {
				continue
			}
			link := filepath.Join(p.root, p.glob)
			if _, read := w.spelled[link]; read {
				continue
			}
			w.spelled[link] = stepsOf(link)
			for _, path := range w.spelled[link] {
				w.links[path] = append(w.links[path], link)
			}
		}
	}
}

// holdSteps holds the folders of what the links lead to, and reports whether
// there are any that were not held.
func (w *Watcher) holdSteps(held map[string]bool) (more bool) {
	for path := range w.links {
		dir := filepath.Dir(path)
		if w.folders[dir] == nil && w.hold(dir) && w.folders[dir] != nil {
			held[dir] = true
			more = true
		}
	}
	return more
}

// mostSteps is how many links in a row the system follows, at least.
const mostSteps = 40

// stepsOf is where a link leads: the links on the way, without itself, and the
// file at the end, or the first that is not there. It is nil for what is no
// link, and for a link to a folder.
func stepsOf(link string) (steps []string) {
	rest, err := os.Readlink(link)
	if err != nil {
		return nil
	}
	at, err := filepath.EvalSymlinks(filepath.Dir(link)) // what .. is relative to
	if err != nil {
		return nil
	}
	for rest != "" && len(steps) < mostSteps {
		if rest[0] == '/' {
			at = "/"
		}
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		path := filepath.Join(at, name)
		info, err := os.Lstat(path)
		if err == nil && info.IsDir() {
			at = path
			continue
		}
		steps = append(steps, path)
		to, err := os.Readlink(path)
		if err != nil {
			return steps
		}
		rest = to + "/" + rest
	}
	if rest == "" {
		return nil
	}
	return steps
}

// leads reports whether a link that is spelled out leads elsewhere, or may,
// when the file or folder comes or goes.
func (w *Watcher) leads(path string) bool {
	in := func(file string) bool { return within(file, path) }
	for link, steps := range w.spelled {
		if in(link) || slices.ContainsFunc(steps, in) {
			return true
		}
	}
	return false
}

// linksInto reports whether a link that is followed leads to a file of the folder.
func (w *Watcher) linksInto(dir string) bool {
	for path := range w.links {
		if filepath.Dir(path) == dir {
			return true
		}
	}
	return false
}

func anyIn(files []string, dirs map[string]bool) bool {
	return slices.ContainsFunc(files, func(file string) bool { return dirs[filepath.Dir(file)] })
}
