package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ganger/env"
	"ganger/formation"
	"ganger/portalloc"
	"ganger/procfile"
)

// app is everything about an app that its files, the shell and the command line
// say, before anything runs.
type app struct {
	cwd      string
	place    place
	opts     *options
	file     *procfile.File // nil where there is none
	envFiles []*env.File
	outer    env.Vars
	vars     env.Vars // outer and the env files
	replaced []string // names whose outer value the env files replaced
	warnings []string // lines worth saying at the start
	settings map[string]procfile.Settings
	typeEnv  map[string][]*env.File
	socket   string // where processes of the app reach it, "" for nowhere

	autoBase int // the base port that -p auto has found, 0 for none

	earlier rereading
}

// loadApp reads the app. Without needFile a missing Procfile is no error.
func loadApp(opts *options, needFile bool) (*app, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, fileError(fmt.Sprintf("cannot tell the current folder: %v", err), "")
	}
	a := &app{cwd: cwd, opts: opts}
	return a, a.load(needFile)
}

func (a *app) load(needFile bool) error {
	if err := a.locate(); err != nil {
		return err
	}
	// The mistakes of both files are shown in one go.
	perr := a.readProcfile(needFile)
	eerr := a.readEnv()
	if err := errors.Join(perr, eerr); err != nil {
		return err
	}
	if a.file == nil {
		return nil
	}
	if err := a.resolveSettings(); err != nil {
		return err
	}
	if err := a.checkOrder(); err != nil {
		return err
	}
	return a.readTypeEnv()
}

// locate finds the app, and reads nothing of it but the defaults of its flags.
func (a *app) locate() error {
	a.outer = env.FromEnviron(os.Environ())
	if err := a.opts.fromEnvironment(a.outer.Lookup); err != nil {
		return err
	}
	return a.findFiles()
}

func (a *app) findFiles() error {
	named := a.opts.get("procfile")
	if v, ok := a.outer.Lookup("PROCFILE"); ok && v != "" && !named.isSet() {
		if err := named.add(given{v, "PROCFILE", fromShell}); err != nil {
			return err
		}
	}
	var err error
	if a.place.root, a.place.upward, err = findRoot(a.cwd, a.opts.get("root").last(), named.last()); err != nil {
		return err
	}
	warning, err := a.opts.fromDefaultsFile(a.cwd, a.place.root)
	if err != nil {
		return err
	}
	if warning != "" {
		a.warnings = append(a.warnings, warning)
	}
	a.dropForeignSocket()
	if err := a.earlier.check(a); err != nil {
		return err
	}
	chooseProcfile(a.cwd, &a.place, named.last())
	return nil
}

func (a *app) readProcfile(need bool) error {
	path := absolute(a.cwd, a.place.procfile)
	named := a.opts.get("procfile").last()
	text, err := readText(path)
	switch {
	case errors.Is(err, errFolder) && named.text != "":
		return withStatus(fmt.Errorf("cannot read %s: %w", a.place.procfile, err), named.from, named.rank)
	case errors.Is(err, fs.ErrNotExist):
		if named.text != "" {
			return withStatus(fmt.Errorf("no Procfile %s", a.place.procfile), named.from, named.rank)
		}
		if !need {
			return nil
		}
		return noProcfile(a.cwd, a.place.root)
	case err != nil:
		return fileError(fmt.Sprintf("cannot read %s: %v", a.place.procfile, err), "")
	}
	a.file, err = procfile.Parse(a.place.procfile, text, procfile.Options{SkipBadLines: a.opts.yes("skip-bad-lines"), Checks: foreignChecks()})
	for _, m := range a.file.Unread {
		a.warnings = append(a.warnings, m.Error())
	}
	return err
}

var errFolder = errors.New("it is a folder")

// readText reads a file; the error is without its path.
func readText(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if st.IsDir() {
		return nil, errFolder
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, bare(err)
	}
	return text, nil
}

