package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// asPIDOne runs the supervisor as PID 1 of its own namespace, with its own
// /proc: the machine's is not touched.
func (b *bed) asPIDOne() {
	b.needs("unshare")
	prefix := []string{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child"}
	if exec.Command(prefix[0], append(prefix[1:], "true")...).Run() != nil {
		prefix = append(prefix, "--user", "--map-root-user")
		if exec.Command(prefix[0], append(prefix[1:], "true")...).Run() != nil {
			b.skip("no namespaces to be had")
		}
	}
	b.wrap = func(argv []string) []string { return append(prefix, argv...) }
}

// pidOne is the supervisor's pid as seen from here.
func (b *bed) pidOne() int {
	pid := 0
	until(patience, func() bool {
		for _, i := range children(b.front()) {
			pid = i.pid
		}
		return pid != 0
	})
	return pid
}

// readingEnv starts the supervisor and returns when it reads its env file, which is
// a pipe: this end of it.
func (b *bed) readingEnv() *os.File {
	path := filepath.Join(b.dir, ".env")
	b.check(unix.Mkfifo(path, 0o644))
	b.start()
	var env *os.File
	if !until(patience, func() bool {
		var err error
		env, err = os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK, 0) // fails as long as nobody reads
		return err == nil
	}) {
		b.fail("it does not read its env file")
	}
	b.gone = append(b.gone, func() { env.Close() })
	return env
}

func pidOneFaults() []fault {
	const point = "as PID 1"
	return []fault{
		{point: point, name: "zombies of anybody are reaped", peers: true, run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "child orphans 50")
			b.start()
			b.await("orphaned")
			b.await("ready serve")
			var dead []info
			if !until(b.sup.limit/2, func() bool {
				dead = nil
				for _, i := range children(b.pidOne()) {
					if !i.lives() {
						dead = append(dead, i)
					}
				}
				return len(dead) == 0
			}) {
				b.fail("%d zombies", len(dead))
			}
			b.done(b.pidOne())
		}},
		{point: point, name: "no exit status is stolen from a child of ours", run: func(b *bed) {
			b.asPIDOne()
			b.types("noise", "child orphans 100", "short", "/bin/sh -c 'exit 7'")
			b.start("noise=1", "short=20", "--restart", "no")
			b.await("orphaned")
			for n := 1; n <= 20; n++ {
				b.says(fmt.Sprintf(`short\.%d exited with status 7`, n))
			}
			kill(b.pidOne(), unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "TERM stops cleanly", peers: true, run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			kill(b.pidOne(), unix.SIGTERM)
			b.stopHeard()
			b.nothingLeft()
			if b.sup.name == "ganger" {
				b.endsWith(0)
			}
		}},
		{point: point, name: "^C on a terminal stops cleanly", peers: true, run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "child serve")
			master := b.startOnTerminal()
			b.await("ready serve")
			b.typed(master, "\x03")
			b.stopHeard()
			b.nothingLeft()
		}},
		{point: point, name: "TERM before anything is started ends it as a stop does", run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "child serve")
			b.readingEnv()
			kill(b.pidOne(), unix.SIGTERM)
			b.endsWith(128 + 15)
		}},
		{point: point, name: "a signal before anything is started is forwarded", run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "sleep 100")
			env := b.readingEnv()
			kill(b.pidOne(), unix.SIGUSR2)
			b.check(env.Close())
			b.says(`web\.1 ended by SIGUSR2`)
			kill(b.pidOne(), unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "TERM asks a daemon as well", run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "child with daemon serve")
			b.start()
			b.awaitAll("ready serve", "ready serve")
			kill(b.pidOne(), unix.SIGTERM)
			b.stopHeard()
			b.stopHeard()
			b.nothingLeft()
			b.endsWith(0)
		}},
		{point: point, name: "the exit status is passed on", run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "child exit 7")
			b.start("--restart", "no")
			b.endsWith(7)
		}},
		{point: point, name: "one half is enough", run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "child serve")
			b.start()
			b.await("ready serve")
			for _, i := range marked(b.dir) {
				if strings.HasPrefix(i.comm, "ganger-back") {
					b.fail("there is a back")
				}
			}
			kill(b.pidOne(), unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "kill -9 leaves nothing", peers: true, run: func(b *bed) {
			b.asPIDOne()
			b.types("web", "child with bare deaf -- deaf")
			b.start()
			b.awaitAll("ready deaf", "ready deaf")
			kill(b.pidOne(), unix.SIGKILL)
			b.nothingLeft()
		}},
	}
}
