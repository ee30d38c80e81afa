package export

import (
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ganger/procfile"
)

// systemdUnit is what the template process.service is filled with.
type systemdUnit struct {
	App, Type, Process string
	After              string // units
	Requires, Wants    string
	LimitInterval      int  // seconds
	LimitBurst         int  // 0: no limit
	Step               bool // it runs to its end, and others wait for that

	User, Dir        string
	RuntimeDirectory string
	Environment      []string // quoted
	EnvironmentFiles []string

	Command, ReadyCommand, StopCommand string // quoted
	Restart, RestartSec                string
	KillMode, KillSignal               string
	TimeoutStopSec                     string
	SuccessExitStatus                  string
	LogFile                            string
	Harden                             []string // whole lines
}

func (s systemd) unit(t Type, p Process) systemdUnit {
	set := t.Settings
	u := systemdUnit{
		App: s.Name, Type: t.Name, Process: p.Name,
		Step:           t.Step(),
		User:           s.User,
		Dir:            systemdPath(t.Dir),
		Environment:    s.environment(t, p),
		Command:        systemdExec(t.Command.Script),
		Restart:        systemdRestart(t),
		RestartSec:     systemdTime(max(set.RestartDelay.Min, time.Second)),
		KillMode:       "control-group",
		KillSignal:     procfile.SignalName(set.StopSignal),
		TimeoutStopSec: systemdTime(set.StopTimeout),
		// What a signal asked to end, and says so with a status.
		SuccessExitStatus: strconv.Itoa(128 + int(set.StopSignal)),
	}
	if s.user {
		u.User = ""
	}
	if set.StopTo == procfile.StopMain {
		u.KillMode = "mixed"
	}
	if set.StopTimeout == 0 { // which would mean no timeout at all
		u.KillSignal, u.TimeoutStopSec = "SIGKILL", "1s"
	}
	if set.Restart.Max > 0 {
		u.LimitBurst = set.Restart.Max + 1
		u.LimitInterval = u.LimitBurst * max(60, seconds(set.RestartDelay.Max))
	}
	var before, wants, requires []string
	for _, w := range s.waits(t) {
		before = append(before, s.units(w)...)
		if t.Step() && !w.Step() { // Requires= would run the step again after a crash of the other
			wants = append(wants, s.units(w)...)
		} else {
			requires = append(requires, s.units(w)...)
		}
	}
	u.Wants, u.Requires = strings.Join(wants, " "), strings.Join(requires, " ")
	if !s.user {
		before = append([]string{"network.target"}, before...)
	}
	u.After = strings.Join(before, " ")
	if !s.InlineEnv {
		if len(s.Config) > 0 {
			u.EnvironmentFiles = append(u.EnvironmentFiles, s.installed(s.Name+".env"))
		}
		if len(t.Config) > 0 {
			u.EnvironmentFiles = append(u.EnvironmentFiles, s.installed(s.Name+"-"+t.Name+".env"))
		}
	}
	if !u.Step {
		u.ReadyCommand = s.ready(t, p)
	}
	if t.Settings.StopCommand != "" {
		u.StopCommand = systemdExec(t.Settings.StopCommand)
	}
	if s.LogDir != "" {
		u.LogFile = systemdPath(path.Join(s.LogDir, p.Name+".log"))
	}
	u.RuntimeDirectory, _ = s.runtimeDirectory()
	if s.Harden {
		u.Harden = systemdHarden(s.user)
	}
	return u
}

// environment are the variables that stand in the unit. In a template %i is
// the port, or the number.
func (s systemd) environment(t Type, p Process) []string {
	var list []string
	port := strconv.Itoa(p.Port)
	if s.TemplateUnits {
		port = "%i"
	}
	if p.Port > 0 {
		list = append(list, `"PORT=`+port+`"`)
	}
	list = append(list, `"PS=`+p.Name+`"`)
	vars := t.Ports
	if s.InlineEnv {
		vars = append(append(vars[:len(vars):len(vars)], s.Config...), t.Config...)
	}
	for _, v := range vars {
		list = append(list, systemdQuote(v.Name+"="+v.Value))
	}
	return list
}

// ready is a command that ends when the process is ready; then what waits for
// the unit starts.
func (s systemd) ready(t Type, p Process) string {
	check := t.Ready.check(p.Port)
	if s.TemplateUnits && p.Port > 0 {
		check = t.Ready.checkOwn()
	}
	if check == "" {
		return ""
	}
	return systemdExec(waitFor(check))
}

// runtimeDirectory is RunDir as systemd names it, below /run.
func (s systemd) runtimeDirectory() (string, bool) {
	dir := strings.TrimPrefix(filepath.ToSlash(s.RunDir), "/var")
	return strings.CutPrefix(dir, "/run/")
}

func systemdRestart(t Type) string {
	switch {
	case t.Settings.Restart.Policy == procfile.Never:
		return "no"
	case t.Settings.Restart.Policy == procfile.Always && !t.Step():
		return "always"
	}
	return "on-failure"
}

// systemdTime is a span of time in whole milliseconds.
func systemdTime(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.Itoa(int(d/time.Second)) + "s"
	}
	return strconv.Itoa(int((d+time.Millisecond-1)/time.Millisecond)) + "ms"
}

// systemdHarden are the settings of --harden. A user's manager can do those
// that need no privilege.
func systemdHarden(user bool) []string {
	lines := []string{
		"NoNewPrivileges=yes", "RestrictSUIDSGID=yes", "RestrictRealtime=yes", "LockPersonality=yes",
	}
	if user {
		return lines
	}
	return append(lines, "PrivateTmp=yes", "PrivateDevices=yes", "ProtectSystem=full", "ProtectHostname=yes",
		"ProtectClock=yes", "ProtectKernelTunables=yes", "ProtectKernelModules=yes", "ProtectKernelLogs=yes",
		"ProtectControlGroups=yes", "RestrictNamespaces=yes")
}
