package soak

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// way is a way to end the run.
type way struct {
	name string
	do   func()
}

func (r *run) ways(back int) []way {
	quit := func(args ...string) func() { return func() { r.ask(&command{args: args, done: make(chan struct{})}) } }
	moment := func() { <-time.After(time.Duration(r.rand.IntN(1000)) * time.Millisecond) }
	return []way{
		{"end by KILL of the front", func() { _ = unix.Kill(r.front(), unix.SIGKILL) }},
		{"end by TERM", func() { _ = unix.Kill(r.front(), unix.SIGTERM) }},
		{"end by INT", func() { _ = unix.Kill(r.front(), unix.SIGINT) }},
		{"end by HUP", func() { _ = unix.Kill(r.front(), unix.SIGHUP) }},
		{"end by QUIT", func() { _ = unix.Kill(r.front(), unix.SIGQUIT) }},
		{"end by a second INT", func() {
			_ = unix.Kill(r.front(), unix.SIGINT)
			<-time.After(350 * time.Millisecond)
			_ = unix.Kill(r.front(), unix.SIGINT)
		}},
		{"end by quit", quit("quit")},
		{"end by quit --kill", quit("quit", "--kill")},
		{"end by stop", quit("stop", "--no-wait")},
		{"end by KILL of its group", func() { _ = unix.Kill(-r.front(), unix.SIGKILL) }},
		{"end by KILL of the back", func() { _ = unix.Kill(back, unix.SIGKILL) }},
		{"end by a crash of the back", func() { _ = unix.Kill(back, unix.SIGSEGV) }},
		{"end by KILL of the back while it stops", func() {
			_ = unix.Kill(r.front(), unix.SIGTERM)
			moment()
			_ = unix.Kill(back, unix.SIGKILL)
		}},
		{"end by KILL of the front while it stops", func() {
			_ = unix.Kill(r.front(), unix.SIGTERM)
			moment()
			_ = unix.Kill(r.front(), unix.SIGKILL)
		}},
	}
}

// end ends the run in one of all ways, after which nothing may be left. Commands
// may be under way, and others come when it stops already.
func (r *run) end() error {
	back := r.back(r.ours(processes()))
	ways := r.ways(back)
	way := ways[0] // if it has hardly begun
	if back != 0 && r.begun() {
		way = ways[r.rand.IntN(len(ways))]
	}
	late := r.under()
	if err := r.noStart(late); err != nil {
		return err
	}
	r.did[way.name]++
	r.note("%s", way.name)
	way.do()
	late = append(late, r.under()...)
	if r.suspended {
		_ = unix.Kill(r.front(), unix.SIGCONT) // as a shell does with a job that it ends
	}
	for range r.rand.IntN(4) {
		if c := r.choose(); c != nil && c.args[0] != "start" { // which starts what has ended
			r.ask(c)
			r.did["commands while it ends"]++
			late = append(late, r.under()...)
		}
	}
	if err := r.nothingLeft(way); err != nil {
		return err
	}
	for _, c := range late {
		if err := r.answered(c); err != nil {
			return err
		}
	}
	return nil
}

// under takes the command that is under way.
func (r *run) under() []*command {
	if r.asked == nil {
		return nil
	}
	c := r.asked
	r.asked = nil
	return []*command{c}
}

// noStart waits for a start that is under way: it would begin a run of its own
// where it finds none. While the app is suspended it would wait for ever.
func (r *run) noStart(under []*command) error {
	for _, c := range under {
		if c.args[0] != "start" {
			continue
		}
		if r.suspended {
			r.turn()
		}
		if err := r.answered(c); err != nil {
			return fmt.Errorf("before the end: %w", err)
		}
	}
	return nil
}

// answered waits for a command that the end of the run may have overtaken. It
// was carried out, or says in a word or two why not.
func (r *run) answered(c *command) error {
	select {
	case <-c.done:
	case <-time.After(commandLimit):
		return fmt.Errorf("%q has not returned though the app has ended", c.args)
	}
	out := string(c.out)
	r.note("%q: %v: %s", c.args, c.cmd.ProcessState, strings.ReplaceAll(out, "\n", "; "))
	refusal := c.refusal()
	if refusal != "" {
		r.did["refused at the end"]++
	}
	switch status := c.cmd.ProcessState.ExitCode(); {
	case status == 0, status == 1 && refusal+c.told() != "":
		return nil
	case status == 2 && c.foundNone():
		return nil // another command of the end came first, which scaled it away or changed the Procfile
	}
	return fmt.Errorf("%q at the end: %v: %s", c.args, c.cmd.ProcessState, out)
}

// foundNone reports whether what the command names was not there.
func (c *command) foundNone() bool {
	told := strings.TrimSpace(c.told())
	return strings.HasPrefix(told, "error: no process or type ") || strings.HasPrefix(told, "error: no type ") ||
		strings.HasSuffix(told, " has no process")
}

// told is a first line of what the command says went wrong.
func (c *command) told() string {
	for line := range strings.Lines(string(c.out)) {
		if strings.HasPrefix(line, "error: ") {
			return line
		}
	}
	return ""
}

// nothingLeft waits until the run is gone.
func (r *run) nothingLeft(way way) error {
	limit := time.NewTimer(endLimit)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		left := r.ours(processes())
		if len(left) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-limit.C:
			var names []string
			for _, p := range left {
				names = append(names, fmt.Sprintf("%d %s %c", p.pid, p.comm, p.state))
			}
			return errors.New(way.name + " left " + strings.Join(names, ", "))
		}
	}
}

// dump makes ganger show where it is.
func (r *run) dump() {
	for _, p := range r.ours(processes()) {
		if r.itself(p) {
			_ = unix.Kill(p.pid, unix.SIGABRT)
			<-time.After(time.Second)
		}
	}
}

// sweep ends what a failure left.
func (r *run) sweep() {
	for _, p := range r.ours(processes()) {
		_ = unix.Kill(p.pid, unix.SIGKILL)
	}
	if r.asked != nil {
		_ = r.asked.cmd.Process.Kill() // its app is gone
		<-r.asked.done
	}
}
