package export

import (
	"fmt"
	"path"
	"slices"
	"strings"
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
		s.addType(t)
	}
	s.hints()
}

// addType adds the target of a type, and the units of its processes.
func (s systemd) addType(t Type) {
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

func (s systemd) typeWarnings(t Type) {
	if t.Ready.Kind == ReadyLog {
		s.warn("%s: systemd does not look for ready=%s: it counts as ready when it is started", t.Name, t.Ready.Text)
	}
	if s.TemplateUnits && t.Port > 0 {
		s.warn("%s: PS is %s.PORT in a template unit, not %s", t.Name, t.Name, t.Processes[0].Name)
	}
	for _, need := range t.Needs {
		if n, _ := s.typ(need); !t.Step() && !n.Step() && !slices.Contains(t.Settings.RestartWith, need) {
			s.warn("%s: systemd starts it again whenever %s is, also after a crash: so it is with what Requires= another", t.Name, need)
		}
	}
	if s.RunDir != "" {
		if _, ok := s.runtimeDirectory(); !ok {
			s.warn("systemd makes folders below /run alone: make %s yourself", s.RunDir)
		}
	}
	if s.Harden && !s.user && (below(t.Dir, "/tmp") || below(t.Dir, "/var/tmp")) {
		s.warn("%s: --harden gives it temporary folders of its own, so %s is not there", t.Name, t.Dir)
	}
	if s.user && s.User != "" {
		s.warn("a user's manager runs all as its user: -u %s is left out", s.User)
	}
	s.inputWarning(t)
	s.terminalWarning(t)
}

func below(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }

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
