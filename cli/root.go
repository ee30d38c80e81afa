package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Files that make a folder an app root, and the Procfiles that serve where
// there is no Procfile, in this order.
const (
	procfileName = "Procfile"
	defaultsName = ".ganger"
	foremanName  = ".foreman"
	envName      = ".env"
)

func otherProcfiles() []string {
	return []string{"Procfile.dev", "Procfile.development", "Procfile.local"}
}

// place is where an app is.
type place struct {
	root     string // absolute
	procfile string // as it is shown: relative to the current folder where that is shorter
	found    bool   // whether there is a Procfile; procfile is where it was looked for
	upward   bool   // root was found above the current folder
	only     bool   // procfile is one of the others, there being no Procfile
	beside   string // another Procfile that is not read, "" for none
}

// findRoot finds the app root: -d, else the folder of -f, else the nearest
// folder upward that looks like one.
func findRoot(cwd string, root, procfile given) (string, bool, error) {
	if root.text != "" {
		dir := absolute(cwd, root.text)
		st, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", false, withStatus(errors.New("no folder "+root.text), root.from, root.rank)
		case err != nil:
			return "", false, withStatus(fmt.Errorf("cannot use folder %s: %w", root.text, bare(err)), root.from, root.rank)
		case !st.IsDir():
			return "", false, withStatus(fmt.Errorf("%s is not a folder", root.text), root.from, root.rank)
		}
		return dir, false, nil
	}
	if procfile.text != "" {
		return filepath.Dir(absolute(cwd, procfile.text)), false, nil
	}
	dir, ok := nearestRoot(cwd)
	if !ok {
		return cwd, false, nil
	}
	return dir, dir != cwd, nil
}

// nearestRoot looks upward, not above the repository or the home folder: what
// lies there belongs to something else.
func nearestRoot(cwd string) (string, bool) {
	home, _ := os.UserHomeDir()
	for dir := cwd; ; dir = filepath.Dir(dir) {
		for _, name := range []string{defaultsName, procfileName, "Procfile.dev"} {
			if st, err := os.Stat(filepath.Join(dir, name)); err == nil && st.Mode().IsRegular() {
				return dir, true
			}
		}
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil || dir == home || dir == filepath.Dir(dir) {
			return "", false
		}
	}
}

// chooseProcfile finds the Procfile: the one that was named, else the default.
func chooseProcfile(cwd string, p *place, named given) {
	if named.text != "" {
		path := absolute(cwd, named.text)
		if named.rank == fromDefaults {
			path = absolute(p.root, named.text)
		} else if !exists(path) && exists(absolute(p.root, named.text)) {
			path = absolute(p.root, named.text) // `-d app -f Procfile.dev`
		}
		p.procfile, p.found = shown(cwd, path), exists(path)
		return
	}
	main := filepath.Join(p.root, procfileName)
	p.procfile, p.found = shown(cwd, main), exists(main)
	for _, name := range otherProcfiles() {
		other := filepath.Join(p.root, name)
		if !exists(other) {
			continue
		}
		if p.found {
			p.beside = shown(cwd, other)
		} else {
			p.procfile, p.found, p.only = shown(cwd, other), true, true
		}
		return
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func absolute(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// shown is a path as a user would write it here.
func shown(cwd, path string) string {
	if rel, err := filepath.Rel(cwd, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}

// bare is the cause of a *PathError, whose path the message has already.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
