package faults

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// commandFaults are what commands to the running app end, and commands that come
// at the wrong moment.
func commandFaults() []fault {
	const point = "commands"
	var all []fault
	for _, t := range trees() {
		for _, c := range []struct {
			name    string
			command []string
			anew    bool
		}{
			{"a stop", []string{"stop", "web"}, false},
			{"a scale down", []string{"scale", "web=0"}, false},
			{"a restart", []string{"restart", "web"}, true},
		} {
			all = append(all, fault{point: point, name: c.name + " ends " + t.name, alone: t.storm, run: func(b *bed) {
				commanded(b, t, c.anew, func() { b.ask(c.command...) })
			}})
		}
	}
	daemon := trees()[4]
	return append(all,
		fault{point: point, name: "a stop with --kill ends a double-forked daemon", run: func(b *bed) {
			commanded(b, daemon, false, func() { b.ask("stop", "web", "--kill") })
		}},
		fault{point: point, name: "a reload ends what the Procfile no longer has", run: func(b *bed) {
			commanded(b, daemon, false, func() {
				b.types("worker", "child closeout")
				b.ask("reload")
			})
		}},
		fault{point: point, name: "a reload ends what the Procfile has otherwise", run: func(b *bed) {
			commanded(b, daemon, true, func() {
				b.types("web", "child with daemon deaf -- serve", "worker", "child closeout")
				b.ask("reload")
			})
		}},
		fault{point: point, name: "the app stopped by command ends a double-forked daemon", run: func(b *bed) {
			b.raise(daemon)
			b.ask("stop")
			b.nothingLeft()
			b.endsWith(0)
		}},
		fault{point: point, name: "what comes while the app stops is refused", run: func(b *bed) {
			b.types("web", "child deaf")
			b.start("-t", "2")
			b.sup.limit += time.Second
			b.await("ready deaf")
			b.signal(unix.SIGTERM)
			b.says("stopping")
			for _, command := range [][]string{{"scale", "web=3"}, {"restart", "web"}, {"reload"}} {
				b.refuses("the app is being stopped", command...)
			}
			b.nothingLeft()
			b.endsWith(0)
			if b.count("ready deaf") > 1 {
				b.fail("something was started")
			}
		}},
		fault{point: point, name: "a start that comes while it stops begins a new run when it has", run: func(b *bed) {
			b.types("web", "child deaf")
			b.start()
			b.await("ready deaf")
			b.signal(unix.SIGTERM)
			b.says("stopping")
			next := b.client("start", "-t", "1", "-p", "none")
			b.check(next.Start())
			b.endsWith(0)
			b.await("ready deaf")
			kill(next.Process.Pid, unix.SIGTERM)
			b.check(next.Wait())
			b.nothingLeft()
		}},
		fault{point: point, name: "quit --kill kills at once", run: func(b *bed) {
			b.types("web", "child with daemon deaf -- deaf")
			b.start("-t", "60")
			b.awaitAll("ready deaf", "ready deaf")
			b.ask("quit", "--kill")
			b.nothingLeft()
			b.endsWith(0)
		}},
		fault{point: point, name: "while the app is suspended, starts are refused and stops are carried out", run: func(b *bed) {
			b.types("web", "child with daemon deaf", "worker", "child closeout")
			b.start()
			deaf := b.awaitDeaf()
			b.signal(unix.SIGTSTP)
			b.stopped(deaf, b.front())
			for _, command := range [][]string{{"scale", "web=3"}, {"restart", "web"}, {"start", "web"}, {"reload"}} {
				b.refuses("the app is suspended", command...)
			}
			b.ask("stop", "web")
			if alive(deaf) {
				b.fail("the daemon lives")
			}
			b.signal(unix.SIGCONT)
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		fault{point: point, name: "the back killed: what was scaled away and still stops has the time that it was given", run: func(b *bed) {
			b.types("# ganger: stop-timeout=60s\nweb", "child slowexit 8000", "worker", "child closeout")
			cmd := b.command("-p", "none") // -t would be for all types
			null, err := os.Open(os.DevNull)
			b.check(err)
			b.check(cmd.Start())
			b.follow(cmd, null)
			b.awaitAll("ready slowexit", "ready serve")
			b.ask("scale", "web=0", "--no-wait")
			b.await("got SIGTERM")
			b.ask("scale", "worker=2") // another formation without it
			kill(b.back(), unix.SIGKILL)
			b.await("exit")
			b.nothingLeft()
		}},
		fault{point: point, name: "what a type that was scaled away has let go is let go at the end", run: func(b *bed) {
			b.needs("setsid")
			b.types("# ganger: leave=browser\nweb", "setsid "+b.browser()+" 62 & "+b.child("with setsid deaf"), "worker", "child closeout")
			b.start()
			b.awaitAll("ready deaf", "ready serve", "ready serve")
			isBrowser := func(i info) bool { return i.comm == "browser" }
			until(patience, func() bool { return slices.ContainsFunc(marked(b.dir), isBrowser) })
			b.ask("scale", "web=0")
			b.signal(unix.SIGTERM)
			b.endsWith(0)
			left := marked(b.dir)
			if len(left) != 1 || !isBrowser(left[0]) {
				b.fail("left: %s, want the browser alone", names(left))
			}
			kill(left[0].pid, unix.SIGKILL)
		}},
		fault{point: point, name: "kill -9 of it while a command waits", run: func(b *bed) {
			b.types("web", "child with daemon deaf -- stay")
			b.start("-t", "2")
			b.sup.limit += time.Second
			b.awaitAll("ready deaf", "ready stay")
			answer := make(chan error, 1)
			go func() { answer <- b.client("restart", "web").Run() }()
			b.await("got SIGTERM")
			b.signal(unix.SIGKILL)
			b.nothingLeft()
			if <-answer == nil {
				b.fail("the command says that it was carried out")
			}
		}},
	)
}

// commanded ends one type of two by a command, which returns when all of it is
// gone; anew says that the type then runs again.
func commanded(b *bed, t tree, anew bool, command func()) {
	b.types("web", replaceDir(t.part, b.dir), "worker", "child closeout")
	b.start()
	b.awaitAll(append(t.ready, "ready serve")...)
	worker := b.startedWorker()
	old := slices.DeleteFunc(b.tree(), func(i info) bool { return i.session == worker })
	chains := b.beats()
	command()
	b.goneAll(t, old, chains)
	if anew {
		b.stands(t)
	}
	if !alive(worker) {
		b.fail("the other type was stopped, too")
	}
	b.signal(unix.SIGTERM)
	b.nothingLeft()
}

// startedWorker is the pid that worker was said to have.
func (b *bed) startedWorker() int {
	said := b.says(`worker\.1 (?:started )?\(pid \d+`)
	return atoi(said[strings.LastIndexByte(said, ' ')+1:])
}

// awaitDeaf waits for a deaf process and one that serves twice, and gives the
// first's pid.
func (b *bed) awaitDeaf() (pid int) {
	for missing := 3; missing > 0; missing-- {
		if line := b.await("ready"); line[1] == "deaf" {
			pid = atoi(line[2])
		}
	}
	return pid
}

// client is a command to the running app.
func (b *bed) client(args ...string) *exec.Cmd {
	cmd := exec.Command(b.sup.path, args...)
	cmd.Dir, cmd.Env = b.dir, b.environ()
	return cmd
}

// ask gives the running app a command.
func (b *bed) ask(args ...string) {
	if out, err := b.client(args...).CombinedOutput(); err != nil {
		b.fail("%v: %w: %s", args, err, out)
	}
}

// refuses gives the running app a command that it is to refuse for that reason.
func (b *bed) refuses(why string, args ...string) {
	out, err := b.client(args...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "error: "+why) {
		b.fail("%v: %v: %s", args, err, out)
	}
}

// count is how often a report began with these words.
func (b *bed) count(words string) (n int) {
	for _, line := range b.collect() {
		if strings.HasPrefix(line, words+" ") {
			n++
		}
	}
	return n
}
