package faults

import "golang.org/x/sys/unix"

// costFaults are what ganger needs for itself.
func costFaults() []fault {
	const point = "costs"
	return []fault{
		{point: point, name: "200 idle processes need fewer than 10 threads", alone: true, run: func(b *bed) {
			b.types("web", "sleep 100")
			b.start("web=200")
			b.says("200 processes")
			var front, back held
			few := until(b.sup.limit, func() bool { // a busy machine has it make more, which it ends again
				front, back = holds(b.front()), holds(b.back())
				return front.threads < 10 && back.threads < 10
			})
			b.note("front %+v, back %+v", front, back)
			if !few {
				b.fail("%d and %d threads", front.threads, back.threads)
			}
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "the second half needs less than 2.5 MB", alone: true, run: func(b *bed) {
			b.types("web", "sleep 100")
			b.start()
			b.says("started")
			two := pss(b.front()) + pss(b.back())
			b.signal(unix.SIGTERM)
			b.nothingLeft()
			b.again()
			b.asPIDOne()
			b.start()
			b.says("started")
			one := pss(b.pidOne())
			kill(b.pidOne(), unix.SIGTERM)
			b.nothingLeft()
			b.note("PSS of both halves %d KiB, of the one that PID 1 has %d KiB", two, one)
			if !raced() && two-one > 2560 {
				b.fail("the second half needs %d KiB", two-one)
			}
		}},
	}
}

// pss is a process's share of the memory that it and others have mapped, in
// KiB: of a page that both halves have mapped, half is each one's.
func pss(pid int) int { return kib(pid, "smaps_rollup", "Pss") }
