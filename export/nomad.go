package export

import (
	"fmt"
	"strings"
	"time"

	"ganger/procfile"
)

func nomadFormat() Format {
	return Format{
		Name: "nomad", Summary: "a job with a group a type, a batch job for release, Nomad variables",
		comment: comment{open: "# "}, templates: "nomad",
		make: func(r *renderer) { nomad{r, r.dnsNames(r.Name + "-")}.render() },
	}
}

type nomad struct {
	*renderer
	services map[string]string // their names, by type
}

// nomadGroup is what the template fills a group with. Strings are quoted.
type nomadGroup struct {
	Name    string
	Count   int
	Service string   // "" for none
	Check   []string // attributes

	Attempts              int
	Interval, Delay, Mode string
	Final                 bool // no other node tries again

	Waits                   []nomadWait
	Driver                  string
	KillSignal, KillTimeout string
	User                    string
	Config, Env             []string // attributes
	Variables               []nomadTemplate
}

// nomadTemplate makes variables of the environment of a Nomad variable.
type nomadTemplate struct{ Template, Destination string }

// nomadWait is a task that ends when another type is there.
type nomadWait struct {
	Task, Driver, Template string
	Config                 []string
}

// maxKillTimeout is what a client grants at most, unless its configuration says
// otherwise.
const maxKillTimeout = 30 * time.Second

func (n nomad) render() {
	n.checkVars(nomadName, utf8Value)
	n.folderWarnings()
	n.portWarning()
	var groups []nomadGroup
	n.variable(n.Name, n.Name, n.Config)
	for _, t := range n.Types {
		n.warnings(t)
		if t.Step() {
			n.step(t)
			continue
		}
		n.variable(n.Name+"-"+t.Name, n.Name+"/"+t.Name, t.Config)
		g := n.group(t)
		g.Variables = n.templates(n.Name, n.Config)
		g.Variables = append(g.Variables, n.templates(n.Name+"/"+t.Name, t.Config)...)
		groups = append(groups, g)
	}
	if len(groups) > 0 {
		n.job(n.Name, "service", groups)
	}
	n.hints()
}

// step is a type that runs to its end: a job of its own, and a variable of its
// own, since a job reads by default what is below its name.
func (n nomad) step(t Type) {
	job := n.Name + "-" + t.Name
	n.variable(job, job, n.config(t))
	g := n.group(t)
	g.Variables = n.templates(job, n.config(t))
	n.job(job, "batch", []nomadGroup{g})
}

func (n nomad) job(name, kind string, groups []nomadGroup) {
	attributes := []Var{{Name: "type", Value: hclQuote(kind)}}
	if n.Namespace != "" {
		attributes = append(attributes, Var{Name: "namespace", Value: hclQuote(n.Namespace)})
	}
	n.add(name+".nomad.hcl", "job.nomad.hcl", 0o644, false, map[string]any{
		"Job": hclQuote(name), "Attributes": hclAttributes(attributes), "Groups": groups, "Rolls": kind == "service",
	})
}

func (n nomad) group(t Type) nomadGroup {
	set := t.Settings
	g := nomadGroup{
		Name:        hclQuote(t.Name),
		Count:       len(t.Processes),
		Driver:      hclQuote(n.driver()),
		KillSignal:  hclQuote(procfile.SignalName(set.StopSignal)),
		KillTimeout: hclQuote(max(set.StopTimeout, time.Millisecond).String()),
		Config:      n.driverConfig(t),
	}
	n.restart(&g, t)
	if n.User != "" {
		g.User = hclQuote(n.User)
	}
	env := []Var{{Name: "PS", Value: `"` + t.Name + `.${NOMAD_ALLOC_INDEX}"`}}
	if t.Port > 0 && !t.Step() {
		g.Service = hclQuote(n.services[t.Name])
		g.Check = nomadCheck(t)
		env = append([]Var{{Name: "PORT", Value: `"${NOMAD_PORT_http}"`}}, env...)
	}
	g.Env = hclAttributes(env)
	for _, need := range t.Needs {
		if other, _ := n.typ(need); other.Port > 0 && !other.Step() {
			g.Waits = append(g.Waits, n.wait(other))
		}
	}
	return g
}

func (n nomad) driver() string {
	if n.Image != "" {
		return "docker"
	}
	return "raw_exec"
}

func (n nomad) driverConfig(t Type) []string {
	if n.Image == "" {
		return hclAttributes([]Var{
			{Name: "command", Value: `"/bin/sh"`},
			{Name: "args", Value: hclConfigList([]string{"-c", t.Command.Script})},
			{Name: "work_dir", Value: hclConfig(t.Dir)},
		})
	}
	args, dir := n.container(t)
	attributes := []Var{
		{Name: "image", Value: hclConfig(n.Image)},
		{Name: "args", Value: hclConfigList(args)},
		{Name: "init", Value: "true"},
	}
	if t.Port > 0 && !t.Step() {
		attributes = append(attributes, Var{Name: "ports", Value: `["http"]`})
	}
	if dir != "" {
		attributes = append(attributes, Var{Name: "work_dir", Value: hclConfig(dir)})
	}
	return hclAttributes(attributes)
}

