package export

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ganger/procfile"
)

func systemdFormat() Format {
	return Format{
		Name: "systemd", Summary: "units and targets for the system's own manager",
		Users: true, comment: comment{open: "# "}, restarts: true, templates: "systemd",
		make: func(r *renderer) { systemd{r, "/etc/systemd/system", false}.render() },
		gone: func(file string) string { return systemdGone("systemctl", file) },
	}
}

func systemdUserFormat() Format {
	return Format{
		Name: "systemd-user", Summary: "units and targets for a user's manager",
		comment: comment{open: "# "}, restarts: true, templates: "systemd",
		make: func(r *renderer) { systemd{r, "%E/systemd/user", true}.render() },
		gone: func(file string) string { return systemdGone("systemctl --user", file) },
	}
}

// systemd makes a unit a process, a target a type and a target for the app.
type systemd struct {
	*renderer
	folder string // where units are installed
	user   bool   // for a user's manager
}

// systemdUnit is what the template process.service is filled with.
type systemdUnit struct {
	App, Type, Process string
	After, Requires    string // units
	LimitInterval      int    // seconds
	LimitBurst         int    // 0: no limit
	Step               bool   // it runs to its end, and others wait for that

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

func (s systemd) render() {
	s.checkVars(portableName, utf8Value)
	var targets []string
	for _, t := range s.Types {
		targets = append(targets, fmt.Sprintf("%s-%s.target", s.Name, t.Name))
	}
	wantedBy := "multi-user.target"
	if s.user {
		wantedBy = "default.target"
	}
	s.add(s.Name+".target", "app.target", 0o644, false, map[string]string{
		"App": s.Name, "Targets": strings.Join(targets, " "), "WantedBy": wantedBy,
	})
	if !s.InlineEnv {
		s.envFile(s.Name+".env", s.Config)
	}
	for _, t := range s.Types {
		s.typ(t)
	}
	s.hints()
}

func (s systemd) typ(t Type) {
	s.add(fmt.Sprintf("%s-%s.target", s.Name, t.Name), "type.target", 0o644, false, map[string]string{
		"App": s.Name, "Type": t.Name, "Units": strings.Join(s.units(t), " "),
	})
	if !s.InlineEnv {
		s.envFile(s.Name+"-"+t.Name+".env", t.Config)
	}
	s.typeWarnings(t)
	secret := s.InlineEnv && len(s.Config)+len(t.Config) > 0
	if s.TemplateUnits {
		s.add(fmt.Sprintf("%s-%s@.service", s.Name, t.Name), "process.service", 0o644, secret, s.unit(t, Process{Name: t.Name + ".%i", Port: t.Port}))
		return
	}
	for _, p := range t.Processes {
		s.add(s.Name+"-"+p.Name+".service", "process.service", 0o644, secret, s.unit(t, p))
	}
}

// units are the units of a type's processes. The instance of a template is the
// port, or the number where there is none.
func (s systemd) units(t Type) []string {
	var units []string
	for _, p := range t.Processes {
		switch {
		case !s.TemplateUnits:
			units = append(units, s.Name+"-"+p.Name+".service")
		case p.Port > 0:
			units = append(units, fmt.Sprintf("%s-%s@%d.service", s.Name, t.Name, p.Port))
		default:
			units = append(units, fmt.Sprintf("%s-%s@%d.service", s.Name, t.Name, p.Number))
		}
	}
	return units
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
	var before []string
	for _, w := range s.waits(t) {
		before = append(before, s.units(w)...)
	}
	u.Requires = strings.Join(before, " ")
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
	if check == "" {
		return ""
	}
	if s.TemplateUnits && t.Ready.Kind != ReadyTCP {
		return "" // said by typeWarnings
	}
	return systemdExec(waitFor(check))
}

func (s systemd) typeWarnings(t Type) {
	switch {
	case t.Ready.Kind == ReadyLog:
		s.warn("%s: systemd does not look for ready=%s: it counts as ready when it is started", t.Name, t.Ready.Text)
	case s.TemplateUnits && (t.Ready.Kind == ReadyPort || t.Ready.Kind == ReadyHTTP):
		s.warn("%s: a template unit does not look for ready=%s: it counts as ready when it is started", t.Name, t.Ready.Text)
	}
	if s.TemplateUnits && t.Port > 0 {
		s.warn("%s: PS is %s.PORT in a template unit, not %s", t.Name, t.Name, t.Processes[0].Name)
	}
	if s.RunDir != "" {
		if _, ok := s.runtimeDirectory(); !ok {
			s.warn("systemd makes folders below /run alone: make %s yourself", s.RunDir)
		}
	}
	if s.Harden && !s.user && (below(t.Dir, "/tmp") || below(t.Dir, "/var/tmp")) {
		s.warn("%s: --harden gives it temporary folders of its own, so %s is not there", t.Name, t.Dir)
	}
	s.inputWarning(t)
	s.terminalWarning(t)
}

func below(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }

// runtimeDirectory is RunDir as systemd names it, below /run.
func (s systemd) runtimeDirectory() (string, bool) {
	dir := strings.TrimPrefix(filepath.ToSlash(s.RunDir), "/var")
	return strings.CutPrefix(dir, "/run/")
}

// envFile adds a file of variables.
func (s systemd) envFile(name string, vars []Var) {
	if len(vars) == 0 {
		return
	}
	var b strings.Builder
	for _, v := range vars {
		b.WriteString(systemdEnvLine(v) + "\n")
	}
	s.addText(name, 0o600, true, []byte(b.String()))
}

// installed is the path of a file where the units will be: the location, where
// it is a folder of units, else the one that they are copied to.
func (s systemd) installed(name string) string {
	if strings.HasSuffix(s.Location, "/systemd/system") || strings.HasSuffix(s.Location, "/systemd/user") {
		return path.Join(systemdPath(s.Location), name)
	}
	return path.Join(s.folder, name)
}

func (s systemd) hints() {
	ctl, folder := "systemctl", s.folder
	if s.user {
		ctl, folder = "systemctl --user", "~/.config/systemd/user"
	} else if s.User != "" && s.User != "root" {
		s.hint("id %s || useradd --system %s", s.User, s.User)
	}
	if s.LogDir != "" {
		s.hint("mkdir -p %s", shellWord(s.LogDir))
	}
	if !strings.HasSuffix(s.Location, "/systemd/system") && !strings.HasSuffix(s.Location, "/systemd/user") {
		s.copyHint("cp", folder, s.Name+".*", s.Name+"-*")
	}
	s.hint("%s daemon-reload", ctl)
	s.hint("%s enable %s.target", ctl, s.Name)
	// A target that is up pulls in what is new in it when it is started by name.
	targets := s.Name + ".target"
	for _, t := range s.Types {
		targets += fmt.Sprintf(" %s-%s.target", s.Name, t.Name)
	}
	s.hint("%s start %s", ctl, targets)
}

// systemdGone stops a unit whose file is gone: it runs on otherwise.
func systemdGone(ctl, file string) string {
	if !strings.HasSuffix(file, ".service") {
		return ""
	}
	return ctl + " stop " + strings.Replace(file, "@.", "@*.", 1)
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
