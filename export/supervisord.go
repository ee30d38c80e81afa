package export

import (
	"fmt"
	"path"
	"strings"

	"ganger/procfile"
)

func supervisordFormat() Format {
	return Format{
		Name: "supervisord", Summary: "one file with a program for each process", Streams: true,
		Users: true, comment: comment{open: "; "}, templates: "supervisord",
		make: func(r *renderer) { supervisord{r}.render() },
	}
}

type supervisord struct{ *renderer }

// supervisordProgram is what the template fills a section with.
type supervisordProgram struct {
	Name, Command, Directory, User string
	Priority                       int // the order of starts and stops
	Autostart                      bool
	Autorestart                    string
	StartSecs, StartRetries        int
	StopSignal                     string
	StopWaitSecs                   int
	StopAsGroup                    bool
	LogFile                        string
}

func (s supervisord) render() {
	s.checkVars(portableName, utf8Value)
	var programs []supervisordProgram
	var names []string
	for _, t := range s.Types {
		for _, p := range t.Processes {
			program := s.program(t, p)
			programs, names = append(programs, program), append(names, program.Name)
		}
		s.inputWarning(t)
		s.terminalWarning(t)
		s.gateWarnings(t)
		s.stopCommandWarning(t)
	}
	s.add(s.Name+".conf", "app.conf", 0o644, s.hasConfig(), map[string]any{
		"App": s.Name, "Names": strings.Join(names, ","), "Programs": programs,
	})
	if s.LogDir != "" {
		s.hint("mkdir -p %s", shellWord(s.LogDir))
	}
	if s.RunDir != "" {
		s.hint("mkdir -p %s", shellWord(s.RunDir))
	}
	s.copyHint("cp", "/etc/supervisor/conf.d", s.Name+".conf")
	s.hint("supervisorctl update %s", s.Name)
	if release, ok := s.release(); ok {
		s.hint("supervisorctl start %s:%s   # before each new version of the app", s.Name, dashed(s.Name, release.Processes[0]))
	}
}

func (s supervisord) program(t Type, p Process) supervisordProgram {
	set := t.Settings
	script := s.gate(t) + t.Command.Script
	dir := strings.ReplaceAll(t.Dir, "%", "%%")
	if strings.ContainsAny(t.Dir, ";#") || strings.TrimSpace(t.Dir) != t.Dir {
		dir, script = "", changeDir(t.Dir)+script // directory= cannot hold it
	}
	program := supervisordProgram{
		Name:         dashed(s.Name, p),
		Command:      supervisordCommand(s.vars(t, p), script),
		Directory:    dir,
		User:         s.User,
		Priority:     100 * (1 + s.depth(t)),
		Autostart:    !t.Release(),
		Autorestart:  "unexpected",
		StartSecs:    1,
		StartRetries: 1000000, // the pause grows by a second each time
		StopSignal:   strings.TrimPrefix(procfile.SignalName(set.StopSignal), "SIG"),
		StopWaitSecs: seconds(set.StopTimeout),
		StopAsGroup:  set.StopTo == procfile.StopGroup,
	}
	switch set.Restart.Policy {
	case procfile.Always:
		program.Autorestart = "true"
	case procfile.Never:
		program.Autorestart = "false"
	}
	if set.Restart.Max > 0 {
		program.StartRetries = set.Restart.Max
	}
	if t.Step() {
		program.StartSecs, program.StartRetries = 0, 0
	}
	if s.LogDir != "" {
		program.LogFile = strings.ReplaceAll(path.Join(s.LogDir, p.Name+".log"), "%", "%%")
	}
	return program
}

// dashed is the name of a process where a dot is not wanted: app-web-1.
func dashed(app string, p Process) string {
	return app + "-" + strings.Replace(p.Name, ".", "-", 1)
}

// stopCommandWarning tells that a stop-command is not run.
func (r *renderer) stopCommandWarning(t Type) {
	if t.Settings.StopCommand != "" {
		r.warn("%s: %s runs no command at a stop: stop-command is left out", t.Name, r.format.Name)
	}
}

// changeDir is a script that goes to a folder, or ends.
func changeDir(dir string) string { return fmt.Sprintf("cd %s || exit; ", shellQuote(dir)) }
