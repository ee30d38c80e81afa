//go:build e2e

package e2e

import (
	"fmt"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
)

// engine is what the scenario has to know about one.
type engine struct {
	format string
	user   string   // who runs the processes; "" where the engine has no say
	uid    string   // of that user, where it is not one of this system
	flags  []string // for export
	image  string   // of containers
	logDir bool     // it writes log files where it is told
	// install makes an export run; again, after another export.
	install func(l *lab, dir string)
	// web lists where the processes of web answer now.
	web func(l *lab) ([]string, error)
	ask func(l *lab, address string) (report, error)
	// scale sets the number of webs.
	scale func(l *lab, n int)
	stop  func(l *lab)
	// logs is what the processes have written.
	logs func(l *lab) (string, error)
	// release runs the release step, where nothing does by itself.
	release func(l *lab)
	order   bool // it starts in order, with the ports of start
	// rollout is what the engine does beyond the scenario.
	rollout func(l *lab)
	dir     string // where the processes run; the app root if empty
}

const demoProcfile = `# ganger: stop-timeout=30s
web: ./probe web --port $PORT "$GREETING"
# ganger: restart=always
worker: ./probe worker
release: ./probe release
`

const greeting = `100% "it's" $HOME; # \d`

// allFlags are those of each export of the demo.
func (e engine) allFlags(l *lab) []string {
	flags := slices.Clone(e.flags)
	if e.user != "" {
		flags = append(flags, "-u", e.user)
	}
	if e.image != "" {
		flags = append(flags, "--image", e.image)
	}
	if e.logDir {
		flags = append(flags, "-l", filepath.Join(l.dir, "log"))
	}
	return flags
}

// scenario is the life of the demo in an engine.
func (e engine) scenario(l *lab) {
	defer func() {
		if logs, err := e.logs(l); l.Failed() {
			l.Logf("the logs (%v):\n%s", err, logs)
		}
	}()
	l.write("Procfile", demoProcfile)
	l.write(".env", `GREETING="100% \"it's\" \$HOME; # \\d"`+"\n")
	e.install(l, l.export(e.format, append(e.allFlags(l), "-m", "web=2,worker=1")...))

	lives := e.answers(l, 2)
	for _, r := range lives {
		e.check(l, r)
	}
	l.Log("values, arguments, folder are those of start")

	victim := ""
	for address, r := range lives {
		if victim == "" {
			ps, _ := r.value("PS")
			victim = address
			l.kill9(e.mark(r, ps))
		}
	}
	before := lives[victim].Life
	l.eventually("killed with -9, a web is started again", func() error {
		now, err := e.reports(l, 2)
		if err != nil {
			return err
		}
		for _, r := range now {
			if r.Life == before {
				return fmt.Errorf("the old one answers still")
			}
		}
		return nil
	})
	e.scale(l, 3)
	e.answers(l, 3)
	e.scale(l, 2)
	e.answers(l, 2)
	if e.release != nil {
		e.release(l)
	}
	l.eventually("the release step ran", func() error { return e.logged(l, "release ran", 1) })
	e.stop(l)
	l.eventually("all that ran saw SIGTERM", func() error { return e.logged(l, "ended by terminated", 3) })
}

// mark is a variable that one process alone has.
func (e engine) mark(r report, ps string) string {
	for _, name := range []string{"HOSTNAME", "NOMAD_ALLOC_ID"} {
		if value, ok := r.value(name); ok && value != "" && (e.format == "compose" || e.format == "nomad") {
			return name + "=" + value
		}
	}
	return "PS=" + ps
}

// reports asks each web, of which there have to be n, each with a port or an
// address of its own.
func (e engine) reports(l *lab, n int) (map[string]report, error) {
	addresses, err := e.web(l)
	if err != nil {
		return nil, err
	}
	if len(addresses) != n {
		return nil, fmt.Errorf("%d webs, want %d: %s", len(addresses), n, strings.Join(addresses, " "))
	}
	all := make(map[string]report)
	for _, a := range addresses {
		r, err := e.ask(l, a)
		if err != nil {
			return nil, err
		}
		all[a] = r
	}
	if len(all) != n {
		return nil, fmt.Errorf("%d addresses, want %d", len(all), n)
	}
	return all, nil
}

func (e engine) answers(l *lab, n int) (all map[string]report) {
	l.Helper()
	l.eventually(fmt.Sprintf("%d webs answer", n), func() (err error) {
		all, err = e.reports(l, n)
		return err
	})
	return all
}

// check compares what a web was started with.
func (e engine) check(l *lab, r report) {
	l.Helper()
	port, _ := r.value("PORT")
	var args []string
	for _, a := range r.Args {
		args = append(args, string(a))
	}
	if want := []string{"web", "--port", port, greeting}; fmt.Sprint(args) != fmt.Sprint(want) {
		l.Errorf("arguments %q, want %q", args, want)
	}
	if got, _ := r.value("GREETING"); got != greeting {
		l.Errorf("GREETING %q, want %q", got, greeting)
	}
	uid := e.uid
	if e.user != "" {
		u, err := user.Lookup(e.user)
		if err != nil {
			l.Fatal(err)
		}
		uid = u.Uid
	}
	if uid != "" && fmt.Sprint(r.UID) != uid {
		l.Errorf("runs as %d, want %s", r.UID, uid)
	}
	want := l.root
	if e.dir != "" {
		want = e.dir
	}
	if r.Dir != want {
		l.Errorf("runs in %q, want %q", r.Dir, want)
	}
}

// logged waits for nothing: it counts lines of the logs.
func (e engine) logged(l *lab, text string, n int) error {
	logs, err := e.logs(l)
	if err != nil {
		return err
	}
	if got := strings.Count(logs, text); got < n {
		return fmt.Errorf("%q stands %d times in the logs, want %d:\n%s", text, got, n, logs)
	}
	return nil
}
