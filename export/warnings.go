package export

import (
	"strings"

	"ganger/procfile"
)

// inputWarning tells that no engine gives a process input.
func (r *renderer) inputWarning(t Type) {
	if t.Settings.Stdin == procfile.StdinOwn {
		r.warn("%s: %s gives a process no input: stdin=yes is left out", t.Name, r.format.Name)
	}
}

// terminalWarning tells that none outside of a container gives it a terminal.
func (r *renderer) terminalWarning(t Type) {
	if t.Settings.TTY == procfile.TTYAlways {
		r.warn("%s: %s gives a process no terminal: tty=always is left out", t.Name, r.format.Name)
	}
}

// sayLeftOut names settings that an engine has nothing for.
func (r *renderer) sayLeftOut() {
	for _, t := range r.Types {
		if len(t.Settings.RestartWith) > 0 && !r.format.restarts {
			r.warn("%s: %s does not restart a type with another: restart-with is left out", t.Name, r.format.Name)
		}
		if len(t.Settings.Watch) > 0 {
			r.warn("%s: watch is for development: it is left out", t.Name)
		}
	}
}

// stopWarning tells where a stop does not reach what a shell runs.
func (r *renderer) stopWarning(t Type) {
	if t.Settings.StopTo == procfile.StopGroup && !t.Command.Single && !t.Step() {
		r.warn("%s: %s signals the shell that runs this line, not its programs: end it with exec PROGRAM", t.Name, r.format.Name)
	}
}

// countWarning tells that an engine does not count failures.
func (r *renderer) countWarning(t Type) {
	if t.Settings.Restart.Max > 0 {
		r.warn("%s: %s does not count failures: it is started again after each, not restart=%s", t.Name, r.format.Name, t.Settings.Restart)
	}
}

// successWarning tells that an engine starts again what ended well.
func (r *renderer) successWarning(t Type) {
	if !t.Step() && t.Settings.Restart.Policy == procfile.OnFailure {
		r.warn("%s starts a process again after status 0 as well: there restart=on-failure is always", r.format.Name)
	}
}

// orderWarning tells what an engine without an order of starts leaves out.
func (r *renderer) orderWarning(t Type, instead string) {
	if len(t.Needs) > 0 {
		r.warn("%s: %s knows no order of starts, so needs=%s is left out: %s", t.Name, r.format.Name, strings.Join(t.Needs, ","), instead)
	}
}

// readyWarning tells that an engine does not look at readiness.
func (r *renderer) readyWarning(t Type) {
	if t.Ready.Text != "" && t.Ready.Kind != ReadyStarted && t.Ready.Kind != ReadyExit {
		r.warn("%s: %s does not look whether a process is ready: ready=%s is left out", t.Name, r.format.Name, t.Ready.Text)
	}
}

// folderWarnings tells of folders that containers have no use for.
func (r *renderer) folderWarnings() {
	if r.LogDir != "" {
		r.warn("%s keeps the output of its containers itself: -l is left out", r.format.Name)
	}
	if r.RunDir != "" {
		r.warn("%s gives each container a file system of its own: -r is left out", r.format.Name)
	}
}

// shellWord quotes what a shell would not read as it is, for commands that are
// shown.
func shellWord(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r < 0x80 && isAlnum(byte(r)) || strings.ContainsRune("/._-:=@%+,~", r))
	}) < 0 {
		return s
	}
	return shellQuote(s)
}
