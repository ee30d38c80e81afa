package faults

import (
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// jobFaults are ^Z and what follows.
func jobFaults() []fault {
	const point = "job control"
	var all []fault
	const plain, escaped = "child with plain serve", "child with setsid stay"
	for _, shell := range [][]string{{"bash", "--norc", "--noprofile", "-i"}, {"zsh", "-f", "-i"}} {
		all = append(all,
			fault{point: point, name: "^Z and fg in " + shell[0], peers: true, run: func(b *bed) {
				master, one, two := b.job(shell, plain)
				b.suspend(master, one, two)
				b.typed(master, "fg\r")
				b.await("got SIGCONT")
				b.running(one, two)
				b.typed(master, "\x03")
				b.dead(one, two)
				master.Close()
			}},
			fault{point: point, name: "^Z and bg in " + shell[0] + ", then kill of the job", run: func(b *bed) {
				master, one, two := b.job(shell, escaped)
				b.suspend(master, one, two)
				b.typed(master, "bg\r")
				b.await("got SIGCONT")
				b.running(one, two)
				b.typed(master, "kill %1\r")
				b.dead(one, two)
				master.Close()
			}},
			fault{point: point, name: "^Z, then the window of " + shell[0] + " is closed", peers: true, run: func(b *bed) {
				master, one, two := b.job(shell, plain)
				b.suspend(master, one, two)
				master.Close()
				b.nothingLeft()
			}},
		)
	}
	return append(all,
		fault{point: point, name: "^Z, then kill -9 of the front", run: func(b *bed) {
			b.suspendedBySignal()
			b.signal(unix.SIGKILL)
			b.nothingLeft()
		}},
		fault{point: point, name: "^Z, then kill -9 of the back", run: func(b *bed) {
			b.suspendedBySignal()
			kill(b.back(), unix.SIGKILL)
			b.signal(unix.SIGCONT) // the front is stopped like any job
			b.nothingLeft()
		}},
		fault{point: point, name: "^Z, TERM, and the shell's CONT", run: func(b *bed) {
			b.suspendedBySignal()
			b.signal(unix.SIGTERM)
			b.signal(unix.SIGCONT)
			b.nothingLeft()
			b.endsWith(0)
		}},
		fault{point: point, name: "^Z, and HUP before everything is suspended", run: func(b *bed) {
			b.types("web", "child with setsid stay")
			b.start()
			b.awaitAll("ready serve", "ready stay")
			kill(b.back(), unix.SIGSTOP) // it takes its time
			b.stopped(b.back())          // a busy machine lets it run on for a while
			b.signal(unix.SIGTSTP)
			pause(300 * time.Millisecond) // of the second that the front waits
			b.signal(unix.SIGHUP)
			b.nothingLeft()
			b.endsWith(0)
		}},
		fault{point: point, name: "^Z and CONT twenty times", run: func(b *bed) {
			b.types("web", "child with setsid stay")
			b.start()
			first, second := b.await("ready"), b.await("ready")
			for range 20 {
				b.signal(unix.SIGTSTP)
				b.stopped(atoi(first[2]), atoi(second[2]), b.front())
				b.signal(unix.SIGCONT)
				b.running(atoi(first[2]), atoi(second[2]), b.front())
			}
			b.signal(unix.SIGTERM)
			b.nothingLeft()
			b.endsWith(0)
		}},
		fault{point: point, name: "in an orphaned group ^Z says how to continue", run: func(b *bed) {
			b.types("web", "child with setsid serve")
			master := b.startOnTerminal()
			b.awaitAll("ready serve", "ready serve")
			b.typed(master, "\x1a")
			b.says(`no shell is there to continue it: kill -CONT \d+`)
			b.signal(unix.SIGCONT)
			b.await("got SIGCONT")
			b.typed(master, "\x03")
			b.nothingLeft()
		}},
		fault{point: point, name: "in an orphaned group nothing but CONT continues", run: func(b *bed) {
			b.types("web", "child with setsid serve")
			master := b.startOnTerminal()
			one, two := b.pid("ready serve"), b.pid("ready serve")
			b.typed(master, "\x1a")
			b.says(`no shell is there`)
			b.stopped(one, two)
			for _, sig := range []unix.Signal{unix.SIGWINCH, unix.SIGUSR1, unix.SIGPIPE, unix.SIGTTIN} {
				b.signal(sig)
			}
			pause(200 * time.Millisecond)
			b.stopped(one, two)
			b.saysNot("continued")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		fault{point: point, name: "in an orphaned group ^C after ^Z stops", run: func(b *bed) {
			b.types("web", "child with setsid serve")
			master := b.startOnTerminal()
			b.awaitAll("ready serve", "ready serve")
			b.typed(master, "\x1a")
			b.says(`no shell is there`)
			b.typed(master, "\x03")
			b.nothingLeft()
		}},
	)
}

func (b *bed) typed(master *os.File, keys string) {
	_, err := master.WriteString(keys)
	b.check(err)
}

// job starts a shell on a terminal, and the supervisor as its job; web is a tree
// of two.
func (b *bed) job(shell []string, web string) (master *os.File, one, two int) {
	b.needs(shell[0])
	b.types("web", web)
	argv := b.command("-t", "1", "-p", "none")
	cmd := exec.Command(shell[0], shell[1:]...)
	cmd.Dir, cmd.Env = argv.Dir, append(argv.Env, "PS1=$ ", "TERM=xterm")
	master = b.runOnTerminal(cmd)
	b.typed(master, strings.Join(argv.Args, " ")+"\r")
	return master, b.pid("ready"), b.pid("ready")
}

func (b *bed) suspend(master *os.File, pids ...int) {
	// A line editor may still be giving the terminal back.
	pause(50 * time.Millisecond)
	b.typed(master, "\x1a")
	b.stopped(pids...)
	b.says(`(?i)stopped|suspended +\S`)
}

func (b *bed) stopped(pids ...int) {
	for _, pid := range pids {
		if !until(patience, func() bool { i, ok := look(pid); return ok && i.state == 'T' }) {
			b.fail("%d was not stopped", pid)
		}
	}
}

func (b *bed) running(pids ...int) {
	for _, pid := range pids {
		if !until(patience, func() bool { i, ok := look(pid); return ok && i.lives() && i.state != 'T' }) {
			b.fail("%d was not continued", pid)
		}
	}
}

// suspendedBySignal starts a tree and suspends ganger, as a shell's job.
func (b *bed) suspendedBySignal() {
	b.types("web", "child with setsid deaf")
	b.start()
	web := b.await("ready")
	rest := b.await("ready")
	b.signal(unix.SIGTSTP)
	b.stopped(atoi(web[2]), atoi(rest[2]), b.front())
}
