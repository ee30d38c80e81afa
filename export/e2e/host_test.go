//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ports are the webs that have a port of this machine from the given one on,
// as many as answer.
func ports(get func(address string) (report, error), first int) ([]string, error) {
	var all []string
	for port := first; port < first+5; port++ {
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if _, err := get(address); err == nil {
			all = append(all, address)
		}
	}
	return all, nil
}

// onHost is an engine whose processes have the ports of start.
func onHost(l *lab, e engine) engine {
	e.order = true
	e.flags = append(e.flags, "-p", l.port(0))
	e.web = func(l *lab) ([]string, error) {
		return ports(func(a string) (report, error) { return e.ask(l, a) }, l.base)
	}
	e.scale = func(l *lab, n int) {
		e.install(l, l.export(e.format, append(e.allFlags(l), "-m", fmt.Sprintf("web=%d,worker=1", n))...))
	}
	return e
}

func askHere(_ *lab, address string) (report, error) { return ask(address) }

// logFiles are all files below the folder for logs.
func logFiles(l *lab) (string, error) {
	var all strings.Builder
	err := filepath.WalkDir(filepath.Join(l.dir, "log"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	return all.String(), err
}

// copyTo copies the files of an export whose names begin with demo.
func copyTo(l *lab, dir, to string) {
	l.Helper()
	l.run("/bin/sh", "-c", `cp -R "$0"/demo* "$1"/`, dir, to)
}

func supervisord(l *lab) engine {
	return onHost(l, engine{
		format: "supervisord", user: "nobody", logDir: true,
		ask: askHere, logs: logFiles,
		install: func(l *lab, dir string) {
			if err := os.MkdirAll(filepath.Join(l.dir, "log"), 0o755); err != nil {
				l.Fatal(err)
			}
			copyTo(l, dir, l.variable("SUPERVISOR_CONF_D"))
			l.run("supervisorctl", "update", "demo")
		},
		release: func(l *lab) { l.run("supervisorctl", "start", "demo:demo-release-1") },
		stop:    func(l *lab) { l.run("supervisorctl", "stop", "demo:*") },
	})
}

func runit(l *lab) engine {
	return onHost(l, engine{
		// As root: its programs may lie where nobody else can run them.
		format: "runit", user: "root", logDir: true,
		ask: askHere, logs: logFiles,
		install: func(l *lab, dir string) { installServices(l, dir, l.variable("SVDIR")) },
		release: func(l *lab) { l.run("sv", "once", "demo-release-1") },
		stop: func(l *lab) {
			l.run("/bin/sh", "-c", `sv -w 4 force-stop "$SVDIR"/demo-*`)
		},
	})
}

func s6(l *lab) engine {
	scan := l.variable("S6_SCANDIR")
	return onHost(l, engine{
		format: "s6", user: "nobody", logDir: true,
		ask: askHere, logs: logFiles,
		install: func(l *lab, dir string) {
			installServices(l, dir, scan)
			l.run("s6-svscanctl", "-an", scan)
		},
		release: func(l *lab) { l.run("s6-svc", "-o", filepath.Join(scan, "demo-release-1")) },
		stop: func(l *lab) {
			l.run("/bin/sh", "-c", `for s in "$0"/demo-*; do s6-svc -wD -T 20000 -d "$s"; done`, scan)
		},
	})
}

// installServices brings a folder of services up to date: those that are new
// or other than before are put there complete, those that are gone are stopped
// and removed.
func installServices(l *lab, dir, to string) {
	l.Helper()
	if err := os.MkdirAll(filepath.Join(l.dir, "log"), 0o777); err != nil {
		l.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(l.dir, "log"), 0o777); err != nil {
		l.Fatal(err)
	}
	l.run("/bin/sh", "-c", `
		away() {
			if [ -n "${SVDIR-}" ]; then sv -w 10 force-shutdown "$1"; else s6-svc -wD -T 20000 -dx "$1"; fi
			# Who has supervised it still writes into its folder as it ends.
			for try in $(seq 200); do [ -n "${SVDIR-}" ] || ! s6-svok "$1" && break; sleep 0.1; done
			rm -rf "$1"
		}
		for s in "$0"/demo-*; do
			n=${s##*/}
			cmp -s "$s/run" "$1/$n/run" && cmp -s "$s/config" "$1/$n/config" && continue
			[ ! -e "$1/$n" ] || away "$1/$n"
			cp -R "$s" "$1/.$n" && mv "$1/.$n" "$1/$n"
		done
		for s in "$1"/demo-*; do
			[ -e "$0/${s##*/}" ] || away "$s"
		done`, dir, to)
}
