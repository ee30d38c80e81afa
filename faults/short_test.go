package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// limited runs the supervisor in a shell that has done something before.
func (b *bed) limited(before string) {
	b.wrap = func(argv []string) []string {
		return append([]string{"/bin/bash", "-c", before + `; exec "$@"`, "bash"}, argv...)
	}
}

// settles waits until the run has ended by itself, or for a moment if it goes
// on; then it is asked to stop, and nothing may be left.
func (b *bed) settles() {
	select {
	case <-b.waited:
	case <-time.After(1500 * time.Millisecond):
		b.signal(unix.SIGTERM)
	}
	b.nothingLeft()
	b.saysNot(`panic:|index out of range|nil pointer`)
}

func shortFaults() []fault {
	const point = "short of everything"
	all := []fault{
		{point: point, name: "24 descriptors and 60 processes", peers: true, run: func(b *bed) {
			b.limited("ulimit -n 24")
			b.manySleepers(60)
			b.start()
			b.settles()
			if b.sup.name == "ganger" {
				b.says("no descriptors left|too many open files")
			}
		}},
		{point: point, name: "the soft limit of descriptors is raised for us and not for children", run: func(b *bed) {
			b.limited("ulimit -Sn 24")
			b.types("web", "/bin/sh -c 'echo soft $(ulimit -Sn)'", "many", "sleep 100")
			b.start("many=40", "web=1")
			b.says(`soft 24`)
			b.says(`many\.40`)
			b.saysNot("no descriptors")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "no /proc", peers: true, run: func(b *bed) {
			b.needs("unshare")
			b.wrap = func(argv []string) []string {
				return append([]string{"unshare", "--mount", "/bin/sh", "-c", `mount -t tmpfs none /proc || exit 77; exec "$@"`, "sh"}, argv...)
			}
			b.types("web", "child with plain deaf")
			b.start()
			b.settles()
			b.note("it says: %q", strings.TrimSpace(b.output()))
		}},
		{point: point, name: "no /proc, as PID 1", run: func(b *bed) {
			b.needs("unshare")
			b.wrap = func(argv []string) []string {
				return append([]string{"unshare", "--pid", "--mount", "--fork", "--kill-child", "/bin/sh", "-c", `mount -t tmpfs none /proc || exit 77; exec "$@"`, "sh"}, argv...)
			}
			b.types("web", "child with plain deaf")
			b.start()
			b.awaitAll("ready deaf", "ready serve")
			kill(b.pidOne(), unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "no pty left", run: func(b *bed) {
			b.needs("unshare")
			b.wrap = func(argv []string) []string {
				return append([]string{"unshare", "--mount", "/bin/sh", "-c",
					`mount -t devpts -o newinstance,ptmxmode=0666,max=2 devpts /dev/pts && mount --bind /dev/pts/ptmx /dev/ptmx || exit 77; exec "$@"`, "sh"}, argv...)
			}
			b.types("web", "child serve")
			b.start("web=4", "--tty", "always", "--restart", "no")
			b.settles()
			if b.ends() == 77 {
				b.skip("no terminals of our own to be had")
			}
			b.says("cannot be started: no pty to be had")
		}},
		{point: point, name: "a missing temp folder", run: func(b *bed) {
			b.env = []string{"TMPDIR=" + b.dir + "/missing", "XDG_RUNTIME_DIR=" + b.dir + "/missing"}
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
			b.endsWith(0)
		}},
		{point: point, name: "a read-only folder as app root", run: func(b *bed) {
			b.needs("unshare")
			b.types("web", "child with setsid deaf")
			b.wrap = func(argv []string) []string {
				return append([]string{"unshare", "--mount", "/bin/sh", "-c", `mount -t tmpfs -o ro none /run && mount --bind -o ro . . ; cd . ; exec "$@"`, "sh"}, argv...)
			}
			b.start()
			b.awaitAll("ready deaf", "ready serve")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "the program's own file replaced while it runs", run: func(b *bed) {
			program, err := os.ReadFile(b.sup.path)
			b.check(err)
			copied := filepath.Join(b.dir, "ganger")
			b.check(os.WriteFile(copied, program, 0o755))
			b.sup.path = copied
			b.types("web", "child with setsid deaf")
			b.start()
			b.awaitAll("ready deaf", "ready serve")
			b.check(os.Remove(copied))
			b.signal(unix.SIGKILL)
			b.nothingLeft()
		}},
		{point: point, name: "the app root removed while it runs", run: func(b *bed) {
			b.types("web", "child with setsid deaf")
			b.start("--restart", "always", "--restart-delay", "0s")
			b.awaitAll("ready deaf", "ready serve")
			for _, name := range []string{"Procfile", eventsName, childName} {
				b.check(os.Remove(filepath.Join(b.dir, name)))
			}
			kill(b.startedPID(1), unix.SIGKILL)
			b.says("cannot be started")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "nothing to exec", run: func(b *bed) {
			b.types("web", "/no/such/program", "worker", "child serve")
			b.start("--restart", "no", "--exit-when", "failure")
			b.nothingLeft()
			b.endsWith(127)
			b.says("not found")
		}},
		{point: point, name: "a file system that does not answer a start", run: func(b *bed) {
			b.types("web", b.unopened(), "worker", "child serve")
			b.start("-t", "60")
			b.await("ready serve")
			b.says("web.1 is not started yet: the file system does not answer")
			b.signal(unix.SIGTERM)
			b.nothingLeft() // long before the minute
			b.endsWith(0)
		}},
	}
	for n, limit := range []int{1, 4, 7, 9, 11, 13, 16, 20, 26} {
		all = append(all, fault{point: point, name: fmt.Sprintf("%d processes and threads for its user", limit), run: func(b *bed) {
			b.needs("setpriv")
			if os.Getuid() != 0 {
				b.skip("needs root, to be another user")
			}
			path, err := binary()
			b.check(err)
			b.check(os.Chmod(filepath.Dir(path), 0o755))
			uid := 52000 + n
			b.wrap = func(argv []string) []string {
				return append([]string{"/bin/bash", "-c", fmt.Sprintf(`ulimit -u %d; exec setpriv --reuid %d --clear-groups "$@"`, limit, uid), "bash"}, argv...)
			}
			b.manySleepers(12)
			b.start()
			b.settles()
			b.note("it says: %.200q", b.output())
		}})
	}
	// From where nothing starts, by way of one half or both that do not get their
	// threads, to where all is well; the race detector needs more.
	limits := []int{100, 400}
	for mb := 1000; mb <= 2600; mb += 100 {
		limits = append(limits, mb)
	}
	for _, mb := range limits {
		all = append(all, fault{point: point, name: fmt.Sprintf("%d MB of address space", mb), run: func(b *bed) {
			if !*starveFlag {
				b.skip("both halves may fail to get a thread at one moment: -starve")
			}
			b.limited(fmt.Sprintf("ulimit -v %d", mb*1024))
			b.manySleepers(12)
			b.start()
			b.settles()
			b.note("it says: %.200q", b.output())
		}})
	}
	return all
}

// manySleepers is an app of n types, so that any supervisor can run it.
func (b *bed) manySleepers(n int) {
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("sleeper%d", i), "sleep 100")
	}
	b.types(pairs...)
}
