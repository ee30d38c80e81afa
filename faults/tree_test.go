package faults

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A tree is a way to be below a supervisor.
type tree struct {
	name  string
	part  string   // of web, which reports last
	ready []string // the reports that say it stands
	storm bool     // it takes a processor for itself: its cases are not beside others
}

func trees() []tree {
	return []tree{
		{"children of children", "child with plain with plain serve -- serve -- serve", []string{"ready serve", "ready serve", "ready serve"}, false},
		{"background jobs of a shell", "sleep 100 & sleep 100 & DIR/child serve & wait", []string{"ready serve"}, false},
		{"a group of its own", "child with setpgid serve", []string{"ready serve", "ready serve"}, false},
		{"a session of its own", "child with setsid serve", []string{"ready serve", "ready serve"}, false},
		{"a double-forked daemon", "child with daemon deaf", []string{"ready deaf", "ready serve"}, false},
		{"a daemon without descriptors", "child with daemon closed deaf", []string{"ready deaf", "ready serve"}, false},
		{"a tree that ignores TERM, INT and HUP", "child with plain deaf -- deaf", []string{"ready deaf", "ready deaf"}, false},
		{"a daemon whose main thread has ended", "child with daemon headless", []string{"ready headless", "ready serve"}, false},
		{"a fork storm", "child storm 150", []string{"ready storm"}, true},
		{"a process that forks and exits on and on", "child hops", []string{"ready serve"}, true},
		{"a process that forks and exits at every moment", "child leaps", []string{"ready serve"}, true},
		{"a daemon that cleared its environment", "child with bare deaf", []string{"ready deaf", "ready serve"}, false},
	}
}

// raise starts web as such a tree and waits until it stands.
func (b *bed) raise(t tree, args ...string) {
	b.types("web", replaceDir(t.part, b.dir))
	b.start(args...)
	b.stands(t)
}

func (b *bed) stands(t tree) { b.awaitAll(t.ready...) }

func treeFaults() []fault {
	var all []fault
	for _, t := range trees() {
		all = append(all,
			fault{point: "trees", name: "TERM ends " + t.name, alone: t.storm, peers: true, run: func(b *bed) {
				b.raise(t)
				b.signal(unix.SIGTERM)
				b.nothingLeft()
			}},
			fault{point: "trees", name: "kill -9 of it ends " + t.name, alone: t.storm, peers: true, run: func(b *bed) {
				b.raise(t)
				b.signal(unix.SIGKILL)
				b.nothingLeft()
			}},
			fault{point: "trees", name: "a restart ends " + t.name, alone: t.storm, run: func(b *bed) { restart(b, t) }},
			fault{point: "trees", name: "an exit ends " + t.name, alone: t.storm, run: func(b *bed) { exit(b, t) }},
		)
	}
	return append(all,
		fault{point: "trees", name: "a process outside with the same mark is left alone", run: strangers},
		fault{point: "trees", name: "what the shell had started before exec is left alone", run: inherited},
		fault{point: "trees", name: "leave= lets a named program go", run: letGo},
		fault{point: "trees", name: "leave= does not let go of a type that is such a program", run: func(b *bed) {
			letGoMain(b, func() { b.signal(unix.SIGTERM) })
		}},
		fault{point: "trees", name: "leave= does not let go of a type that is such a program when the back is killed", run: func(b *bed) {
			letGoMain(b, func() { kill(b.back(), unix.SIGKILL) })
		}},
		fault{point: "trees", name: "what left its group is named when it is ended", run: named},
		fault{point: "trees", name: "a daemon ends with its starter although it cleared its environment", run: orphanClaimed},
		fault{point: "trees", name: "what runs as another user is named and left alone", run: outOfReach},
		fault{point: "trees", name: "a stop-command that runs as another user does not hold up the stop", run: commandOutOfReach},
		fault{point: "trees", name: "a ganger within a ganger ends with it", run: nested},
		fault{point: "trees", name: "kill -9 of the outer of two ends both", run: nestedKilled},
	)
}

// tree is everybody but the supervisor.
func (b *bed) tree() []info {
	return slices.DeleteFunc(marked(b.dir), func(i info) bool {
		return strings.HasPrefix(i.comm, "ganger")
	})
}

// restart kills the first process: before its next life stands, all of the
// first one is gone, except for what nothing tells whose it is.
func restart(b *bed, t tree) {
	b.types("web", replaceDir(t.part, b.dir))
	b.start("--restart", "always", "--restart-delay", "0s")
	b.stands(t)
	if t.name == "a fork storm" {
		b.await("stormed")
	}
	pid := b.startedPID(1)
	old, chains := b.tree(), b.beats()
	kill(pid, unix.SIGKILL)
	b.stands(t)
	b.goneAll(t, old, chains)
	b.signal(unix.SIGTERM)
	b.nothingLeft()
}

// goneAll: of an earlier life nothing lives, except for what nothing tells whose
// it is.
func (b *bed) goneAll(t tree, old []info, chains map[string]int64) {
	b.beatNoMore(chains)
	for _, i := range old {
		if alive(i.pid) && t.name != "a daemon that cleared its environment" {
			b.fail("of the life before there is %s, with %s threads, child of %s", names([]info{i}), status(i.pid, "Threads"), status(i.pid, "PPid"))
		}
	}
}

