package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// held is what a process holds at a moment.
type held struct{ descriptors, threads, kib int }

func holds(pid int) held {
	i, _ := look(pid)
	return held{descriptors(pid), i.threads, kib(pid, "status", "VmRSS")}
}

// tally is a type that ends at once, and whose file grows by a byte a life.
func (b *bed) tally() { b.types("web", "printf . >> "+filepath.Join(b.dir, "tally")) }

// lives waits until there were so many.
func (b *bed) lives(n int64) {
	if !until(2*time.Minute, func() bool {
		st, err := os.Stat(filepath.Join(b.dir, "tally"))
		return err == nil && st.Size() >= n
	}) {
		b.fail("it was not started %d times", n)
	}
}

func loopFaults() []fault {
	const point = "crash loops"
	return []fault{
		{point: point, name: "no growth however often it restarts", alone: true, run: func(b *bed) {
			b.tally()
			b.start("--restart", "always", "--restart-delay", "0s..0s", "--log-dir", b.dir)
			b.lives(1000)
			front, back := holds(b.front()), holds(b.back())
			restarts := long[int64](3000, 10_000)
			b.lives(restarts)
			front2, back2 := holds(b.front()), holds(b.back())
			b.note("after 1000 restarts: front %+v, back %+v; after %d: %+v, %+v", front, back, restarts, front2, back2)
			for _, pair := range [][2]held{{front, front2}, {back, back2}} {
				if grown := pair[1]; grown.descriptors > pair[0].descriptors+4 || grown.threads > pair[0].threads+2 ||
					grown.kib > pair[0].kib+2048 && !raced() {
					b.fail("it grew from %+v to %+v", pair[0], grown)
				}
			}
			b.signal(unix.SIGTERM)
			b.nothingLeft()
			b.endsWith(0)
		}},
		{point: point, name: "a restart costs little more than fork, exec and wait", alone: true, run: func(b *bed) {
			const restarts = 500
			bare := cpu(os.Getpid())
			for range restarts {
				b.check(exec.Command("/bin/sh", "-c", ":").Run())
			}
			bare = cpu(os.Getpid()) - bare
			b.tally()
			b.start("--restart", "always", "--restart-delay", "0s..0s", "--quiet", "web")
			b.lives(100)
			before := b.used()
			b.lives(100 + restarts)
			used := b.used() - before
			b.note("CPU of a restart: %v, of os/exec's Run: %v", used/restarts, bare/restarts)
			b.signal(unix.SIGTERM)
			b.nothingLeft()
			if !raced() && used > 5*bare {
				b.fail("a restart took %v of CPU", used/restarts)
			}
		}},
		{point: point, name: "twenty types that die at once need little", alone: true, run: func(b *bed) {
			b.types("web", "/bin/false")
			b.start("web=20", "--restart", "always", "--restart-delay", "0.1s..1s")
			b.says("(6th time)")
			before, at := b.used(), time.Now()
			pause(long(3*time.Second, time.Minute))
			share := 100 * float64(b.used()-before) / float64(time.Since(at))
			b.note("%.1f%% of a core", share)
			if !raced() && share > 10 {
				b.fail("%.1f%% of a core", share)
			}
			b.signal(unix.SIGTERM)
			b.nothingLeft()
		}},
		{point: point, name: "a line of 200 MB passes in bounded memory", peers: true, alone: true, run: func(b *bed) {
			b.types("web", "child burst 200000000")
			b.start()
			b.await("written")
			most := 0
			for _, i := range append(marked(b.dir), info{pid: b.front()}) {
				if i.comm != childName {
					most = max(most, kib(i.pid, "status", "VmHWM"))
				}
			}
			b.note("at most %d MB", most/1024)
			if most > 100*1024 {
				b.fail("%d MB", most/1024)
			}
			b.done(b.front())
		}},
	}
}

// cpu is the time that the threads of a process have had, without its children
// (/proc/PID/schedstat counts nanoseconds).
func cpu(pid int) (used time.Duration) {
	tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/schedstat")
	for _, name := range tasks {
		text, _ := os.ReadFile(name)
		if f := strings.Fields(string(text)); len(f) > 0 {
			n, _ := strconv.ParseInt(f[0], 10, 64)
			used += time.Duration(n)
		}
	}
	return used
}

// used is the CPU time of both halves.
func (b *bed) used() time.Duration { return cpu(b.front()) + cpu(b.back()) }