// readEnv reads the env files and lays them over, or under, what surrounds us.
func (a *app) readEnv() error {
	var paths []string
	opt := a.opts.get("env")
	for _, name := range opt.items() {
		path := absolute(a.cwd, name)
		if opt.last().rank == fromDefaults || !exists(path) && exists(absolute(a.place.root, name)) {
			path = absolute(a.place.root, name)
		}
		if !exists(path) {
			return withStatus(fmt.Errorf("no env file %s", name), opt.last().from, opt.last().rank)
		}
		paths = append(paths, shown(a.cwd, path))
	}
	if path := filepath.Join(a.place.root, envName); !opt.isSet() && exists(path) {
		paths = append(paths, shown(a.cwd, path))
	}
	a.stripOwnVars()
	var err error
	if a.envFiles, err = env.Read(paths, a.outer, !a.opts.yes("no-override")); err != nil {
		return err
	}
	a.vars, a.replaced = env.Layer(a.outer, a.envFiles, !a.opts.yes("no-override"))
	return nil
}

// stripOwnVars removes the variables that are ganger's own flags: they are for
// this run, not for one that a process may start within it.
func (a *app) stripOwnVars() {
	vars := a.outer.Clone()
	for _, name := range a.opts.names {
		if _, ok := vars.Lookup(flagVar(name)); ok {
			vars.Unset(flagVar(name))
		}
	}
	a.outer = vars
}

// types are the names in the Procfile.
func (a *app) types() []string {
	if a.file == nil {
		return nil
	}
	return a.file.Names()
}

