package output

import (
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Input is where the output of one process is read from. The files are put into
// non-blocking mode and belong to the Copy from then on, which closes them. The
// master of a pty may still be written to and be given a size, but not by way
// of its Fd method, which would set it to blocking mode again.
type Input struct {
	PID    int
	Stdout *os.File
	Stderr *os.File // nil if both go to Stdout
	TTY    bool     // Stdout is the master of a pty: a line ends with CRLF
	// Life says that this is the process itself, which begins another life, and
	// not what is run beside it. Nothing of it is read before what there was at
	// the ends of those before it.
	Life bool
	// Line, unless nil, is called with each line as it was written, but for its
	// LF, until it returns false: none is lost, however fast they come. An
	// unfinished line comes soon after, shown or not, and again when it has gone
	// on; one that is too long comes in pieces. Everybody's output waits for it:
	// it must not block, must not keep the line, and must not call the Mux.
	Line func(line []byte) (more bool)
}

// Copy moves the output of one process to its Stream.
type Copy struct {
	stream *Stream
	pid    int
	tty    bool
	split  bool                          // stdout and stderr are read apart
	line   func(line []byte) (more bool) // guarded by the desk; nil: nobody hears them

	mu      sync.Mutex // never held across a read or write
	lanes   []*lane
	drains  uint64 // how many drains were asked for
	ends    uint64 // the last of them that ends an unfinished line
	closing bool
	waits   []wait
}

// wait is somebody who waits until a drain has been done.
type wait struct {
	drain uint64
	done  chan struct{}
}

// Copy starts to read in. It returns at once.
func (s *Stream) Copy(in Input) *Copy {
	c := &Copy{stream: s, pid: in.PID, tty: in.TTY, split: in.Stderr != nil, line: in.Line}
	add := func(f *os.File, stderr bool) {
		if f != nil {
			l := newLane(c, stderr)
			l.file = pollable(f)
			c.lanes = append(c.lanes, l)
		}
	}
	add(in.Stdout, false)
	add(in.Stderr, true)

	m := s.mux
	m.mu.Lock()
	late := m.closed
	if !late {
		m.copies[c] = struct{}{}
		m.running.Add(len(c.lanes))
	}
	m.mu.Unlock()
	if late {
		for _, l := range c.lanes {
			l.state = laneGone
			_ = l.file.Close()
		}
		return c
	}
	before := s.join(c)
	switch {
	case !in.Life:
		c.begin()
	case allClosed(before):
		c.live()
	default:
		go func() {
			awaitAll(before)
			c.live()
		}()
	}
	return c
}

// begin has the lanes read.
func (c *Copy) begin() {
	for _, l := range c.lanes {
		go l.run()
	}
}

// Drain is called when the process has ended: what is there now is shown, and
// an unfinished last line is put on a line of its own. It does not wait for the
// end of the file, which a descendant that holds the pipe may keep away; what
// such a survivor writes later is still shown. It returns at once.
func (c *Copy) Drain() { c.ask(true, false) }

// Close is called when nobody is left who could write: it drains, then closes
// the files. It returns at once.
func (c *Copy) Close() { c.ask(true, true) }

func (c *Copy) ask(end, closing bool) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drains++
	if end {
		c.ends = c.drains
	}
	c.closing = c.closing || closing
	for _, l := range c.lanes {
		l.wake()
	}
	return c.drains
}

// Drained returns a channel that is closed when what was in the pipes at the end
// of the process has been shown. Where that has not come yet it is what is there
// now, and the process goes on with the line that it is in the middle of. A
// reader of ours that is blocked holds it up.
func (c *Copy) Drained() <-chan struct{} {
	c.mu.Lock()
	n, ended := c.drains, c.ends > 0
	c.mu.Unlock()
	if !ended {
		n = c.ask(false, false)
	}
	return c.after(n)
}

// asked returns a channel that is closed when the drains asked for so far have
// been done.
func (c *Copy) asked() <-chan struct{} {
	c.mu.Lock()
	n := c.drains
	c.mu.Unlock()
	return c.after(n)
}

func (c *Copy) after(n uint64) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := wait{n, make(chan struct{})}
	c.waits = append(c.waits, w)
	c.tell()
	return w.done
}

// tell wakes those whose drain every lane has done.
func (c *Copy) tell() {
	done := uint64(math.MaxUint64)
	for _, l := range c.lanes {
		if l.state != laneGone {
			done = min(done, l.drained)
		}
	}
	keep := c.waits[:0]
	for _, w := range c.waits {
		if w.drain <= done {
			close(w.done)
		} else {
			keep = append(keep, w)
		}
	}
	c.waits = keep
}

