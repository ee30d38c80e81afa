package export

import (
	"fmt"
	"time"

	"ganger/procfile"
)

// nomadGroup is what the template fills a group with. Strings are quoted.
type nomadGroup struct {
	Name  string
	Count int
	// ConfigHash stands for the values: they are not in the job, and Nomad would
	// start all processes again at about one time when they change.
	ConfigHash string
	Service    string   // "" for none
	Check      []string // attributes

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
	if config := n.config(t); len(config) > 0 && !t.Step() {
		g.ConfigHash = hclQuote(configHash(config))
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
		return hclAttributes(append([]Var{{Name: "type", Value: `"http"`}, {Name: "path", Value: hclQuote(asciiPath(probe.Path))}}, common...))
	}
	return nil
}

// wait is a task before the others of a group that ends when a process of
// another type is ready. Nomad tells of a service as soon as it is started, so
// the task asks it.
func (n nomad) wait(other Type) nomadWait {
	file := "local/there"
	if n.Image != "" {
		file = "/local/there" // the image's working folder is not the task's
	}
	there := "[ -s " + file + " ]"
	if check := other.Ready.checkAt(`"$host"`, `"$port"`); check != "" {
		there += " && while read -r host port; do " + check + " && break; done <" + file
	}
	words := shellArgs("until " + there + "; do sleep 1; done")
	w := nomadWait{
		Task:     hclQuote("wait-for-" + other.Name),
		Driver:   hclQuote(n.driver()),
		Template: hclQuote(fmt.Sprintf("{{ range nomadService %q }}{{ .Address }} {{ .Port }}\n{{ end }}", n.services[other.Name])),
	}
	if n.Image == "" {
		w.Config = hclAttributes([]Var{{Name: "command", Value: hclConfig(words[0])}, {Name: "args", Value: list(words[1:], hclConfig)}})
	} else {
		w.Config = hclAttributes([]Var{{Name: "image", Value: hclConfig(n.Image)}, {Name: "args", Value: list(words, hclConfig)}})
	}
	return w
}