// resolveSettings computes each type's settings from the weakest place to the
// strongest: the defaults file, the shell, the Procfile, the flags. Within one
// place a value for all is weaker than one for the type.
func (a *app) resolveSettings() error {
	var all []assignment
	for _, name := range a.opts.names {
		switch o := a.opts.get(name); {
		case o.kind == setting || o.kind == typeList:
			all = append(all, o.assignments()...)
		case name == "port":
			// A bare value is the base port; web=6000 is the setting.
			for _, as := range o.assignments() {
				if as.typ != "" {
					all = append(all, as)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(x, y assignment) int {
		if x.rank != y.rank {
			return int(x.rank) - int(y.rank)
		}
		return len(min(x.typ, "t")) - len(min(y.typ, "t"))
	})
	types := a.types()
	a.settings = make(map[string]procfile.Settings, len(types))
	for _, as := range all {
		if as.typ != "" && !slices.Contains(types, as.typ) && !slices.Contains(a.earlier.types, as.typ) {
			return withPlace(formation.UnknownType(as.typ, types), as.from, as.rank)
		}
	}
	for _, t := range a.file.Types {
		s := procfile.DefaultSettings()
		if a.exitWhen() != "all" {
			s.Restart.Policy = procfile.Never
		}
		weak, strong := split(all, t.Name)
		for _, as := range weak {
			if err := as.apply(&s); err != nil {
				return err
			}
		}
		for _, set := range t.Settings {
			if err := s.Set(set.Key, set.Value); err != nil {
				problem, hint := parts(err)
				return fileError(fmt.Sprintf("%s:%d: %s", a.place.procfile, set.Line, problem), hint)
			}
		}
		for _, as := range strong {
			if err := as.apply(&s); err != nil {
				return err
			}
		}
		a.settings[t.Name] = s
	}
	return nil
}

func (as assignment) apply(s *procfile.Settings) error {
	if err := s.Set(as.key, as.value); err != nil {
		problem, hint := parts(err)
		return withPlace(usageError(strings.TrimPrefix(problem, as.key+" "), hint), as.from, as.rank)
	}
	return nil
}

// split gives the assignments that concern a type: those weaker and those
// stronger than the Procfile's.
func split(all []assignment, typ string) (weak, strong []assignment) {
	for _, as := range all {
		switch {
		case as.typ != "" && as.typ != typ:
		case as.rank == fromFlag:
			strong = append(strong, as)
		default:
			weak = append(weak, as)
		}
	}
	return weak, strong
}

// readTypeEnv reads the env files of single types.
func (a *app) readTypeEnv() error {
	a.typeEnv = make(map[string][]*env.File)
	for _, t := range a.file.Types {
		var paths []string
		for _, f := range a.settings[t.Name].EnvFiles {
			path := absolute(a.place.root, f)
			if !exists(path) {
				return fileError(fmt.Sprintf("%s: env-file of %s: no file %s", a.place.procfile, t.Name, shown(a.cwd, path)), "")
			}
			paths = append(paths, shown(a.cwd, path))
		}
		if len(paths) == 0 {
			continue
		}
		files, err := env.Read(paths, a.vars, true)
		if err != nil {
			return err
		}
		a.typeEnv[t.Name] = files
	}
	return nil
}

// exitWhen is --exit-when, whose default is failure under CI.
func (a *app) exitWhen() string {
	if o := a.opts.get("exit-when"); o != nil && o.isSet() {
		return o.text()
	}
	if a.underCI() {
		return "failure"
	}
	return "all"
}

func (a *app) underCI() bool {
	if a.opts.anyRun {
		return false
	}
	ci, ok := a.outer.Lookup("CI")
	return ok && ci != "" && !strings.EqualFold(ci, "false") && ci != "0"
}

// choice is which types run, by -m or by names.
func (a *app) choice(names []string) (formation.Choice, error) {
	types := a.types()
	m := a.opts.get("formation")
	if len(names) > 0 {
		if m.last().rank == fromFlag {
			return formation.Choice{}, usageError(
				fmt.Sprintf("%s and --formation both say what to start", strings.Join(names, " ")),
				"use one of them: names, each with =N where you like, or -m")
		}
		c, err := formation.ParseNames(names, types)
		if err != nil {
			return c, withStatus(err, "", fromFlag)
		}
		return c, nil
	}
	if !m.isSet() {
		return formation.Choice{}, nil
	}
	var texts []string
	for _, g := range m.top() {
		texts = append(texts, g.text)
	}
	c, err := formation.ParseFormation(strings.Join(texts, ","), types)
	if err != nil {
		return c, withStatus(err, m.last().from, m.last().rank)
	}
	return c, nil
}

// plan is what the formation is computed from.
func (a *app) plan(counts map[string]int) (formation.Plan, error) {
	base, err := a.base()
	if err != nil {
		return formation.Plan{}, err
	}
	vars := a.vars.Clone()
	vars.Set("GANGER_ROOT", a.place.root)
	vars.Unset(flagVar("socket"))
	if a.socket != "" {
		vars.Set(flagVar("socket"), a.socket)
	}
	p := formation.Plan{
		Root:     a.place.root,
		Counts:   counts,
		Base:     base,
		Env:      env.FromEnviron(vars.Environ()),
		Settings: a.settings,
		TypeEnv:  a.typeEnv,
	}
	if a.file != nil {
		p.Types = a.file.Types
	}
	switch {
	case base.Auto && a.autoBase > 0:
		p.Base.Port = a.autoBase
	case base.Auto:
		p.Base.Port, err = portalloc.Auto(free, func(base int) ([]portalloc.Claim, error) {
			return formation.Claims(p, base)
		})
		if err != nil {
			return p, fileError(parts(err))
		}
		a.autoBase = p.Base.Port
	}
	return p, nil
}

func free(port int) bool { return !portalloc.Taken(port) }

// base finds the base port: the flag, the shell, the defaults file, PORT.
func (a *app) base() (portalloc.BasePort, error) {
	var from given
	for _, g := range a.opts.get("port").all {
		if !strings.Contains(g.text, "=") && g.rank >= from.rank {
			from = g
		}
	}
	candidates := []portalloc.Candidate{{Value: from.text, From: from.from}}
	inFile := portalloc.Candidate{From: "PORT in an env file"}
	for _, f := range a.envFiles {
		for _, p := range f.Pairs {
			if p.Name == "PORT" {
				inFile = portalloc.Candidate{Value: p.Value, From: fmt.Sprintf("%s:%d: PORT", f.Path, p.Line)}
			}
		}
	}
	around, _ := a.outer.Lookup("PORT")
	outside := portalloc.Candidate{Value: around, From: "PORT in the environment"}
	if a.opts.yes("no-override") {
		inFile, outside = outside, inFile
	}
	b, err := portalloc.Base(append(candidates, inFile, outside)...)
	if err != nil {
		problem, hint := parts(err)
		switch {
		case from.rank == fromFlag:
			return b, usageError(problem, hint)
		case from.rank == unset && strings.HasPrefix(problem, inFile.From):
			problem = inFile.From + ": not a port" // no value of an env file is shown
		}
		return b, fileError(problem, hint)
	}
	return b, nil
}

// yes reports whether a yes-or-no option is set, also where the command has no
// such option.
func (os *options) yes(name string) bool {
	o := os.get(name)
	return o != nil && o.yes()
}