const (
	laneReading = iota
	laneEnded   // the file has ended but is kept open
	laneGone    // the file is closed
)

// lane is one descriptor of a process, read by one goroutine.
type lane struct {
	copy   *Copy
	stderr bool
	file   *os.File

	// Guarded by copy.mu.
	state   int
	drained uint64 // the last drain that was done
	kick    chan struct{}

	turn chan bool // see round

	// Of the lane's own goroutine, or of the one that reads for it.
	fd     int
	empty  bool // the last read found nothing
	form   form
	carry  []byte    // the beginning of a line, while nothing can be read
	begun  []byte    // the same, for whoever hears lines
	since  time.Time // when an unfinished line was first seen; zero: there is none
	due    time.Time // when it is to be shown; zero: never
	wide   bool      // its pipe was widened
	ended  bool      // nothing more can be read
	blocks int       // bytes read since the last time that there was nothing
	open   bool      // the line in progress was shown in part

	head     []byte // how the JSON objects of headTime begin
	headTime time.Time
}

// form turns a lane's bytes into what is written. The desk is held.
type form interface {
	// batch takes all of p, or leaves an unfinished line that is shorter
	// than lineSize; now is when p was read.
	batch(l *lane, p []byte, now time.Time) (rest []byte)
	// show is called when a line has been unfinished for a while, with what
	// batch left. What it returns is not shown yet.
	show(l *lane, rest []byte) []byte
	// finish ends the unfinished line, if there is one.
	finish(l *lane, rest []byte)
}

func newLane(c *Copy, stderr bool) *lane {
	l := &lane{copy: c, stderr: stderr, kick: make(chan struct{}, 1), turn: make(chan bool, 1)}
	switch o := &c.stream.mux.opts; {
	case o.JSON:
		l.form = jsonForm{}
	case o.Terminal:
		l.form = new(terminalForm)
	default:
		l.form = textForm{}
	}
	return l
}

// pollable returns f in non-blocking mode, if the runtime can wait for it. If it
// cannot, since f was opened in blocking mode, f is wrapped anew.
//
// That the runtime waits for a file does not mean that it does not block: Fd,
// which pty.Open calls for one, sets it to blocking mode. A read that blocks
// would block everybody.
func pollable(f *os.File) *os.File {
	raw, err := f.SyscallConn()
	if err != nil {
		return f
	}
	polled := f.SetReadDeadline(time.Time{}) == nil
	g := f
	_ = raw.Control(func(fd uintptr) {
		if polled {
			_ = unix.SetNonblock(int(fd), true)
			return
		}
		d, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3)
		if err == nil && unix.SetNonblock(d, true) == nil {
			g = os.NewFile(uintptr(d), f.Name())
		}
	})
	if g != f {
		_ = f.Close()
	}
	return g
}

// wake makes the lane's goroutine look at what it was asked. copy.mu is held.
func (l *lane) wake() {
	switch l.state {
	case laneReading:
		// The flag that it looks at was set before this; it sets deadlines
		// of its own before it looks. So none of the two is lost.
		_ = l.file.SetReadDeadline(time.Unix(1, 0))
	case laneEnded:
		select {
		case l.kick <- struct{}{}:
		default:
		}
	}
}

// drain is what a lane was asked for.
type drain struct {
	n       uint64 // 0: nothing
	end     bool   // an unfinished line ends
	closing bool   // so does everything
}

// asked returns the newest drain that is not done yet, with all that is to be
// done for those before it.
func (l *lane) asked() drain {
	c := l.copy
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drains > l.drained {
		return drain{c.drains, c.ends > l.drained, c.closing}
	}
	return drain{}
}

func (l *lane) did(d drain) {
	c := l.copy
	c.mu.Lock()
	defer c.mu.Unlock()
	l.drained = d.n
	c.tell()
}

func (l *lane) setState(s int) {
	c := l.copy
	c.mu.Lock()
	l.state = s
	gone := s == laneGone
	for _, o := range c.lanes {
		gone = gone && o.state == laneGone
	}
	c.tell()
	c.mu.Unlock()
	if gone {
		m := c.stream.mux
		m.mu.Lock()
		delete(m.copies, c)
		m.mu.Unlock()
		c.stream.leave(c)
	}
}