// startedPID is the pid that the nth start of web was said to have.
func (b *bed) startedPID(n int) int {
	said := regexp.MustCompile(`web\.1 (?:started )?\(pid (\d+)\)`)
	var found [][]string
	if !until(patience, func() bool {
		found = said.FindAllStringSubmatch(b.output(), -1)
		return len(found) >= n
	}) {
		b.fail("web was not started %d times", n)
	}
	pid, err := strconv.Atoi(found[n-1][1])
	b.check(err)
	return pid
}

// exit lets the first process end for good: the run ends, and all of it.
func exit(b *bed, t tree) {
	b.types("web", replaceDir(t.part, b.dir))
	b.start("--restart", "no")
	b.stands(t)
	kill(b.startedPID(1), unix.SIGKILL)
	b.nothingLeft()
	b.endsWith(128 + 9)
}

// strangers is a process that nobody below ganger started, with the very mark.
func strangers(b *bed) {
	other := exec.Command("/bin/sleep", "60")
	other.Env = append(os.Environ(), "GANGER_PROCESS=web.1")
	other.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	b.check(other.Start())
	b.gone = append(b.gone, func() { _ = other.Process.Kill(); _ = other.Wait() })
	b.raise(trees()[4])
	b.signal(unix.SIGTERM)
	b.nothingLeft()
	if !alive(other.Process.Pid) {
		b.fail("it killed a process that was not its own")
	}
}

// inherited is a script that starts something of its own and then becomes
// ganger, whose child that is.
func inherited(b *bed) {
	b.wrap = func(argv []string) []string {
		// Without the case's mark, since it is to stay.
		return append([]string{"/bin/sh", "-c", `env -i /bin/sleep 61 & echo "mine $!"; exec "$@"`, "sh"}, argv...)
	}
	b.types("web", "child deaf")
	b.start()
	b.await("ready deaf")
	pid, err := strconv.Atoi(b.says(`mine \d+`)[len("mine "):])
	b.check(err)
	b.gone = append(b.gone, func() { kill(pid, unix.SIGKILL) })
	b.signal(unix.SIGTERM)
	b.endsWith(0)
	if !alive(pid) {
		b.fail("it ended what the script had started")
	}
}

// letGoMain runs a program that is named in leave= as the first process.
func letGoMain(b *bed, end func()) {
	b.types("# ganger: leave=browser\nweb", "exec "+b.browser()+" 62", "worker", "child deaf")
	b.start()
	b.await("ready deaf")
	b.says(`started.*web\.1`)
	end()
	b.nothingLeft()
}

// browser is a program of that name that sleeps.
func (b *bed) browser() string {
	path, err := exec.LookPath("sleep")
	b.check(err)
	program, err := os.ReadFile(path)
	b.check(err)
	copied := b.dir + "/browser"
	b.check(os.WriteFile(copied, program, 0o755))
	return copied
}

// letGo names a program that outlives the stop.
func letGo(b *bed) {
	sleeper := b.browser()
	b.types("# ganger: leave=browser\nweb", "setsid "+sleeper+" 62 & "+b.child("with setsid deaf"))
	b.needs("setsid")
	b.start()
	b.awaitAll("ready deaf", "ready serve")
	isBrowser := func(i info) bool { return i.comm == "browser" }
	until(patience, func() bool { return slices.ContainsFunc(marked(b.dir), isBrowser) })
	b.signal(unix.SIGTERM)
	b.endsWith(0)
	left := marked(b.dir)
	if len(left) != 1 || !isBrowser(left[0]) {
		b.fail("left: %s, want the browser alone", names(left))
	}
	kill(left[0].pid, unix.SIGKILL)
}

func named(b *bed) {
	b.types("web", "child with daemon deaf")
	b.start("--restart", "no")
	pid := b.pid("ready deaf")
	kill(b.startedPID(1), unix.SIGKILL)
	b.says(fmt.Sprintf(`ending what it left running: .*child \(pid %d\)`, pid)) // who forked it may be there yet
	b.nothingLeft()
	b.says(fmt.Sprintf(`killed.*child \(pid %d\)`, pid))
}

func nested(b *bed) {
	nest(b)
	b.signal(unix.SIGTERM)
	b.nothingLeft()
}

func nestedKilled(b *bed) {
	nest(b)
	b.signal(unix.SIGKILL)
	b.nothingLeft()
}

// nest starts a ganger that runs a ganger that runs a daemon.
func nest(b *bed) {
	b.check(os.Mkdir(b.dir+"/inner", 0o755))
	b.check(os.WriteFile(b.dir+"/inner/Procfile", []byte("api: "+b.child("with daemon deaf")+"\n"), 0o644))
	b.types("web", b.sup.path+" start -t 1 -d inner")
	b.start("-t", "3")
	b.sup.limit += 3 * time.Second
	b.awaitAll("ready deaf", "ready serve")
}

func replaceDir(part, dir string) string { return strings.ReplaceAll(part, "DIR", dir) }
