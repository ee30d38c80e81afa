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

// peerWarning tells that localhost is not the others.
func (r *renderer) peerWarning() {
	for _, t := range r.Types {
		if strings.Contains(t.Line, portPrefix) {
			r.warn("%s: the port of another type is on the host of that name in %s, not on localhost", t.Name, r.format.Name)
		}
	}
}
