package control

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// lastTime is how long the end of the app waits for followers who read,
	// but slowly. One that has read nothing for closeTime is given up sooner.
	lastTime = 2 * time.Second
	// lastWrite is how long one that is given up has for the very end.
	lastWrite = time.Second
	// lastCount bounds how long it may take to count what is not sent, on a
	// machine that has other things to do as well.
	lastCount = 10 * time.Second
	// lastRoom is what the buffer of one that is given up is enlarged to,
	// where the system lets us: it is full, and the end is to fit in.
	lastRoom = 1 << 20
	// lastKept is about how many bytes of last lines such a one gets: what is
	// said at the end is what it is read for.
	lastKept = 32 << 10
	lineCost = 128 // of a line beside its text
)

// following is a stream of lines that goes on until the end of the app. What was
// written before the end it gets without regard to the pace, for as long as it
// reads and there is time, then how many lines it has not got, and the last ones.
type following struct {
	q  *request
	st *stream

	// Of the handler alone.
	missed []Line // whose lines are not sent, and how many
	kept   []Line // those at the end
	size   int    // of kept

	mu    sync.Mutex
	hurry func() bool // takes back that the end of the app is waited for
	idle  *time.Timer // begun at the end of the app, and anew with all that was sent
	limit *time.Timer
	over  bool // nothing more is sent
	done  bool
}

func (q *request) follow(st *stream) *following {
	f := &following{q: q, st: st}
	f.hurry = context.AfterFunc(q.server.life, f.end)
	return f
}

// run sends what the app has, to the end of that.
func (f *following) run(query LogQuery) (err error) {
	defer f.q.server.follow()()
	defer func() { // also where the app panics
		if cerr := f.close(); err == nil {
			err = cerr
		}
	}()
	return f.q.server.app.Logs(f.q.ctx(), query, f.send)
}

// end is called at the end of the app.
func (f *following) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.done {
		f.idle = time.AfterFunc(f.q.server.grace, f.giveUp)
		f.limit = time.AfterFunc(f.q.server.last, f.giveUp)
	}
}

func (f *following) giveUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done || f.over {
		return
	}
	f.over = true
	if f.q.conn != nil {
		_ = f.q.conn.SetWriteBuffer(lastRoom)
	}
	f.deadline()
}

// deadline bounds what is written next, or is being written.
func (f *following) deadline() { _ = f.q.ctl.SetWriteDeadline(time.Now().Add(lastWrite)) }

func (f *following) isOver() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.over
}

// send sends lines, or counts them when it is too late for that.
func (f *following) send(lines []Line) error {
	if len(lines) == 0 {
		return f.flush()
	}
	for i := range lines {
		if f.isOver() {
			f.keep(lines[i])
			continue
		}
		f.st.putLine(&lines[i])
		if f.st.buf.Len() >= logPiece {
			if err := f.flush(); err != nil {
				return err
			}
		}
	}
	if f.st.buf.Len() == 0 {
		return nil
	}
	return f.flush()
}

func (f *following) flush() error {
	if err := f.q.paced(f.st); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.idle != nil && !f.over && !f.done {
		f.idle.Reset(f.q.server.grace)
	}
	return nil
}

// keep keeps a line for the end, in the place of the oldest.
func (f *following) keep(l Line) {
	f.kept = append(f.kept, l)
	f.size += len(l.Text) + lineCost
	n := 0
	for ; f.size > lastKept; n++ {
		f.size -= len(f.kept[n].Text) + lineCost
		f.miss(&f.kept[n])
	}
	f.kept = slices.Delete(f.kept, 0, n)
}

func (f *following) miss(l *Line) {
	n := l.Missed
	if !l.Partial && !l.gap() {
		n++
	}
	i := slices.IndexFunc(f.missed, func(m Line) bool { return m.Process == l.Process })
	if i < 0 {
		i = len(f.missed)
		f.missed = append(f.missed, Line{Process: l.Process, Type: l.Type})
	}
	f.missed[i].Time = l.Time
	f.missed[i].Missed += n
}

// close sends what was kept. Nothing of the connection is touched after it.
func (f *following) close() error {
	var err error
	if len(f.missed)+len(f.kept) > 0 {
		for _, l := range slices.Concat(f.missed, f.kept) {
			f.st.putLine(&l)
		}
		f.deadline() // to count them may have taken longer than the one before
		err = f.st.flush()
	}
	f.hurry()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = true
	if f.idle != nil {
		f.idle.Stop()
		f.limit.Stop()
	}
	return err
}
