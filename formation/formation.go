// Package formation computes what runs: Procfile x counts x ports x environment
// -> []Process. It is a pure function; start, check and all that comes to
// change a running formation take their processes from it, so they cannot
// disagree about a port, a folder or an environment.
package formation

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"ganger/env"
	"ganger/portalloc"
	"ganger/procfile"
)

// ReleaseType is the type that runs to its end before the others.
const ReleaseType = "release"

// A Process is one process of the formation, ready to be started.
type Process struct {
	Name     string // web.1
	Type     string // web
	Number   int    // 1
	Port     int    // 0: none
	Dir      string // absolute
	Line     string // the command as the Procfile has it
	Command  Command
	Env      env.Vars
	Settings procfile.Settings
}

// Release reports whether the process is the release step.
func (p Process) Release() bool { return p.Type == ReleaseType }

// A Plan is all that the processes are computed from.
type Plan struct {
	Root   string // the app root, absolute
	Types  []procfile.Type
	Counts map[string]int // by type; a type that is not in it is 0
	Base   portalloc.BasePort
	Env    env.Vars // of the app: what surrounds us and the env files

	// Settings are those of each type, by its name.
	Settings map[string]procfile.Settings
	// TypeEnv are the env files of a type's own, read already.
	TypeEnv map[string][]*env.File
}

// Make computes the processes, in the order of the Procfile. The error is a
// *portalloc.Error or a *Error.
func Make(p Plan) ([]Process, error) {
	types := make([]string, len(p.Types))
	for i, t := range p.Types {
		types[i] = t.Name
	}
	if err := CheckNeeds(types, p.Settings); err != nil {
		return nil, err
	}
	names, err := p.portNames()
	if err != nil {
		return nil, err
	}
	app := p.Env.Clone()
	for i, t := range p.Types {
		port, err := p.port(i, 1)
		if err != nil && p.Counts[t.Name] > 0 {
			return nil, err
		}
		if err == nil && port > 0 {
			app.Set(names[i], strconv.Itoa(port))
		}
	}
	app = env.FromEnviron(app.Environ()) // one list, which all processes share
	var all []Process
	for i, t := range p.Types {
		vars := p.typeEnv(t.Name, app)
		for n := 1; n <= p.Counts[t.Name]; n++ {
			proc, err := p.process(i, n, vars)
			if err != nil {
				return nil, err
			}
			if ready := proc.Settings.Ready; ready.NeedsPort() && proc.Port == 0 {
				return nil, &Error{
					Problem: fmt.Sprintf("%s is to be ready=%s and has no port", t.Name, ready),
					Hint:    "give it a port, as port=auto does, or another ready=",
				}
			}
			all = append(all, proc)
		}
	}
	if err := portalloc.Clashes(p.claims(all)); err != nil {
		return nil, err
	}
	return all, nil
}

// AppEnv is the environment of the app itself: that of a one-off command, with
// the ports of all types and without a PORT.
func AppEnv(p Plan) (env.Vars, error) {
	names, err := p.portNames()
	if err != nil {
		return env.Vars{}, err
	}
	vars := p.Env.Clone()
	for i := range p.Types {
		// A type whose port cannot be is no reason not to run a command.
		if port, err := p.port(i, 1); err == nil && port > 0 {
			vars.Set(names[i], strconv.Itoa(port))
		}
	}
	return vars, nil
}

// OneOff is a process of the type that is run once, by hand: its port is the
// type's first, its name web.run.
func OneOff(p Plan, typ string) (Process, error) {
	vars, err := AppEnv(p)
	if err != nil {
		return Process{}, err
	}
	for i, t := range p.Types {
		if t.Name == typ {
			proc, err := p.process(i, 1, p.typeEnv(typ, vars))
			if err != nil {
				return Process{}, err
			}
			proc.Name, proc.Number = typ+".run", 0
			proc.Env.Set("PS", proc.Name)
			return proc, nil
		}
	}
	return Process{}, &Error{Problem: fmt.Sprintf("no type %q", typ)}
}

