package process

import (
	"os"
	"os/signal"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// guests are children of the front that are not the app's: a script may have
// started something in the background before it became this program. What they
// leave behind becomes a child of the front too, and is theirs all the same.
//
// As long as the back lives every orphan of the app is its child, and so whatever
// child of the front is new is a guest's. Whether it lives, it is asked: that it
// is no zombie would not do, for its children leave it before it is one.
type guests struct {
	back *conn
	pid  int // of the back

	mu    sync.Mutex
	known map[int]uint64 // by pid, when they were started
	asked map[int]map[int]uint64
	n     int // of questions
}

// guestsInterval is how often the front looks where there are guests: of an orphan
// whose parent was no child of its own it is not told.
const guestsInterval = time.Second

// findGuests returns those children that we have but for the back, nil if there
// are none: then there will never be any.
func findGuests(back *conn, pid int) *guests {
	g := &guests{back: back, pid: pid, known: make(map[int]uint64), asked: make(map[int]map[int]uint64)}
	g.known = g.unknown()
	if len(g.known) == 0 {
		return nil
	}
	return g
}

// list are the guests that are known, for the sweep.
func (g *guests) list() map[int]uint64 {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known
}

// watch gives the moments to look at, none where there are no guests.
func (g *guests) watch() (died <-chan os.Signal, again <-chan time.Time) {
	if g == nil {
		return nil, nil
	}
	chld := make(chan os.Signal, 1)
	signal.Notify(chld, unix.SIGCHLD)
	return chld, time.Tick(guestsInterval)
}

// look finds those that are new, and asks.
func (g *guests) look() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if news := g.unknown(); !g.inQuestion(news) {
		g.n++
		g.ask(g.n, news)
	}
}

// inQuestion reports whether an answer about all of them is on the way: that of a
// back that somebody has stopped takes its time.
func (g *guests) inQuestion(news map[int]uint64) bool {
	for pid, start := range news {
		asked := false
		for _, list := range g.asked {
			asked = asked || list[pid] == start
		}
		if !asked {
			return false
		}
	}
	return true
}

// lastLook is that at the back's last word, which waits for the question.
func (g *guests) lastLook() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ask(askedLast, g.unknown())
}

// askedLast is the number of the question that comes after the back's bye.
const askedLast = 0

func (g *guests) ask(n int, news map[int]uint64) {
	g.asked[n] = news
	g.back.send(wordAsk, strconv.Itoa(n))
}

// answered takes those for guests that were there when the back was asked.
func (g *guests) answered(n int) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for pid, start := range g.asked[n] {
		g.known[pid] = start
	}
	delete(g.asked, n)
}

// unknown are the children that are neither the back nor known. The dead are
// reaped, since the script that would have done that is no more.
func (g *guests) unknown() map[int]uint64 {
	pids, ok := ourChildren()
	if !ok {
		return nil
	}
	news, there := make(map[int]uint64), make(map[int]bool)
	for _, pid := range pids {
		if pid == g.pid {
			continue
		}
		m, ok := readProc(pid)
		switch start, known := g.known[pid]; {
		case !ok:
		case m.zombie:
			reap(pid)
		case known && start == m.start:
			there[pid] = true
		default:
			news[pid] = m.start
		}
	}
	for pid := range g.known {
		if !there[pid] {
			delete(g.known, pid)
		}
	}
	return news
}
