package soak

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// command is a command to the running app, as a user types it.
type command struct {
	args   []string
	after  *model // the app once it is carried out
	broken bool   // it is to be refused for what the Procfile says
	waits  bool   // it returns when it is so
	begun  time.Time

	cmd  *exec.Cmd
	done chan struct{}
	out  []byte // once done
}

const (
	commandLimit = 20 * time.Second // the machine may be busy
	// refusals outlive ^Z and fg for as long as those take to be heard.
	refusalLimit = 10 * time.Second
)

// choose is a command at random, nil where there is nothing to name.
func (r *run) choose() *command {
	c := &command{after: r.model.clone(), done: make(chan struct{}), waits: true}
	kinds := c.after.types
	typ := kinds[r.rand.IntN(len(kinds))].name
	names := r.names()
	switch n := r.rand.IntN(100); {
	case n < 30:
		r.scale(c, typ)
	case n < 50 && len(names) > 0: // without a name it would stop the app
		c.args = append([]string{"stop"}, names...)
		if r.rand.IntN(4) == 0 {
			c.args = append(c.args, "--kill")
		}
		c.after.stop(names)
	case n < 65:
		names = append(names, typ)
		c.args = append([]string{"start"}, names...)
		c.after.up(names)
	case n < 80:
		r.restart(c, names)
	case n < 95:
		r.reload(c)
	case n < 97 && len(names) > 0:
		c.args = []string{"signal", names[0], "TERM"}
		return c
	default:
		c.args = []string{"ps", "--json"}
		return c
	}
	if r.rand.IntN(3) == 0 {
		c.waits = false
		c.args = append(c.args, "--no-wait")
	}
	return c
}

// scale gives one or two types another number of processes.
func (r *run) scale(c *command, typ string) {
	c.args = []string{"scale"}
	others := slices.DeleteFunc(slices.Clone(c.after.types), func(k kind) bool { return k.name == typ })
	types := []string{typ}
	if len(others) > 0 && r.rand.IntN(2) == 0 {
		types = append(types, others[r.rand.IntN(len(others))].name)
	}
	for _, typ := range types {
		count, text := r.count(c.after.count[typ])
		c.args = append(c.args, typ+"="+text)
		c.after.scale(typ, count)
	}
}

// restart restarts what is named, or all. One that is rolling gives up where one
// fails, and leaves what was stopped behind that: it is not asked for such.
func (r *run) restart(c *command, names []string) {
	c.args = []string{"restart"}
	if r.rand.IntN(3) == 0 {
		c.args = append(c.args, "--rolling")
		names = slices.DeleteFunc(names, func(name string) bool {
			return slices.ContainsFunc(c.after.processes(name), func(p string) bool { return c.after.down[p] })
		})
	}
	c.args = append(c.args, names...)
	c.after.up(names)
}

// reload has another edition of the Procfile read, or one with a mistake, which
// is to change nothing.
func (r *run) reload(c *command) {
	c.args = []string{"reload"}
	types, besides := r.edit(c.after.types), ""
	if c.broken = r.rand.IntN(6) == 0; c.broken {
		c.after, besides = r.model, "no type\n"
	} else {
		c.after.reload(types)
	}
	if err := r.write(types, besides); err != nil {
		r.note("%v", err) // which the answer will show
	}
}

// mostCopies are as many of a type as scale gives at most.
const mostCopies = 6

// count is another number of processes, as scale takes it.
func (r *run) count(now int) (count int, text string) {
	count = r.rand.IntN(mostCopies + 1)
	switch {
	case r.rand.IntN(2) == 0 || count == now:
		return count, fmt.Sprint(count)
	case count > now:
		return count, fmt.Sprintf("+%d", count-now)
	}
	return count, fmt.Sprintf("-%d", now-count)
}

// names are processes, types and patterns, each of which something has.
func (r *run) names() []string {
	var names []string
	all := r.model.names()
	for range min(len(all), 1+r.rand.IntN(2)) {
		name := all[r.rand.IntN(len(all))]
		typ, _, _ := strings.Cut(name, ".")
		names = append(names, []string{name, name, typ, typ + ".*"}[r.rand.IntN(4)])
	}
	return names
}

// ask gives the app a command, one at a time, and does not wait for it.
func (r *run) ask(c *command) {
	c.begun = time.Now()
	c.cmd = r.program(c.args...)
	r.did["command "+c.args[0]]++
	r.note("%q", c.args)
	r.asked = c
	go func() {
		defer close(c.done)
		c.out, _ = c.cmd.CombinedOutput()
	}()
}

// program is a command line of ganger in the app root.
func (r *run) program(args ...string) *exec.Cmd {
	cmd := exec.Command(r.ganger, args...)
	cmd.Dir, cmd.Env = r.dir, r.environ()
	return cmd
}

// environ is that of the app's start and of commands to it. Its sockets go with
// its folder.
func (r *run) environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GANGER_") || strings.HasPrefix(v, "CI=")
	})
	return append(env, "XDG_RUNTIME_DIR="+r.dir, "GOTRACEBACK=all", "GORACE=atexit_sleep_ms=0")
}
