package formation

import (
	"slices"
	"strings"
)

// ChangeKind is how a process differs between two formations.
type ChangeKind string

const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// A Change is a process that two formations do not have alike.
type Change struct {
	Process string // web.1
	Type    string // web
	Kind    ChangeKind

	// Reasons say in words what changed, for Changed: "command", "folder",
	// "PORT", "settings stop-signal, tty", "variables DATABASE_URL". No value
	// is in them.
	Reasons []string
}

// String is "web.1 added", or "web.1 changed: command, PORT".
func (c Change) String() string {
	text := c.Process + " " + string(c.Kind)
	if len(c.Reasons) > 0 {
		text += ": " + strings.Join(c.Reasons, ", ")
	}
	return text
}

// Diff is what has to be started, stopped and restarted to make the formation
// old be the formation new: first what is new or changed, in the order of new,
// then what is gone, in the order of old. The release step, which runs once
// before all others, is no part of it.
//
// The port of another type (GANGER_PORT_WORKER) is no change of those that do
// not need that type: a new line in the Procfile would restart everything.
func Diff(old, new []Process) []Change {
	was := make(map[string]Process, len(old))
	for _, p := range old {
		was[p.Name] = p
	}
	var all []Change
	for _, p := range new {
		if p.Release() {
			continue
		}
		before, ok := was[p.Name]
		delete(was, p.Name)
		if !ok {
			all = append(all, Change{Process: p.Name, Type: p.Type, Kind: Added})
		} else if why := reasons(before, p); len(why) > 0 {
			all = append(all, Change{Process: p.Name, Type: p.Type, Kind: Changed, Reasons: why})
		}
	}
	for _, p := range old {
		if _, gone := was[p.Name]; gone && !p.Release() {
			all = append(all, Change{Process: p.Name, Type: p.Type, Kind: Removed})
		}
	}
	return all
}

// reasons are what makes b another process than a, in words.
func reasons(a, b Process) []string {
	var why []string
	if a.Line != b.Line {
		why = append(why, "command")
	}
	if a.Dir != b.Dir {
		why = append(why, "folder")
	}
	if a.Port != b.Port {
		why = append(why, "PORT")
	}
	settings := a.Settings.Differences(b.Settings)
	vars := slices.DeleteFunc(differentVars(a, b), func(name string) bool {
		return slices.Contains(settings, "env."+name)
	})
	if len(settings) > 0 {
		why = append(why, "settings "+strings.Join(settings, ", "))
	}
	if len(vars) > 0 {
		why = append(why, "variables "+strings.Join(vars, ", "))
	}
	return why
}

// differentVars are the names of the variables that a and b do not have alike,
// sorted, without those that ganger sets itself and that no reason speaks of.
func differentVars(a, b Process) []string {
	ours := func(name string) bool {
		if strings.HasPrefix(name, portPrefix) {
			return !a.needsPort(name) && !b.needsPort(name)
		}
		return name == "PORT" || name == "PS" || name == "PWD"
	}
	was := make(map[string]string)
	for _, entry := range a.Env.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		was[name] = value
	}
	var names []string
	for _, entry := range b.Env.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		before, had := was[name]
		delete(was, name)
		if (!had || before != value) && !ours(name) {
			names = append(names, name)
		}
	}
	for name := range was {
		if !ours(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// needsPort reports whether the variable is the port of a type that p needs.
func (p Process) needsPort(variable string) bool {
	return slices.ContainsFunc(p.Settings.Needs, func(typ string) bool { return PortVar(typ) == variable })
}
