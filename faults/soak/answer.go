package soak

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// listed is one process in the answer of ps.
type listed struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	Command string `json:"command"`
}

// settle takes note of what has come of the command that was asked.
func (r *run) settle() error {
	c := r.asked
	if c == nil {
		return nil
	}
	select {
	case <-c.done:
	default:
		if since := time.Since(latest(c.begun, r.turned)); !r.suspended && since > commandLimit {
			return fmt.Errorf("%q has not returned for %v", c.args, since.Round(time.Second))
		}
		return nil
	}
	r.asked = nil
	r.note("%q: %v: %s", c.args, c.cmd.ProcessState, strings.ReplaceAll(string(c.out), "\n", "; "))
	err := r.judge(c)
	if err == nil && c.args[0] == "reload" {
		err = r.write(r.model.types, "") // what was refused is not to be found by start
	}
	return err
}

// judge holds a command's answer against what should have come of it.
func (r *run) judge(c *command) error {
	status := c.cmd.ProcessState.ExitCode()
	switch refusal := c.refusal(); {
	case refusal == "suspended" && (r.suspended || time.Since(r.turned) < refusalLimit):
		r.did["refused, being suspended"]++
		return nil
	case c.broken && status == 1 && strings.Contains(string(c.out), "error: Procfile:"):
		r.did["refused, being broken"]++
		return nil
	case refusal != "", c.broken, status != 0 && status != 1, status == 1 && !c.mayFail():
		return fmt.Errorf("%q: %v: %s", c.args, c.cmd.ProcessState, c.out)
	}
	before := r.model
	r.model = c.after
	clear(r.since)
	switch {
	case c.args[0] == "ps":
		return r.compare(c)
	case c.waits && status == 0:
		return r.nothingOf(before, c)
	}
	return nil
}

// refusal says why the app did not take the command, "" if it did.
func (c *command) refusal() string {
	for text, why := range map[string]string{
		"error: the app is suspended":     "suspended",
		"error: the app is being stopped": "stopping",
		"error: no app of":                "gone",
		"error: no app is running":        "gone",
		"error: the app has ended":        "gone",
		"error: lost the app":             "gone",
	} {
		if strings.Contains(string(c.out), text) {
			return why
		}
	}
	return ""
}

// mayFail reports whether the command says no more than that something which it
// started has ended: that may be so.
func (c *command) mayFail() bool {
	for line := range strings.Lines(string(c.out)) {
		if strings.HasPrefix(line, "error: ") && !strings.Contains(line, " failed: ") && !strings.Contains(line, " was left as it is: ") {
			return false
		}
	}
	return c.args[0] != "stop" && c.args[0] != "ps"
}

// nothingOf: when a command has returned, what it ended has ended to the last
// process of its tree.
func (r *run) nothingOf(before *model, c *command) error {
	for _, p := range r.ours(processes()) {
		if p.mark != "" && !r.model.wants(p.mark) && before.wants(p.mark) && p.still() {
			return fmt.Errorf("after %q there is %s (pid %d, %s)", c.args, p.mark, p.pid, p.comm)
		}
	}
	return nil
}

// compare holds what ps says against the model.
func (r *run) compare(c *command) error {
	var all []listed
	if err := json.Unmarshal(c.out, &all); err != nil {
		return fmt.Errorf("%q: %w: %s", c.args, err, c.out)
	}
	found := make(map[string]listed)
	for _, p := range all {
		found[p.Name] = p
		if !slices.Contains(r.model.names(), p.Name) && p.State != "stopping" {
			return fmt.Errorf("ps has %s, which is %s", p.Name, p.State)
		}
	}
	for _, name := range r.model.names() {
		typ, _, _ := strings.Cut(name, ".")
		kind := r.model.types[slices.IndexFunc(r.model.types, func(k kind) bool { return k.name == typ })]
		p, there := found[name]
		switch {
		case !there:
			return fmt.Errorf("ps has no %s", name)
		case p.Command != kind.command:
			return fmt.Errorf("ps says that %s is %q and not %q", name, p.Command, kind.command)
		case r.model.down[name] && p.State != "stopped" && p.State != "stopping", !r.model.down[name] && p.State == "stopped":
			return fmt.Errorf("ps says that %s is %s", name, p.State)
		}
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
