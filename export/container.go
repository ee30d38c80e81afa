package export

import (
	"cmp"
	"strings"
)

// What the formats share that run containers. The app root is the image's
// working folder there, and each container has the port of the type's first
// process to itself.

// image is the image to run.
func (a App) image() string { return cmp.Or(a.Image, strings.ToLower(a.Name)+":latest") }

// container is the command of a type, and the folder to start it in where that
// is not the image's own.
func (r *renderer) container(t Type) (args []string, dir string) {
	rel, inside := r.relDir(t)
	switch {
	case !inside:
		return t.Command.Args(), t.Dir
	case rel == "":
		return t.Command.Args(), ""
	}
	return shellArgs(changeDir(rel) + t.Command.Script), ""
}

func (r *renderer) imageHint() {
	if r.Image == "" {
		r.hint("docker build -t %s .   # the app, its folder as WORKDIR; --image names another", r.image())
	}
}

// peerWarning tells that localhost is not the others. host names the one that a
// type's processes are on.
func (r *renderer) peerWarning(host func(Type) string) {
	if hosts := r.serving(host); hosts != "" {
		r.warn("the port %s<TYPE> of another type is not on localhost in %s, but on the host of that type: %s", portPrefix, r.format.Name, hosts)
	}
}

// serving lists the types that others may look for, by what name returns of
// them.
func (r *renderer) serving(name func(Type) string) string {
	var names []string
	for _, t := range r.Types {
		if t.Port > 0 && !t.Step() && len(r.Types) > 1 {
			names = append(names, name(t))
		}
	}
	return strings.Join(names, ", ")
}
