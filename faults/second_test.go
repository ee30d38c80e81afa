package faults

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// secondFaults are stops whose second signal comes before they have come to an
// end.
func secondFaults() []fault {
	const point = "signals"
	return []fault{
		{point: point, name: "a second ^C kills at once", peers: true, alone: true, run: func(b *bed) {
			b.types("web", "child with plain deaf -- deaf")
			b.start("-t", "60")
			b.awaitAll("ready deaf", "ready deaf")
			b.killedBySecond(unix.SIGINT)
		}},
		{point: point, name: "a second ^C kills daemons at once as well", alone: true, run: func(b *bed) {
			b.types("web", "child with daemon deaf -- with plain deaf")
			b.start("-t", "60")
			b.awaitAll("ready deaf", "ready deaf", "ready serve")
			b.killedBySecond(unix.SIGINT)
		}},
		{point: point, name: "a second ^C kills at once what forks and exits on and on", alone: true, run: func(b *bed) {
			b.types("web", "child leaps")
			b.start("-t", "60")
			b.await("ready serve")
			b.killedBySecond(unix.SIGINT)
		}},
		{point: point, name: "a TERM after a ^C kills at once", alone: true, run: func(b *bed) {
			b.types("web", "child with setsid deaf -- deaf")
			b.start("-t", "60")
			b.awaitAll("ready deaf", "ready deaf")
			b.killedBySecond(unix.SIGTERM)
		}},
		{point: point, name: "a second ^C kills a stop-command as well", alone: true, run: func(b *bed) {
			b.types("# ganger: stop-command='"+b.child("with daemon deaf -- deaf")+"'\nweb", "child deaf")
			b.start("-t", "60")
			b.await("ready deaf")
			b.signal(unix.SIGINT)
			b.awaitAll("ready deaf", "ready deaf")
			pause(together)
			b.killed(unix.SIGINT)
		}},
		{point: point, name: "a second ^C kills what a stop-command left running", alone: true, run: func(b *bed) {
			end := b.dir + "/end" // of the stop-command, once what it leaves is deaf
			b.types("# ganger: stop-command='"+b.child("with daemon deaf -- exit 0")+"; until test -e "+end+"; do sleep 0.01; done'\nweb", "child deaf")
			b.start("-t", "60")
			b.await("ready deaf")
			b.signal(unix.SIGINT)
			b.await("ready deaf")
			b.check(os.WriteFile(end, nil, 0o600))
			pause(together)
			b.killed(unix.SIGINT)
		}},
		{point: point, name: "a second ^C kills what nothing says whose it is", alone: true, run: func(b *bed) {
			b.types("web", "child with bare deaf -- serve")
			b.start("-t", "60")
			b.awaitAll("ready deaf", "ready serve")
			pause(1100 * time.Millisecond) // an orphan born as its starter ended would be known
			b.killedBySecond(unix.SIGINT)
		}},
		{point: point, name: "npm's repeated INT kills nothing that nothing says whose it is", run: func(b *bed) {
			b.types("web", "child with bare slowexit 700 -- serve")
			b.start("-t", "5")
			b.awaitAll("ready slowexit", "ready serve")
			pause(1100 * time.Millisecond)
			for range 3 {
				b.signal(unix.SIGINT)
				pause(20 * time.Millisecond)
			}
			b.await("got SIGTERM")
			b.nothingLeft()
			b.says("ended with the run: child")
			b.endsWith(0)
		}},
	}
}

// killedBySecond asks twice for the stop of what ignores it.
func (b *bed) killedBySecond(second unix.Signal) {
	b.signal(unix.SIGINT)
	pause(together)
	b.killed(second)
}

// killed asks for the second time.
func (b *bed) killed(second unix.Signal) {
	at := time.Now()
	b.signal(second)
	b.nothingLeft()
	// Without a second one it would have taken the minute of -t. How long it
	// took is for who reads it: a busy machine may take a second.
	b.note("killed and ended %v after the second %s", time.Since(at).Round(time.Millisecond), unix.SignalName(second))
}
