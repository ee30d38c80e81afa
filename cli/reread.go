package cli

import (
	"fmt"
	"slices"
)

// rereading is what an app whose files are read once more knows of the time
// before. It is zero at a start.
type rereading struct {
	root  string   // as it was
	opts  *options // as they were
	types []string // all that the app has had
	later []string // what the files say that only another start can change
}

// reread reads the files of an app that runs, with the flags and the environment
// of its start. The app as it was is left as it is.
func (a *app) reread() (*app, error) {
	next := &app{cwd: a.cwd, opts: newOptions(), socket: a.socket, autoBase: a.autoBase}
	next.opts.takeFlags(a.opts)
	next.earlier = rereading{root: a.place.root, opts: a.opts, types: slices.Concat(a.earlier.types, a.types())}
	return next, next.load(true)
}

// takeFlags takes what the command line said.
func (os *options) takeFlags(from *options) {
	for _, name := range os.names {
		for _, g := range from.get(name).all {
			if g.rank == fromFlag {
				os.get(name).all = append(os.get(name).all, g)
			}
		}
	}
}

// fixedOptions are those that a run has from its start on.
func fixedOptions() []string {
	return []string{"formation", "except", "exit-when", "timestamps", "no-prefix", "color", "json", "log-dir", "history", "socket"}
}

// check keeps what a run cannot change, and notes what the files would change.
func (r *rereading) check(a *app) error {
	if r.opts == nil {
		return nil
	}
	if a.place.root != r.root {
		return fileError(fmt.Sprintf("the app root would now be %s, and not %s", a.place.root, r.root),
			"ganger stop and ganger start, to run it there")
	}
	for _, name := range fixedOptions() {
		was, now := r.opts.get(name), a.opts.get(name)
		if slices.EqualFunc(was.top(), now.top(), func(x, y given) bool { return x.text == y.text }) {
			continue
		}
		from := now.last().from
		if !now.isSet() {
			from = was.last().from
		}
		r.later = append(r.later, fmt.Sprintf("%s: %s is for the next start of ganger", from, name))
		a.opts.byName[name] = was
	}
	return nil
}
