package supervisor

import (
	"fmt"
	"path"
	"slices"

	"ganger/formation"
	"ganger/procfile"
)

// find returns the processes that a command names, in the order of the
// formation. Those that leave it are not among them.
func (s *Supervisor) find(c Command) ([]*entry, error) {
	if len(c.Names) == 0 {
		return s.pick(func(e *entry) bool {
			down := e.st.end == asked || e.st.phase.live() && e.st.want == down
			return !e.spec.Release() && !(down && (c.Op == OpRestart || c.Op == OpWait))
		}), nil
	}
	for _, name := range c.Names {
		if _, err := path.Match(name, ""); err != nil {
			return nil, &formation.Error{Problem: fmt.Sprintf("%q is not a pattern", name), Hint: "use * and ? and [a-z], as in web.*"}
		}
		if len(s.pick(func(e *entry) bool { return e.is(name) })) == 0 {
			return nil, s.unknown(name)
		}
	}
	return s.pick(func(e *entry) bool { return slices.ContainsFunc(c.Names, e.is) }), nil
}

func (s *Supervisor) pick(which func(*entry) bool) []*entry {
	var procs []*entry
	for _, e := range s.procs {
		if !e.leaving && which(e) {
			procs = append(procs, e)
		}
	}
	return procs
}

// is reports whether name stands for the process.
func (e *entry) is(name string) bool {
	if name == e.spec.Name || name == e.spec.Type {
		return true
	}
	byName, _ := path.Match(name, e.spec.Name)
	byType, _ := path.Match(name, e.spec.Type)
	return byName || byType
}

// unknown is the error for a name that nothing has, with the nearest.
func (s *Supervisor) unknown(name string) error {
	var known []string
	for _, p := range s.specs() {
		for _, word := range []string{p.Type, p.Name} {
			if !slices.Contains(known, word) {
				known = append(known, word)
			}
		}
	}
	e := &formation.Error{Problem: fmt.Sprintf("no process or type %q", name)}
	if near := procfile.Nearest(name, known); near != "" {
		e.Hint = fmt.Sprintf("did you mean %s?", near)
	}
	return e
}
