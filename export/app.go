package export

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ganger/formation"
	"ganger/procfile"
)

// Var is a variable of the environment.
type Var = procfile.EnvVar

// Options are what the command line says of an export.
type Options struct {
	Name     string // of the app; see [AppName] and [ValidName]
	Root     string // the app root, absolute
	Location string // where the files will be, absolute; "" for a stream
	User     string // who runs the processes; "" leaves it to the engine
	LogDir   string // for log files; "" leaves the output to the engine
	RunDir   string // made before each start; "" for none

	Image     string // for the formats that run containers
	Namespace string // of Kubernetes or Nomad; "" is the engine's default

	TemplateUnits bool // systemd: a template a type, not a unit a process
	Harden        bool // systemd: its sandboxing
	InlineEnv     bool // systemd, compose: values in the units, not in files of their own
}

// App is an app as the engines see it.
type App struct {
	Options
	Types []Type // in the order of the Procfile, each with a process at least
	// Config are the variables that all processes share, from the env files.
	Config []Var
}

// Type is a process type.
type Type struct {
	Name      string
	Line      string // as the Procfile has it
	Command   Command
	Dir       string // absolute
	Port      int    // of its first process, 0 for none
	Settings  procfile.Settings
	Processes []Process

	Config []Var // values for this type alone, or other than the app's
	Ports  []Var // GANGER_PORT_<TYPE> of all types: no secrets

	Needs []string // types of the app that have to be ready before it, but for release
	After []string // all that it starts after: what it needs, and the release step
	Ready Ready
}

// Process is one process of a type.
type Process struct {
	Name   string // web.1, the value of PS
	Number int    // from 1
	Port   int    // 0: none
}

// Release reports whether the type is the release step.
func (t Type) Release() bool { return t.Name == formation.ReleaseType }

// Step reports whether the type runs to its end, and others wait for that.
func (t Type) Step() bool { return t.Release() || t.Ready.Kind == ReadyExit }

// NewApp groups the processes of a formation. Their environment is to be that
// of the export: what the env files say, and nothing of the shell around.
func NewApp(procs []formation.Process, o Options) App {
	app := App{Options: o, Config: shared(procs)}
	common := make(map[string]string, len(app.Config))
	for _, v := range app.Config {
		common[v.Name] = v.Value
	}
	after := formation.Needs(procs)
	for _, p := range procs {
		last := len(app.Types) - 1
		if last < 0 || app.Types[last].Name != p.Type {
			app.Types = append(app.Types, newType(p, common, after[p.Type]))
			last++
		}
		t := &app.Types[last]
		t.Processes = append(t.Processes, Process{Name: p.Name, Number: p.Number, Port: p.Port})
	}
	return app
}

func newType(p formation.Process, common map[string]string, after []string) Type {
	t := Type{
		Name:     p.Type,
		Line:     p.Line,
		Command:  commandOf(p.Line),
		Dir:      p.Dir,
		Port:     p.Port,
		Settings: p.Settings,
		After:    after,
		Needs:    slices.DeleteFunc(slices.Clone(after), func(typ string) bool { return typ == formation.ReleaseType }),
		Ready:    parseReady(p.Settings.Ready),
	}
	for _, v := range variables(p) {
		if strings.HasPrefix(v.Name, portPrefix) {
			t.Ports = append(t.Ports, v)
		} else if value, ok := common[v.Name]; !ok || value != v.Value {
			t.Config = append(t.Config, v)
		}
	}
	return t
}

// portPrefix begins the variables that tell each type's port to the others: it
// is formation.PortVar of no type.
const portPrefix = "GANGER_PORT_"

// shared are the variables that all processes have with the same value, sorted.
func shared(procs []formation.Process) []Var {
	if len(procs) == 0 {
		return nil
	}
	all := variables(procs[0])
	typ := procs[0].Type
	for _, p := range procs[1:] {
		if p.Type == typ {
			continue // the processes of a type have one configuration
		}
		typ = p.Type
		all = slices.DeleteFunc(all, func(v Var) bool {
			value, ok := p.Env.Lookup(v.Name)
			return !ok || value != v.Value
		})
	}
	return slices.DeleteFunc(all, func(v Var) bool { return strings.HasPrefix(v.Name, portPrefix) })
}

// variables are those of a process that the engine does not give by itself,
// sorted by name.
func variables(p formation.Process) []Var {
	var all []Var
	for _, entry := range p.Env.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		switch name {
		case "PORT", "PS", "PWD", "GANGER_ROOT":
		default:
			all = append(all, Var{Name: name, Value: value})
		}
	}
	slices.SortFunc(all, func(a, b Var) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// typ returns the type of that name.
func (a App) typ(name string) (Type, bool) {
	for _, t := range a.Types {
		if t.Name == name {
			return t, true
		}
	}
	return Type{}, false
}

// release returns the release step.
func (a App) release() (Type, bool) { return a.typ(formation.ReleaseType) }

// waits are the types that t starts after.
func (a App) waits(t Type) []Type {
	var before []Type
	for _, name := range t.After {
		if n, ok := a.typ(name); ok {
			before = append(before, n)
		}
	}
	return before
}

// relDir is the type's folder seen from the app root, "" for the root itself;
// it is not ok where the folder lies outside.
func (a App) relDir(t Type) (dir string, ok bool) {
	rel, err := filepath.Rel(a.Root, t.Dir)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", false
	}
	if rel == "." {
		return "", true
	}
	return rel, true
}

// seconds rounds up: engines that count in whole seconds are not to kill early.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
