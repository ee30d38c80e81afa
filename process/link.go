package process

import (
	"bufio"
	"errors"
	"ganger/process/half"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Messages between the halves are lines: a word and what belongs to it.
//
//	front to back   ready       it has all that it needs to end the app; with
//	                            "guests" if it has children that are not the app's
//	                signal N    a signal came; N is its number
//	                orphaned    TSTP came, and nobody could continue the front
//	                ask N       does it live? N is a number
//	back to front   alive N     yes
//	                timeout MS  how long a stop may take
//	                leave A,B   programs that a stop lets go
//	                stopped     the app is suspended: the front may stop, too
//	                share TEXT  comes with a file to keep open, and to begin
//	                            with TEXT should the back die
//	                bye N       the back ends by itself, with status N
const (
	wordReady    = "ready"
	wordAsk      = "ask"
	wordAlive    = "alive"
	wordSignal   = "signal"
	wordOrphaned = "orphaned"
	wordTimeout  = "timeout"
	wordLeave    = "leave"
	wordStopped  = "stopped"
	wordShare    = "share"
	wordBye      = "bye"

	readyGuests = "guests"
)

// conn is one end of the socket between the halves. It is a plain file in the
// poller: the net package would cost more to set up than the rest of the front.
type conn struct {
	sock     *os.File
	mu       sync.Mutex
	late     []string // lines that the peer has not read for long
	flushing bool     // they are being sent
	came     []int    // descriptors, until the line that they came with; each's alone
}

// send puts a line into the socket, and gives a peer that has not read for long
// a moment to do so. Then the line waits for it in a queue, where of equal ones
// the last counts: so it is as long as there are different ones.
func (c *conn) send(word, rest string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := word + " " + rest + "\n"
	if !c.flushing && c.write(line) {
		return
	}
	c.late = append(slices.DeleteFunc(c.late, func(l string) bool { return l == line }), line)
	if !c.flushing {
		c.flushing = true
		go c.flush()
	}
}

// write reports whether the peer has taken a line, or is dead, which read sees. Of
// something that short a socket takes all or nothing.
func (c *conn) write(line string) bool {
	// First without a deadline: one that passes while this process is starved
	// or stopped would keep the line back before it was tried.
	done := false
	if raw, err := c.sock.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_, err := unix.Write(int(fd), []byte(line))
			done = err == nil
		})
	}
	if done {
		return true
	}
	_ = c.sock.SetWriteDeadline(time.Now().Add(sendPatience))
	_, err := c.sock.WriteString(line)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// flush sends what waits, however long the peer takes to read it.
func (c *conn) flush() {
	_ = c.sock.SetWriteDeadline(time.Time{})
	for {
		c.mu.Lock()
		if len(c.late) == 0 {
			c.flushing = false
			c.mu.Unlock()
			return
		}
		line := c.late[0]
		c.late = c.late[1:]
		c.mu.Unlock()
		_, _ = c.sock.WriteString(line) // a dead peer is seen by read
	}
}

const sendPatience = 100 * time.Millisecond

// each calls f for every line until the other half is gone.
func (c *conn) each(f func(word, rest string)) {
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		f(word, rest)
	}
}

// A Link is the back's end of the connection to its front.
type Link struct {
	c *conn

	ear
	ready  chan struct{} // closed when the front is ready, or dead
	guests atomic.Bool   // the front has some
	last   chan struct{} // closed when it has asked for the last time, or is dead
}

// OpenLink returns the connection to the front that started this process, nil
// where none did.
func OpenLink() *Link {
	fd, is := half.Link()
	if !is {
		return nil
	}
	c, err := fromFD(fd)
	if err != nil {
		return nil
	}
	rename(half.Name)
	return newLink(c)
}

func newLink(c *conn) *Link {
	l := &Link{c: c, ready: make(chan struct{}), last: make(chan struct{})}
	l.begin = func() { go l.read() }
	return l
}

// fromFD takes the descriptor of a connected socket over.
func fromFD(fd int) (*conn, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return &conn{sock: os.NewFile(uintptr(fd), "link")}, nil
}

// LinkEvent is what the front says.
type LinkEvent struct {
	Signal   syscall.Signal // it got this signal
	Orphaned bool           // with SIGTSTP: nobody could continue it, it stays awake
	Gone     bool           // it is dead: the last event
}

func (l *Link) read() {
	ready := sync.OnceFunc(func() { close(l.ready) })
	defer ready()
	last := sync.OnceFunc(func() { close(l.last) })
	defer last()
	l.c.each(func(word, rest string) {
		n, _ := strconv.Atoi(rest)
		switch word {
		case wordReady:
			l.guests.Store(rest == readyGuests)
			ready()
		case wordAsk:
			l.c.send(wordAlive, rest)
			if n == askedLast {
				last()
			}
		case wordSignal:
			l.tell(LinkEvent{Signal: syscall.Signal(n)})
		case wordOrphaned:
			l.tell(LinkEvent{Signal: unix.SIGTSTP, Orphaned: true})
		}
	})
	l.tell(LinkEvent{Gone: true})
}

// AwaitFront waits until the front could end the app without us, or is gone.
// Before that nothing may run: where threads are short, both halves can die of
// it at one moment. Listen comes first.
func (l *Link) AwaitFront() { <-l.ready }

// Promise tells the front how to end the app should the back die.
func (l *Link) Promise(timeout time.Duration, leave []string) {
	l.c.send(wordTimeout, strconv.FormatInt(timeout.Milliseconds(), 10))
	l.c.send(wordLeave, strings.Join(leave, ","))
}

// Bye tells the front that the exit that follows, with this status, is no
// accident. A front that has children of its own is given the time to tell them
// from those that we leave.
func (l *Link) Bye(status int) {
	l.ByeNow(status)
	if !l.guests.Load() {
		return
	}
	select {
	case <-l.last:
	case <-time.After(byePatience): // somebody may have stopped it
	}
}

const byePatience = time.Second

// ByeNow is Bye where nothing was run that could be left.
func (l *Link) ByeNow(status int) { l.c.send(wordBye, strconv.Itoa(status)) }

// Stopped tells the front that the app is suspended.
func (l *Link) Stopped() { l.c.send(wordStopped, "") }
