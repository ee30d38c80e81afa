package cli

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"ganger/process"

	"golang.org/x/sys/unix"
)

// waitMore has the runtime do with one processor, unless somebody has asked for
// more. A supervisor waits: with two, every event wakes a second thread that looks
// for work which is not there, a third of what a restart costs. The output goes
// through one hand at a time, and is as fast with one.
func waitMore() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}

// listenAlone makes this process a supervisor that has no front.
func (m *program) listenAlone() {
	waitMore()
	m.alone = process.ListenAlone(m.endEarly)
}

// listen takes what the front says to the supervisor, or what is heard without it.
func (b *back) listen() {
	hear := func(e process.LinkEvent) bool {
		if e.Gone {
			b.sup.FrontGone()
		} else {
			b.signal(e.Signal, e.Orphaned)
		}
		return true
	}
	if b.link == nil {
		b.alone.Listen(hear)
		return
	}
	b.promise()
	// Before we listen: should the front die first, endEarly ends us, and nothing
	// is started that neither half may live to end.
	b.link.AwaitFront()
	b.link.Listen(hear)
}

// hasBegun is called when the first starts have been asked for.
func (b *back) hasBegun() {
	time.AfterFunc(firstPatience, b.serve)
	runtime.Gosched() // to the spawner: with one processor it would wait until all are caught
	b.catch()
}

// firstPatience is how long commands wait for the first process: its program may
// be in a folder that does not answer.
const firstPatience = time.Second

// catch takes the signals that come to us to the supervisor.
func (b *back) catch() {
	if b.alone != nil {
		return // they are caught
	}
	sigs := b.keeper.CatchSignals()
	go func() {
		for sig := range sigs {
			// TSTP comes to us alone only where nobody could continue us.
			b.signal(sig.(syscall.Signal), true)
		}
	}()
}

func (b *back) signal(sig syscall.Signal, orphaned bool) {
	if sig == unix.SIGWINCH {
		b.keeper.Resize(b.window())
		return
	}
	b.sup.Signal(sig, orphaned)
}

// suspended tells the front that it may stop as well.
func (b *back) suspended() {
	if b.link != nil {
		b.link.Stopped()
	}
}
