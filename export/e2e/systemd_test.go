//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// manager is one of systemd's, in a system of its own.
type manager struct {
	format, user string
	units        string   // the folder of its units
	owner        string   // of that folder
	as           []string // a command of the manager's user begins so
	option       string   // of systemctl and systemd-analyze
}

func systemd(l *lab) engine {
	return unitEngine(l, manager{format: "systemd", user: "daemon", units: "/etc/systemd/system", owner: "root", option: "--system"})
}

// systemdUser is a user's manager. In that system there is no module of PAM for
// it, so the folder that a login would make known is set.
func systemdUser(l *lab) engine {
	const user, home = "demo", "/home/demo"
	dropIn := filepath.Join(l.variable("SYSTEMD_ROOT"), "etc/systemd/system/user@.service.d/e2e.conf")
	if err := os.MkdirAll(filepath.Dir(dropIn), 0o755); err != nil {
		l.Fatal(err)
	}
	if err := os.WriteFile(dropIn, []byte("[Service]\nPAMName=\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i\n"), 0o644); err != nil {
		l.Fatal(err)
	}
	l.run("insystemd", "useradd", "--create-home", "--home-dir", home, user)
	uid := strings.TrimSpace(l.run("insystemd", "id", "-u", user))
	l.run("insystemd", "systemctl", "daemon-reload")
	l.run("insystemd", "systemctl", "start", "user@"+uid+".service")
	units := home + "/.config/systemd/user"
	as := []string{"runuser", "-u", user, "--", "env", "HOME=" + home, "XDG_RUNTIME_DIR=/run/user/" + uid}
	l.run("insystemd", append(as, "mkdir", "-p", units)...)
	e := unitEngine(l, manager{format: "systemd-user", units: units, owner: user, as: as, option: "--user"})
	e.uid = uid
	return e
}

func unitEngine(l *lab, m manager) engine {
	root := l.variable("SYSTEMD_ROOT")
	in := func(args ...string) string {
		l.Helper()
		return l.run("insystemd", append(m.as[:len(m.as):len(m.as)], args...)...)
	}
	l.run("mkdir", "-p", filepath.Join(root, l.dir))
	e := onHost(l, engine{
		format: m.format, user: m.user, flags: []string{"--harden"},
		ask: func(l *lab, address string) (r report, err error) {
			out, err := l.try("insystemd-net", "curl", "-fsS", "-m", "2", "http://"+address+"/")
			if err != nil {
				return r, err
			}
			return r, json.Unmarshal([]byte(out), &r)
		},
		install: func(l *lab, dir string) {
			l.run("cp", "-R", "--remove-destination", l.root, filepath.Join(root, l.dir)+"/")
			l.run("/bin/sh", "-c", `rm -f "$0"/demo*; cp "$1"/demo* "$0"/`, filepath.Join(root, m.units), dir)
			l.run("insystemd", "chown", "-R", m.owner, m.units)
			// A template is checked by an instance of it.
			if out := in("/bin/sh", "-c", `cd "$0" && systemd-analyze $1 verify $(ls demo*.service demo*.target | sed "s/@\\./@$2./") 2>&1`, m.units, m.option, l.port(0)); out != "" {
				l.Errorf("systemd-analyze verify: %s", out)
			}
			in("systemctl", m.option, "daemon-reload")
			in("/bin/sh", "-c", `cd "$0" && systemctl $1 start demo*.target`, m.units, m.option)
			// Of a formation that got smaller, a unit runs on that no target wants.
			in("/bin/sh", "-c", `for u in $(systemctl $1 list-units --plain --no-legend --state=active 'demo-*.service' | cut -d' ' -f1); do
				grep -qwF -- $u "$0"/demo-*.target || systemctl $1 stop $u; done`, m.units, m.option)
		},
		stop: func(l *lab) { in("systemctl", m.option, "stop", "demo.target") },
		logs: func(l *lab) (string, error) { return l.try("insystemd", "journalctl", "--no-pager", "-o", "cat") },
	})
	e.rollout = func(l *lab) { templateUnits(l, e) }
	return e
}

// templateUnits is the same life in units that are instances of a template.
func templateUnits(l *lab, e engine) {
	l.Helper()
	e.stop(l) // which frees the ports
	e.flags = append(e.flags, "--template-units")
	e.scale = func(l *lab, n int) {
		e.install(l, l.export(e.format, append(e.allFlags(l), "-m", fmt.Sprintf("web=%d,worker=1", n))...))
	}
	e.scenario(l)
	if err := e.logged(l, "web."+l.port(0)+" ended by terminated", 1); err != nil {
		l.Error(err)
	}
	e.inOrder(l)
}
