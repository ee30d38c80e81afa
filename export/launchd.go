package export

import (
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ganger/procfile"
)

func launchdFormat() Format {
	return Format{
		Name: "launchd", Summary: "a property list a process, for macOS",
		Users: true, comment: comment{open: "<!-- ", close: " -->"}, templates: "launchd",
		make: func(r *renderer) { launchd{r}.render() },
		gone: func(file string) string {
			return "sudo launchctl bootout system/" + strings.TrimSuffix(file, ".plist")
		},
	}
}

type launchd struct{ *renderer }

// launchdJob is what the template is filled with. Strings are escaped.
type launchdJob struct {
	Label       string
	Arguments   []string
	Environment []Var
	Dir, User   string
	RunAtLoad   bool
	OnFailure   bool // started again after a failure alone
	KeepAlive   bool // started again after every end
	Throttle    int  // seconds between two starts
	ExitTimeOut int  // seconds from TERM to KILL
	Abandon     bool // the rest of the process group lives on
	LogFile     string
}

func (l launchd) render() {
	l.checkVars(portableName, xmlValue)
	for _, t := range l.Types {
		for _, p := range t.Processes {
			name := dashed(l.Name, p)
			l.add(name+".plist", "process.plist", 0o644, len(l.config(t)) > 0, l.job(t, p, name))
		}
		l.warnings(t)
	}
	l.hint("mkdir -p %s", shellWord(l.logDir()))
	l.copyHint("sudo cp", "/Library/LaunchDaemons", l.Name+"-*.plist")
	l.hint("for f in /Library/LaunchDaemons/%s-*.plist; do sudo launchctl bootstrap system $f; done", l.Name)
	if release, ok := l.release(); ok {
		l.hint("sudo launchctl kickstart system/%s   # before each new version of the app", dashed(l.Name, release.Processes[0]))
	}
}

func (l launchd) job(t Type, p Process, name string) launchdJob {
	set := t.Settings
	j := launchdJob{
		Label:       xmlQuote(name),
		Dir:         xmlQuote(t.Dir),
		User:        xmlQuote(l.User),
		RunAtLoad:   !startsByHand(t),
		KeepAlive:   set.Restart.Policy == procfile.Always && !t.Step(),
		OnFailure:   set.Restart.Policy == procfile.OnFailure && !t.Release(),
		Throttle:    max(1, seconds(set.RestartDelay.Min)),
		ExitTimeOut: max(1, seconds(max(set.StopTimeout, time.Second))), // 0 is for ever
		Abandon:     set.StopTo == procfile.StopMain,
		LogFile:     xmlQuote(path.Join(l.logDir(), p.Name+".log")),
	}
	for _, arg := range shellArgs(l.launchdGate(t) + t.Command.Script) {
		j.Arguments = append(j.Arguments, xmlQuote(arg))
	}
	for _, v := range l.vars(t, p) {
		j.Environment = append(j.Environment, Var{Name: xmlQuote(v.Name), Value: xmlQuote(v.Value)})
	}
	return j
}

// launchdGate waits as gate does, with what macOS has for the kernel's table.
func (l launchd) launchdGate(t Type) string {
	gate := ""
	for _, need := range t.Needs {
		n, _ := l.typ(need)
		for _, p := range n.Processes {
			check := n.Ready.check(p.Port)
			if n.Ready.Kind == ReadyPort {
				check = Ready{Kind: ReadyTCP, Host: "localhost", Port: strconv.Itoa(p.Port)}.check(0)
			}
			if check != "" {
				gate += waitFor(check) + "; "
			}
		}
	}
	return gate
}

func (l launchd) warnings(t Type) {
	l.inputWarning(t)
	l.terminalWarning(t)
	l.gateWarnings(t)
	l.stopCommandWarning(t)
	l.stopWarning(t)
	if t.Settings.StopSignal != syscall.SIGTERM {
		l.warn("%s: launchd stops with SIGTERM alone: stop-signal is left out", t.Name)
	}
	l.countWarning(t)
	if l.RunDir != "" {
		l.warn("launchd makes no folders: make %s yourself", l.RunDir)
	}
}
