//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// plain is an engine that is a program like any other, which the tests start
// themselves where no program engines does it.
type plain struct {
	programs []string // that have to be on PATH
	env      string   // what it sets to the folder of services
	// prepare is called before it is started, with the folder.
	prepare func(l *lab, services string)
	command func(services string) []string
	// ready is a command that succeeds when it answers.
	ready []string
	// shutdown is a script, in the folder of services, that ends what runs, and
	// the engine with the pid $1.
	shutdown string
}

// plainEngine looks an engine up.
func plainEngine(name string) (plain, bool) {
	switch name {
	case "supervisord":
		return plain{
			programs: []string{"supervisord", "supervisorctl"}, env: "SUPERVISOR_CONF_D",
			prepare: supervisordFiles,
			command: func(services string) []string {
				return []string{"supervisord", "-c", services + "/../supervisord.conf"}
			},
			ready:    []string{"supervisorctl", "pid"},
			shutdown: `kill "$1"`, // it waits for its processes
		}, true
	case "runit":
		return plain{
			programs: []string{"runsvdir", "sv", "chpst", "svlogd"}, env: "SVDIR",
			command: func(services string) []string { return []string{"runsvdir", "-P", services} },
			// It ends before what it has started: each of those is waited for.
			shutdown: `kill -HUP "$1"
				for s in demo-*; do
					while sv status "./$s" >/dev/null 2>&1; do sleep 0.1; done
				done`,
		}, true
	case "s6":
		return plain{
			programs: []string{"s6-svscan", "s6-svc", "s6-log", "s6-setuidgid"}, env: "S6_SCANDIR",
			command:  func(services string) []string { return []string{"s6-svscan", services} },
			ready:    []string{"/bin/sh", "-c", `s6-svscanctl -a "$S6_SCANDIR"`},
			shutdown: `s6-svscanctl -t .`, // it waits for its processes
		}, true
	}
	return plain{}, false
}

// supervisordFiles are its configuration, and a supervisorctl that knows it.
func supervisordFiles(l *lab, services string) {
	l.Helper()
	dir := filepath.Dir(services)
	ctl, err := exec.LookPath("supervisorctl")
	if err != nil {
		l.Fatal(err)
	}
	conf := strings.ReplaceAll(`[unix_http_server]
file=DIR/sock
[supervisord]
nodaemon=true
user=root
logfile=DIR/log
pidfile=DIR/pid
childlogdir=DIR
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://DIR/sock
[include]
files=DIR/services/*.conf
`, "DIR", dir)
	wrapper := fmt.Sprintf("#!/bin/sh\nexec %s -c %s/supervisord.conf \"$@\"\n", ctl, dir)
	for name, text := range map[string]string{"supervisord.conf": conf, "bin/supervisorctl": wrapper} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			l.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			l.Fatal(err)
		}
	}
	l.Setenv("PATH", filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
}

// start starts an engine in a folder of its own until the test ends.
func (p plain) start(l *lab) {
	l.Helper()
	for _, name := range p.programs {
		if _, err := exec.LookPath(name); err != nil {
			l.Skip(err)
		}
	}
	services := filepath.Join(l.dir, "engine", "services")
	if err := os.MkdirAll(services, 0o755); err != nil {
		l.Fatal(err)
	}
	if p.prepare != nil {
		p.prepare(l, services)
	}
	l.Setenv(p.env, services)
	l.env = os.Environ()
	argv := p.command(services)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = l.env
	if err := cmd.Start(); err != nil {
		l.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	l.Cleanup(func() {
		if _, err := l.try("/bin/sh", "-c", `cd "$0" || exit; `+p.shutdown, services, strconv.Itoa(cmd.Process.Pid)); err != nil {
			l.Error(err)
		}
		select {
		case <-ended:
		case <-time.After(patience):
			l.Errorf("%s does not end", argv[0])
			_ = cmd.Process.Kill() // the last resort; it may be gone by now
		}
	})
	if p.ready != nil {
		l.eventually(argv[0]+" answers", func() error {
			_, err := l.try(p.ready[0], p.ready[1:]...)
			return err
		})
	}
}