func (p Plan) process(place, n int, vars env.Vars) (Process, error) {
	t := p.Types[place]
	s := p.Settings[t.Name]
	port, err := p.port(place, n)
	if err != nil {
		return Process{}, err
	}
	proc := Process{
		Name:     t.Name + "." + strconv.Itoa(n),
		Type:     t.Name,
		Number:   n,
		Port:     port,
		Dir:      p.Root,
		Line:     t.Command,
		Env:      vars.Clone(),
		Settings: s,
	}
	if filepath.IsAbs(s.Dir) {
		proc.Dir = s.Dir
	} else if s.Dir != "" {
		proc.Dir = filepath.Join(p.Root, s.Dir)
	}
	if proc.Release() {
		// It is a step: what would start it again stands before the app.
		proc.Settings.Restart = procfile.Restart{Policy: procfile.Never}
	}
	proc.Env.Set("PS", proc.Name)
	proc.Env.Set("PWD", proc.Dir) // a shell would set it; a direct command gets it from us
	if port > 0 {
		proc.Env.Set("PORT", strconv.Itoa(port))
	} else {
		proc.Env.Unset("PORT")
	}
	proc.Command = Resolve(t.Command, proc.Env.Lookup)
	return proc, nil
}

// typeEnv puts a type's own env files and variables over the app's.
func (p Plan) typeEnv(typ string, app env.Vars) env.Vars {
	vars := app
	if files := p.TypeEnv[typ]; len(files) > 0 {
		vars, _ = env.Layer(vars, files, true)
	}
	own := p.Settings[typ].Env
	if len(own) == 0 {
		return vars
	}
	vars = vars.Clone()
	for _, v := range own {
		vars.Set(v.Name, v.Value)
	}
	return env.FromEnviron(vars.Environ())
}

// port is the nth process's port of the type at place, 0 for none.
func (p Plan) port(place, n int) (int, error) {
	s := p.Settings[p.Types[place].Name].Port
	switch {
	case s == procfile.PortNone:
		return 0, nil
	case s != procfile.PortAuto:
		return portalloc.Port(int(s), 0, n)
	case p.Base.None:
		return 0, nil
	}
	return portalloc.Port(p.Base.Port, place, n)
}

func (p Plan) claims(all []Process) []portalloc.Claim {
	claims := make([]portalloc.Claim, len(all))
	for i, proc := range all {
		claims[i] = portalloc.Claim{
			Process: proc.Name,
			Port:    proc.Port,
			Fixed:   fixed(proc.Settings),
		}
	}
	return claims
}

// Claims are the ports that the plan would take from the given base.
func Claims(p Plan, base int) ([]portalloc.Claim, error) {
	p.Base = portalloc.BasePort{Port: base}
	var claims []portalloc.Claim
	for i, t := range p.Types {
		for n := 1; n <= p.Counts[t.Name]; n++ {
			port, err := p.port(i, n)
			if err != nil {
				return nil, err
			}
			claims = append(claims, portalloc.Claim{
				Process: t.Name + "." + strconv.Itoa(n),
				Port:    port,
				Fixed:   fixed(p.Settings[t.Name]),
			})
		}
	}
	return claims, nil
}

func fixed(s procfile.Settings) bool { return s.Port > 0 }

// portNames are the variables that tell each type's first port to all others.
func (p Plan) portNames() ([]string, error) {
	names := make([]string, len(p.Types))
	seen := make(map[string]string, len(p.Types))
	for i, t := range p.Types {
		name := PortVar(t.Name)
		if other, ok := seen[name]; ok {
			return nil, &Error{
				Problem: fmt.Sprintf("the types %s and %s would both have the variable %s", other, t.Name, name),
				Hint:    "rename one of them",
			}
		}
		seen[name] = t.Name
		names[i] = name
	}
	return names, nil
}

// PortVar is the variable that holds the port of a type's first process.
func PortVar(typ string) string {
	return portPrefix + strings.ReplaceAll(strings.ToUpper(typ), "-", "_")
}

const portPrefix = "GANGER_PORT_"

// Error is a formation that cannot be: what is wrong, and what to do about it.
type Error struct {
	Problem, Hint string
	// Type and Key are the type and the setting of it that are wrong, "" where
	// that is not one.
	Type, Key string
}

// Error returns the problem without the hint.
func (e *Error) Error() string { return e.Problem }
