package faults

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// together is longer than the time in which two stop signals count as one.
const together = 400 * time.Millisecond

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

func pause(d time.Duration) { <-time.After(d) }

// stops counts the stop signals that each process reported.
func (b *bed) stops() map[string]int {
	count := make(map[string]int)
	for _, line := range b.collect() {
		f := strings.Fields(line)
		if f[0] == "got" && (f[1] == "SIGTERM" || f[1] == "SIGINT") {
			count[f[2]]++
		}
	}
	return count
}

func (b *bed) onceEach(processes int) {
	got := b.stops()
	for pid, n := range got {
		if n != 1 {
			b.fail("%s got %d stop signals", pid, n)
		}
	}
	if len(got) != processes {
		b.fail("%d processes got a stop signal, want %d", len(got), processes)
	}
}

func signalFaults() []fault {
	const point = "signals"
	const slow = "child with plain slowexit 700 -- slowexit 700" // two processes of one group
	return []fault{
		{point: point, name: "one ^C on a terminal is one stop signal for each process", peers: true, run: func(b *bed) {
			b.types("web", slow, "worker", slow)
			master := b.startOnTerminal()
			b.awaitAll("ready slowexit", "ready slowexit", "ready slowexit", "ready slowexit")
			_, err := master.WriteString("\x03")
			b.check(err)
			b.nothingLeft()
			b.onceEach(4)
		}},
		{point: point, name: "npm's repeated INT is one stop", peers: true, run: func(b *bed) {
			b.types("web", "child slowexit 700")
			b.start()
			b.await("ready slowexit")
			for range 3 {
				b.signal(unix.SIGINT)
				pause(20 * time.Millisecond)
			}
			b.nothingLeft()
			b.onceEach(1)
		}},
		{point: point, name: "INT and TERM of one moment to its whole group are one stop", peers: true, run: func(b *bed) {
			b.types("web", slow)
			b.start()
			b.awaitAll("ready slowexit", "ready slowexit")
			kill(-b.front(), unix.SIGINT)
			kill(-b.front(), unix.SIGTERM)
			b.nothingLeft()
			b.onceEach(2)
		}},
		{point: point, name: "HUP is never the second", run: func(b *bed) {
			b.types("web", "child slowexit 1200")
			b.start("-t", "20")
			b.await("ready slowexit")
			b.signal(unix.SIGTERM)
			pause(together)
			b.signal(unix.SIGHUP)
			b.endsWith(0)
			b.saysNot("SIGKILL|killed")
		}},
		{point: point, name: "QUIT kills at once, without a dump", run: func(b *bed) {
			b.types("web", "child with daemon deaf -- deaf")
			b.start("-t", "60")
			b.awaitAll("ready deaf", "ready deaf")
			b.signal(unix.SIGQUIT)
			b.nothingLeft()
			b.saysNot("goroutine|SIGQUIT: quit")
		}},
		{point: point, name: "HUP stops", peers: true, run: func(b *bed) {
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			b.signal(unix.SIGHUP)
			b.nothingLeft()
		}},
		{point: point, name: "under nohup it outlives HUP", run: func(b *bed) {
			b.needs("nohup")
			b.wrap = func(argv []string) []string { return append([]string{"nohup"}, argv...) }
			b.types("web", "child stay")
			b.start()
			b.await("ready stay")
			b.signal(unix.SIGHUP)
			kill(b.back(), unix.SIGHUP)
			b.signal(unix.SIGUSR1)
			b.await("got SIGUSR1")
			b.saysNot("stopping")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "USR1 and USR2 are passed on", run: func(b *bed) {
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			b.signal(unix.SIGUSR1)
			b.await("got SIGUSR1")
			b.signal(unix.SIGUSR2)
			b.await("got SIGUSR2")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "a storm of signals does not hold a stop up", run: func(b *bed) {
			b.types("web", "child serve", "worker", "child deaf")
			b.start()
			b.awaitAll("ready serve", "ready deaf")
			b.caught()
			back := b.back()
			for range 2000 {
				b.signal(unix.SIGUSR1)
				b.signal(unix.SIGWINCH)
				kill(back, unix.SIGUSR2)
			}
			b.signal(unix.SIGTERM)
			b.nothingLeft()
			b.endsWith(0)
		}},
		{point: point, name: "a resized window resizes the ptys", run: func(b *bed) {
			b.types("web", "child serve")
			master := b.startOnTerminal()
			b.await("ready serve")
			b.check(pty.Setsize(master, &pty.Winsize{Rows: 20, Cols: 60}))
			b.await("got SIGWINCH")
			_, err := master.WriteString("\x03")
			b.check(err)
			b.nothingLeft()
		}},
		{point: point, name: "PIPE, TTOU and TTIN do no harm", run: func(b *bed) {
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			b.caught()
			for _, half := range []int{b.front(), b.back()} {
				for _, sig := range []unix.Signal{unix.SIGPIPE, unix.SIGTTOU, unix.SIGTTIN, unix.SIGALRM} {
					if half == b.front() && sig == unix.SIGALRM {
						continue
					}
					kill(half, sig)
				}
			}
			b.signal(unix.SIGUSR1)
			b.await("got SIGUSR1")
			b.signal(unix.SIGTERM)
			b.nothingLeft()
			b.endsWith(0)
		}},
		{point: point, name: "TERM to the back alone stops as well", run: func(b *bed) {
			b.types("web", "child with setsid serve")
			b.start()
			b.awaitAll("ready serve", "ready serve")
			b.caught()
			kill(b.back(), unix.SIGTERM)
			b.nothingLeft()
			b.endsWith(0)
		}},
		{point: point, name: "with INT ignored, as in a script's background, TERM stops", peers: true, run: func(b *bed) {
			b.wrap = func(argv []string) []string {
				return append([]string{"/bin/sh", "-c", `trap "" INT QUIT; exec "$@"`, "sh"}, argv...)
			}
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			b.signal(unix.SIGTERM)
			b.stopHeard()
			b.nothingLeft()
		}},
		{point: point, name: "children start with default dispositions, an empty mask and no other descriptors", peers: true, run: birth},
		{point: point, name: "they do so whatever it was started with", run: func(b *bed) {
			b.needs("env")
			b.wrap = func(argv []string) []string {
				return append([]string{"/usr/bin/env", "--block-signal=TERM,USR1,CHLD", "--ignore-signal=HUP,INT,PIPE,USR2,CHLD"}, argv...)
			}
			birth(b)
		}},
		{point: point, name: "a child that spawns and reaps costs it nothing", alone: true, run: func(b *bed) {
			children := long(1500, 10_000)
			b.types("web", "child reap "+strconv.Itoa(children))
			b.start()
			_, err := b.next("reaped", lifetime)
			b.check(err)
			used := b.used()
			b.note("%v of CPU while a child spawned and reaped %d", used.Round(time.Millisecond), children)
			if used > 300*time.Millisecond {
				b.fail("it used %v of CPU", used)
			}
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
	}
}

// stopHeard waits until a process has got a stop signal, whichever the
// supervisor sends.
func (b *bed) stopHeard() {
	for {
		if line := b.await("got"); line[1] == "SIGTERM" || line[1] == "SIGINT" {
			return
		}
	}
}

// birth looks at what a child is given.
func birth(b *bed) {
	b.types("web", "grep -e ^SigBlk -e ^SigIgn /proc/self/status", "files", "ls /proc/self/fd", "slack", "cat /proc/self/timerslack_ns", "last", "child serve")
	ours, err := os.ReadFile("/proc/self/timerslack_ns")
	b.check(err)
	b.start()
	b.await("ready serve")
	b.says(`slack\S*\s*\|.*?\b` + strings.TrimSpace(string(ours)) + `\b`)
	b.says(`SigBlk:\t0{16}`)
	b.says(`SigIgn:\t0{16}`)
	// 3 is the folder that ls reads.
	file := regexp.MustCompile(`(?m)files\S*\s*\|[\s\x1b]*(?:\[[\d;]*m[\s\x1b]*)*(\d+)\s*$`)
	var files [][]string
	until(patience, func() bool {
		files = file.FindAllStringSubmatch(b.output(), -1)
		return len(files) >= 4
	})
	for _, f := range files {
		if f[1] > "3" || len(f[1]) > 1 {
			b.fail("a child has descriptor %s", f[1])
		}
	}
	if b.sup.name == "ganger" && len(files) != 4 {
		b.fail("a child has %d descriptors and not 4", len(files))
	}
	b.done(b.front())
}
