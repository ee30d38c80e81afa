package faults

import (
	"time"

	"golang.org/x/sys/unix"
)

func exitFaults() []fault {
	const point = "exits"
	return []fault{
		{point: point, name: "seen at once although a grandchild holds the output", alone: true, run: func(b *bed) {
			b.types("web", "child with setsid deaf -- exit 3")
			b.start("--restart", "no", "-t", "2")
			b.sup.limit += time.Second
			b.await("exit")
			at := time.Now()
			b.says("web.1 exited with status 3")
			b.note("said %v after the exit", time.Since(at).Round(time.Millisecond))
			if took := time.Since(at); took > time.Second {
				b.fail("it took %v", took)
			}
			b.endsWith(3)
		}},
		{point: point, name: "what closes its output is not taken for dead", peers: true, run: func(b *bed) {
			b.types("web", "child closeout")
			b.start()
			pid := b.pid("ready serve")
			pause(300 * time.Millisecond)
			if !alive(pid) {
				b.fail("it was ended")
			}
			b.done(b.front())
		}},
		{point: point, name: "a stopped process is left alone until the stop, which it hears", peers: true, run: func(b *bed) {
			b.types("web", "child serve", "worker", "child deaf")
			b.start()
			web := b.pid("ready serve")
			kill(web, unix.SIGSTOP)
			b.stopped(web)
			pause(300 * time.Millisecond)
			b.stopped(web)
			b.signal(unix.SIGTERM)
			b.stopHeard()
			b.nothingLeft()
		}},
		{point: point, name: "a tree stopped as a whole ends without KILL", run: func(b *bed) {
			b.types("web", "child with plain serve")
			b.start("-t", "20")
			b.awaitAll("ready serve", "ready serve")
			kill(-b.startedPID(1), unix.SIGSTOP)
			b.signal(unix.SIGTERM)
			b.endsWith(0)
			b.saysNot("killed|SIGKILL")
		}},
		{point: point, name: "a debugger that does not look holds nothing up", run: debugged},
		{point: point, name: "a traced process hears the stop", run: func(b *bed) {
			b.needs("strace")
			b.types("web", "child serve")
			b.start("-t", "20")
			pid := b.pid("ready serve")
			b.trace(pid)
			b.signal(unix.SIGTERM)
			b.await("got SIGTERM")
			b.endsWith(0)
			b.saysNot("killed|SIGKILL")
		}},
	}
}
