package export

import (
	"fmt"
	"strings"
	"time"
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
	n.successWarning(t)
	n.inputWarning(t)
	n.terminalWarning(t)
}

// portWarning tells that Nomad gives ports when it places a process.
func (n nomad) portWarning() {
	if names := n.serving(func(t Type) string { return n.services[t.Name] }); names != "" {
		n.warn("Nomad gives ports when it starts a process, so there is no %s<TYPE>: another type is to be looked up in Nomad's services: %s", portPrefix, names)
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