func (n nomad) restart(g *nomadGroup, t Type) {
	set := t.Settings
	g.Delay = hclQuote(max(set.RestartDelay.Min, time.Second).String())
	switch {
	case set.Restart.Policy == procfile.Never:
		g.Attempts, g.Interval, g.Mode, g.Final = 0, `"1m"`, `"fail"`, true
	case set.Restart.Max > 0:
		g.Attempts, g.Interval, g.Mode, g.Final = set.Restart.Max, `"24h"`, `"fail"`, true
	default:
		g.Attempts, g.Interval, g.Mode = 30, `"1m"`, `"delay"`
	}
}

// nomadCheck are the attributes of a check, which tells a rollout how far it
// is.
func nomadCheck(t Type) []string {
	common := []Var{{Name: "interval", Value: `"2s"`}, {Name: "timeout", Value: `"2s"`}}
	switch probe := t.probe(); probe.Kind {
	case ReadyPort:
		return hclAttributes(append([]Var{{Name: "type", Value: `"tcp"`}}, common...))
	case ReadyHTTP:
		return hclAttributes(append([]Var{{Name: "type", Value: `"http"`}, {Name: "path", Value: hclQuote(probe.Path)}}, common...))
	}
	return nil
}

// wait is a task before the others of a group that ends when a service is
// registered.
func (n nomad) wait(other Type) nomadWait {
	script := "until grep -q there local/there; do sleep 1; done"
	w := nomadWait{
		Task:     hclQuote("wait-for-" + other.Name),
		Driver:   hclQuote(n.driver()),
		Template: hclQuote(fmt.Sprintf("{{ range nomadService %q }}there\n{{ end }}", n.services[other.Name])),
	}
	if n.Image == "" {
		w.Config = hclAttributes([]Var{{Name: "command", Value: `"/bin/sh"`}, {Name: "args", Value: hclConfigList([]string{"-c", script})}})
		return w
	}
	// The image's working folder is not the task's.
	script = strings.ReplaceAll(script, "local/", "/local/")
	w.Config = hclAttributes([]Var{{Name: "image", Value: hclConfig(n.Image)}, {Name: "args", Value: hclConfigList(shellArgs(script))}})
	return w
}

// templates read a Nomad variable into the environment.
func (n nomad) templates(path string, vars []Var) []nomadTemplate {
	if len(vars) == 0 {
		return nil
	}
	text := fmt.Sprintf("{{ with nomadVar %q }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}{{ end }}", "nomad/jobs/"+path)
	return []nomadTemplate{{
		Template:    hclQuote(text),
		Destination: hclQuote("secrets/" + strings.ReplaceAll(path, "/", "-") + ".env"),
	}}
}

// variable adds the file of a Nomad variable, for nomad var put.
func (n nomad) variable(file, path string, vars []Var) {
	if len(vars) == 0 {
		return
	}
	items := make([]string, len(vars))
	for i, v := range vars {
		items[i] = "    " + jsonQuote(v.Name) + ": " + jsonQuote(v.Value)
	}
	text := fmt.Sprintf("{\n  \"Path\": %s,\n  \"Items\": {\n%s\n  }\n}\n", jsonQuote("nomad/jobs/"+path), strings.Join(items, ",\n"))
	n.addText(file+".nv.json", 0o600, true, []byte(text))
}

func (n nomad) warnings(t Type) {
	switch t.probe().Kind {
	case ReadyLog, ReadyTCP:
		n.warn("%s: Nomad does not look for ready=%s", t.Name, t.Ready.Text)
	}
	if t.Settings.StopTimeout > maxKillTimeout {
		n.warn("%s: a Nomad client waits for a stop for %s at most, unless its max_kill_timeout says otherwise: stop-timeout is %s",
			t.Name, maxKillTimeout, t.Settings.StopTimeout)
	}
	for _, need := range t.Needs {
		if other, _ := n.typ(need); other.Port == 0 || other.Step() {
			n.warn("%s: Nomad tells when a service is there, and %s is none: it is not waited for", t.Name, need)
		}
	}
	n.stopCommandWarning(t)
	n.inputWarning(t)
	n.terminalWarning(t)
}

// portWarning tells that Nomad gives ports when it places a process.
func (n nomad) portWarning() {
	for _, t := range n.Types {
		if strings.Contains(t.Line, portPrefix) {
			n.warn("%s: Nomad gives ports when it starts a process, so there is no %s<TYPE>: look the other type up in Nomad's services", t.Name, portPrefix)
		}
	}
}

func (n nomad) hints() {
	for _, f := range n.out.Files {
		if f.Secret {
			n.hint("nomad var put -force @LOCATION/%s", f.Path)
		}
	}
	if release, ok := n.release(); ok {
		n.hint("nomad job run LOCATION/%s-%s.nomad.hcl   # and look at its end before the next", n.Name, release.Name)
	}
	n.hint("nomad job run LOCATION/%s.nomad.hcl", n.Name)
}

// hclAttributes are the lines of a block, their signs below each other, as
// nomad fmt has them.
func hclAttributes(attributes []Var) []string {
	width := 0
	for _, a := range attributes {
		width = max(width, len(a.Name))
	}
	lines := make([]string, len(attributes))
	for i, a := range attributes {
		lines[i] = fmt.Sprintf("%-*s = %s", width, a.Name, a.Value)
	}
	return lines
}
