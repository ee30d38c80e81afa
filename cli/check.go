package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ganger/env"
	"ganger/formation"
	"ganger/process"
	"ganger/procfile"

	"github.com/spf13/cobra"
)

const checkHelp = `Read the Procfile and the env files and say what is wrong with them, and what
deserves a look: taken ports, programs that are not there, settings that a
common program is better run with, variables that refer to nothing, what
foreman would read otherwise. Where types need each other, the order of their
start is shown. Nothing is started, and no value of a variable is printed.`

const checkExample = `  ganger check
  ganger check -f Procfile.dev -e .env,.env.test`

func (m *program) checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "check",
		Short:   "check the Procfile and the env files",
		Long:    checkHelp,
		Example: checkExample,
		Args:    noArguments,
	}
	opts := newOptions()
	opts.flags(cmd.Flags(), filesFlags())
	cmd.RunE = func(*cobra.Command, []string) error { return m.check(opts) }
	return cmd
}

func (m *program) check(opts *options) error {
	a, err := loadApp(opts, true)
	if err != nil {
		return err
	}
	r, err := newRun(a, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.stdout, "valid procfile detected (%s)\n", strings.Join(a.types(), ", "))
	for _, line := range stageLines(r.procs) {
		fmt.Fprintln(m.stdout, line)
	}
	for _, line := range r.remarks() {
		fmt.Fprintln(m.stderr, line)
	}
	return nil
}

// remarks is what deserves a look though nothing is wrong.
func (r *run) remarks() []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	a := r.app
	for _, m := range slices.Concat(a.file.Skipped, a.file.Notes) {
		add("%s", m.Error())
	}
	lines = append(lines, a.warnings...)
	for _, f := range a.envFiles {
		lines = append(lines, envRemarks(f)...)
	}
	lines = append(lines, needsLines(r.along, r.elsewhere)...)
	lines = append(lines, r.missingPrograms()...)
	lines = append(lines, r.endlessSteps()...)
	lines = append(lines, r.advice()...)
	lines = append(lines, r.foreignVariables()...)
	lines = append(lines, takenPorts(r.procs)...)
	if slices.Contains(a.types(), formation.ReleaseType) {
		add("release is not started with the others: %s release, or %s --release", a.again("run"), a.again("start"))
	}
	lines = append(lines, a.foreignDefaults()...)
	if a.place.beside != "" {
		add("%s is not used (-f %s chooses it)", a.place.beside, a.place.beside)
	}
	return lines
}

// envRemarks tells what an env file may not mean. The name behind a lone $ may
// be part of a password, so it is not shown.
func envRemarks(f *env.File) []string {
	var lines []string
	for _, u := range f.Unresolved {
		what := "a $ refers to nothing that is set, and stays as it is"
		if u.Operator {
			what = "only $NAME and ${NAME} are expanded; another ${...} stays as it is"
		}
		lines = append(lines, fmt.Sprintf("%s:%d: %s: %s", f.Path, u.Line, u.In, what))
	}
	for _, d := range f.Differs {
		lines = append(lines, fmt.Sprintf("%s:%d: %s: %s", f.Path, d.Line, d.Name, d.Reason))
	}
	return lines
}

// missingPrograms looks each direct command's program up as its start would,
// and a shell command's where it is plain.
func (r *run) missingPrograms() []string {
	var lines []string
	for _, t := range r.app.file.Types {
		p, err := formation.OneOff(r.plan, t.Name)
		if err != nil {
			continue
		}
		where := fmt.Sprintf("%s:%d: %s", r.app.place.procfile, t.Line, t.Name)
		if st, err := os.Stat(p.Dir); err != nil {
			lines = append(lines, fmt.Sprintf("%s: no folder %s", where, shown(r.app.cwd, p.Dir)))
			continue
		} else if !st.IsDir() {
			lines = append(lines, fmt.Sprintf("%s: %s is not a folder", where, shown(r.app.cwd, p.Dir)))
			continue
		}
		program := p.Command.Argv[0]
		if p.Command.Shell {
			program = formation.FirstProgram(t.Command)
		}
		if program == "" {
			continue
		}
		if _, err := process.LookPath(program, p.Dir, p.Env.Environ()); err != nil {
			lines = append(lines, fmt.Sprintf("%s: %v", where, err))
		}
	}
	return lines
}

// endlessSteps finds types that are ready when they have ended, and are started
// again whenever they end.
func (r *run) endlessSteps() []string {
	var lines []string
	for _, t := range r.app.file.Types {
		if s := r.app.settings[t.Name]; s.Ready == procfile.ReadyExit && s.Restart.Policy == procfile.Always {
			lines = append(lines, fmt.Sprintf("%s:%d: %s: ready=exit is for a step that runs to its end, and restart=always starts it again and again",
				r.app.place.procfile, lineOf(t, "restart"), t.Name))
		}
	}
	return lines
}

// advice tells what common programs are better run with.
func (r *run) advice() []string {
	var lines []string
	for _, t := range r.app.file.Types {
		for _, advice := range formation.Advise(t.Command, r.app.settings[t.Name]) {
			lines = append(lines, fmt.Sprintf("%s:%d: %s: %s", r.app.place.procfile, t.Line, t.Name, advice))
		}
	}
	return lines
}

// foreignVariables finds variables of peers in the commands, which nobody sets
// here.
func (r *run) foreignVariables() []string {
	var lines []string
	for _, t := range r.app.file.Types {
		for _, v := range []struct{ theirs, ours string }{
			{"HONCHO_PROCESS_NAME", "PS"},
			{"FOREMAN_WORKER_NAME", "PS"},
			{"PC_PROC_NAME", "PS"},
			{"PC_REPLICA_NUM", "PS"},
			{"OVERMIND_PROCESS_", "GANGER_PORT_<TYPE>"},
		} {
			if strings.Contains(t.Command, v.theirs) {
				lines = append(lines, fmt.Sprintf("%s:%d: %s: %s is not set here; %s is", r.app.place.procfile, t.Line, t.Name, strings.TrimSuffix(v.theirs, "_"), v.ours))
			}
		}
	}
	return lines
}

// foreignDefaults finds defaults files of peers, which are not read.
func (a *app) foreignDefaults() []string {
	var lines []string
	for _, name := range []string{".overmind.env", ".forego", ".goreman"} {
		if path := filepath.Join(a.place.root, name); exists(path) {
			lines = append(lines, fmt.Sprintf("%s is not read here; %s holds the defaults of the flags", shown(a.cwd, path), defaultsName))
		}
	}
	if exists(filepath.Join(a.place.root, defaultsName)) && exists(filepath.Join(a.place.root, foremanName)) {
		lines = append(lines, foremanName+" is not read beside "+defaultsName)
	}
	return lines
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(fmt.Sprintf("%s takes no argument %q", cmd.CommandPath(), args[0]), "")
	}
	return nil
}
