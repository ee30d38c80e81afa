package faults

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// endFaults are the ways in which ganger itself can end.
func endFaults() []fault {
	var all []fault
	for _, end := range []struct {
		name string
		do   func(*bed)
	}{
		{"kill -9 of its process group", func(b *bed) { kill(-b.front(), unix.SIGKILL) }},
		{"kill -9 of the back", func(b *bed) { kill(b.back(), unix.SIGKILL) }},
		{"an abort of the back", func(b *bed) { kill(b.back(), unix.SIGABRT) }},
		{"a crash of the back", func(b *bed) { kill(b.back(), unix.SIGSEGV) }},
		{"a crash of the front", func(b *bed) { kill(b.front(), unix.SIGSEGV) }},
	} {
		for _, t := range trees() {
			all = append(all, fault{
				point: "whatever ends it", name: end.name + " ends " + t.name, alone: t.storm,
				peers: strings.HasSuffix(end.name, "group"),
				run: func(b *bed) {
					b.raise(t)
					end.do(b)
					b.nothingLeft()
				},
			})
		}
	}
	const daemons, session = "child with daemon deaf -- deaf", "child with setsid deaf"
	return append(all,
		fault{point: "whatever ends it", name: "kill -9 of it is followed by a graceful stop", peers: true, run: func(b *bed) {
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			b.signal(unix.SIGKILL)
			b.stopHeard()
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "the back killed: TERM comes before KILL", run: func(b *bed) {
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			kill(b.back(), unix.SIGKILL)
			b.await("got SIGTERM")
			b.nothingLeft()
			b.endsWith(1)
			b.says(`supervisor \(pid \d+\) died`)
		}},
		fault{point: "whatever ends it", name: "kill -9 of it while it stops", peers: true, run: func(b *bed) {
			b.types("web", "child stay")
			b.start()
			b.await("ready stay")
			b.signal(unix.SIGTERM)
			b.stopHeard()
			b.signal(unix.SIGKILL)
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "what belongs to nobody has no time to stop of its own", run: func(b *bed) {
			b.types("web", "child with bare deaf -- deaf")
			b.start("-t", "10")
			b.sup.limit += 9 * time.Second // it is that of a second
			b.awaitAll("ready deaf", "ready deaf")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "the back killed while it stops", run: func(b *bed) {
			b.types("web", "child with daemon deaf -- stay")
			b.start()
			b.await("ready stay")
			b.signal(unix.SIGTERM)
			b.await("got SIGTERM")
			kill(b.back(), unix.SIGKILL)
			b.nothingLeft()
			b.endsWith(1)
		}},
		fault{point: "whatever ends it", name: "kill -9 at any moment of the start", peers: true, run: killedEarly("child serve", "child serve", func(b *bed) {
			b.signal(unix.SIGKILL)
		})},
		fault{point: "whatever ends it", name: "kill -9 at any moment of the start of daemons", run: killedEarly(daemons, session, func(b *bed) {
			b.signal(unix.SIGKILL)
		})},
		fault{point: "whatever ends it", name: "TERM at any moment of the start", run: killedEarly(daemons, session, func(b *bed) {
			b.signal(unix.SIGTERM)
		})},
		fault{point: "whatever ends it", name: "the back killed at any moment of the start", run: killedEarly(daemons, session, func(b *bed) {
			var halves []info
			until(patience, func() bool { halves = children(b.front()); return len(halves) > 0 })
			kill(halves[0].pid, unix.SIGKILL)
		})},
		fault{point: "whatever ends it", name: "a back that is stopped does not hold the stop up", run: func(b *bed) {
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			kill(b.back(), unix.SIGSTOP)
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "the front killed and the back stopped", run: func(b *bed) {
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			back := b.back()
			kill(back, unix.SIGSTOP)
			b.signal(unix.SIGKILL)
			// Nobody else could continue it; what is asked is that it still stops.
			kill(back, unix.SIGCONT)
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "the terminal closed", peers: true, run: func(b *bed) {
			b.types("web", "child serve")
			master := b.startOnTerminal()
			b.await("ready serve")
			master.Close()
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "the terminal closed on daemons that ignore it", run: func(b *bed) {
			b.types("web", "child with plain with daemon deaf -- deaf -- deaf")
			master := b.startOnTerminal()
			b.awaitAll("ready deaf", "ready deaf", "ready deaf")
			master.Close()
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "the connection gone: nobody reads what it writes", peers: true, run: func(b *bed) {
			r, w, err := os.Pipe()
			b.check(err)
			b.types("web", "child chat", "worker", "child deaf")
			cmd := b.command("-t", "1", "-p", "none")
			cmd.Stdout, cmd.Stderr = w, w
			b.check(cmd.Start())
			w.Close()
			null, err := os.Open(os.DevNull)
			b.check(err)
			b.follow(cmd, null)
			b.awaitAll("ready deaf", "ready serve")
			r.Close()
			b.nothingLeft()
			if b.sup.name == "ganger" {
				b.endsWith(141)
			}
		}},
		fault{point: "whatever ends it", name: "^C in a pipeline, whose reader dies of it as well: the stop is graceful", peers: true, run: func(b *bed) {
			r, w, err := os.Pipe()
			b.check(err)
			b.types("web", "child slowexit 500", "worker", "child chat")
			cmd := b.command("-t", "20", "-p", "none")
			cmd.Stdout, cmd.Stderr = w, w
			b.check(cmd.Start())
			w.Close()
			null, err := os.Open(os.DevNull)
			b.check(err)
			b.follow(cmd, null)
			b.awaitAll("ready slowexit", "ready serve")
			r.Close()
			b.signal(unix.SIGINT)
			b.nothingLeft()
			b.onceEach(2)
		}},
		fault{point: "whatever ends it", name: "a full disk below its output", run: func(b *bed) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			b.check(err)
			defer full.Close()
			b.types("web", "child chat")
			cmd := b.command("-t", "1", "-p", "none")
			r, w, err := os.Pipe()
			b.check(err)
			cmd.Stdout, cmd.Stderr = full, w
			b.check(cmd.Start())
			w.Close()
			b.follow(cmd, r)
			b.nothingLeft()
			b.endsWith(1)
			b.says("cannot write the output")
		}},
		fault{point: "whatever ends it", name: "nobody reads, and the pipe is full: TERM still stops", peers: true, run: func(b *bed) {
			r, w, err := os.Pipe()
			b.check(err)
			defer r.Close()
			b.types("web", "child chat", "flood", "yes 0123456789012345678901234567890123456789", "worker", "child serve")
			cmd := b.command("-t", "1", "-p", "none")
			cmd.Stdout, cmd.Stderr = w, w
			b.check(cmd.Start())
			w.Close()
			null, err := os.Open(os.DevNull)
			b.check(err)
			b.follow(cmd, null)
			b.await("ready serve")
			until(time.Second, func() bool { return false }) // the pipe fills meanwhile
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "started without 0, 1 and 2", run: func(b *bed) {
			b.types("web", "child with setsid deaf")
			b.wrap = func(argv []string) []string {
				return append([]string{"/bin/sh", "-c", `exec "$@" 0<&- 1>&- 2>&-`, "sh"}, argv...)
			}
			b.start()
			b.awaitAll("ready deaf", "ready serve")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		fault{point: "whatever ends it", name: "a clean exit leaves neither half", run: func(b *bed) {
			b.types("web", "child exit 0")
			b.start()
			b.endsWith(0)
			if left := marked(b.dir); len(left) > 0 {
				b.fail("left at its end: %s", names(left))
			}
		}},
		fault{point: "whatever ends it", name: "the status of the app is that of ganger", run: func(b *bed) {
			b.types("web", "child exit 7")
			b.start("--restart", "no")
			b.endsWith(7)
		}},
		fault{point: "whatever ends it", name: "the memory of both halves", alone: true, run: func(b *bed) {
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			// Once they have given back what the start alone has needed.
			small := until(b.sup.limit, func() bool { return raced() || pss(b.front()) <= 4000 })
			front, back := pss(b.front()), pss(b.back())
			b.note("PSS of the front %d KiB, of the back %d KiB", front, back)
			if !small {
				b.fail("its PSS is %d KiB", front)
			}
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
	)
}

// killedEarly ends it at ever later moments of its start.
func killedEarly(web, worker string, end func(*bed)) func(*bed) {
	return func(b *bed) {
		b.types("web", web, "worker", worker)
		for n := range 12 {
			b.waited = make(chan struct{})
			b.start()
			<-time.After(time.Duration(n*n) * 300 * time.Microsecond)
			end(b)
			if left := b.left(b.sup.limit); len(left) > 0 {
				b.fail("ended at %d of 12: left behind: %s", n, names(left))
			}
			b.ends()
		}
	}
}

// startOnTerminal starts the supervisor as the leader of a session with a
// terminal, whose other end it gives.
func (b *bed) startOnTerminal(args ...string) *os.File {
	return b.runOnTerminal(b.command(append([]string{"-t", "1", "-p", "none"}, args...)...))
}
