package faults

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func holdFaults() []fault {
	const point = "shutdown"
	return []fault{
		{point: point, name: "after a second it names who holds it up", run: func(b *bed) {
			b.types("web", "child deaf", "worker", "child serve")
			b.start("-t", "2")
			b.awaitAll("ready deaf", "ready serve")
			pid := b.startedPID(1)
			b.signal(unix.SIGTERM)
			b.says(fmt.Sprintf(`still running: web\.1 \(pid %d\)\s`, pid))
			b.endsWith(0)
		}},
		{point: point, name: "at the kill it names who was killed, with pid and command", run: func(b *bed) {
			b.types("web", "child with daemon deaf -- deaf")
			b.start()
			one, two := b.pid("ready deaf"), b.pid("ready deaf")
			b.signal(unix.SIGTERM)
			b.endsWith(0)
			for _, pid := range []int{one, two} {
				b.says(fmt.Sprintf(`killed.*pid %d|pid %d: \S*child with .*\) killed`, pid, pid))
			}
			b.says(`killed with web\.1: child \(pid \d+\)`)
		}},
	}
}
