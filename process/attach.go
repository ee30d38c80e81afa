package process

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// ErrNotRunning says that the process has not begun or has ended.
var ErrNotRunning = errors.New("it does not run")

// NoTerminalError says that a process has no terminal to attach to.
type NoTerminalError struct{ Name string }

func (e *NoTerminalError) Error() string {
	return fmt.Sprintf("%s has no terminal: it runs on pipes", e.Name)
}

// Hint says how the process gets one.
func (e *NoTerminalError) Hint() string {
	return "the setting tty=always above its line in the Procfile, or --tty always, gives it one"
}

// Life is one run of the program under a process name.
type Life struct {
	PID int // 0: it has ended; another may follow
	TTY bool
}

// A Session is somebody who sits at the terminal of a process, beside others
// maybe, and stays when the process is restarted. What the process writes comes
// another way: it is part of its output.
type Session struct {
	k      *Keeper
	name   string
	pid    int // of the life with which it began
	notify func(Life)
	done   chan struct{} // closed with the session

	// Guarded by the Keeper's lock.
	window Size
	closed bool
}

// Attach begins a session at the terminal of the process of that name. A window
// with a side of 0 is of a size that is not known. notify is called from the
// Keeper's goroutines when this life of the process ends and when another
// begins, and must not wait. The error is ErrNotRunning or a *NoTerminalError.
func (k *Keeper) Attach(name string, window Size, notify func(Life)) (*Session, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, err := k.terminalOf(name)
	if err != nil {
		return nil, err
	}
	s := &Session{k: k, name: name, pid: p.pid, notify: notify, done: make(chan struct{}), window: window}
	k.sessions[name] = append(k.sessions[name], s)
	k.resize(name)
	return s, nil
}

// PID is that of the life with which the session began.
func (s *Session) PID() int { return s.pid }

// Attached reports whether somebody sits at the terminal of a process.
func (k *Keeper) Attached(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.sessions[name]) > 0
}

// Resize tells the session's window. The terminal is as large as the smallest
// window of its sessions, in each direction; its foreground group gets WINCH
// when that changes.
func (s *Session) Resize(window Size) {
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	s.window = window
	s.k.resize(s.name)
}

// Close ends the session, and a Write that waits. It may be called twice. The
// terminal gets the size that the other sessions leave it, or else that of all
// the processes.
func (s *Session) Close() {
	k := s.k
	k.mu.Lock()
	defer k.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	close(s.done)
	rest := slices.DeleteFunc(k.sessions[s.name], func(o *Session) bool { return o == s })
	if k.sessions[s.name] = rest; len(rest) == 0 {
		delete(k.sessions, s.name)
	}
	if p := k.named(s.name); p != nil && p.master != nil && p.writer == s {
		_ = p.master.SetWriteDeadline(longAgo())
	}
	k.resize(s.name)
}

// longAgo is a deadline that ends whatever waits now.
func longAgo() time.Time { return time.Unix(1, 0) }

// Write types p on the terminal. It waits while the process does not read and
// its terminal holds no more (4 KiB on Linux), with the writes of other sessions
// behind it, until the process or the session ends. Then n is what was typed;
// the error is ErrNotRunning, a *NoTerminalError or os.ErrClosed.
func (s *Session) Write(p []byte) (n int, err error) {
	k := s.k
	k.mu.Lock()
	proc, err := k.terminalOf(s.name)
	k.mu.Unlock()
	if err != nil {
		return 0, err
	}
	select {
	case proc.input <- struct{}{}:
	case <-proc.over:
		return 0, ErrNotRunning
	case <-s.done:
		return 0, os.ErrClosed
	}
	defer func() { <-proc.input }()
	master, err := proc.beginInput(s)
	if err != nil {
		return 0, err
	}
	n, err = master.Write(p)
	proc.endInput(master)
	if err == nil {
		return n, nil
	}
	select {
	case <-s.done:
		return n, os.ErrClosed
	default:
		return n, ErrNotRunning
	}
}

// beginInput says whose write is under way, for those who may have to end it.
func (p *Process) beginInput(s *Session) (*os.File, error) {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	switch {
	case s.closed:
		return nil, os.ErrClosed
	case p.master == nil:
		return nil, ErrNotRunning
	}
	p.writer = s
	return p.master, nil
}

func (p *Process) endInput(master *os.File) {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	p.writer = nil
	_ = master.SetWriteDeadline(time.Time{})
}

// named is the living process of a name. The lock is held.
func (k *Keeper) named(name string) *Process {
	for _, p := range k.first {
		if p.spec.Name == name {
			return p
		}
	}
	return nil
}

// terminalOf is the same if it has a terminal.
func (k *Keeper) terminalOf(name string) (*Process, error) {
	p := k.named(name)
	switch {
	case p == nil:
		return nil, ErrNotRunning
	case p.master == nil:
		return nil, &NoTerminalError{name}
	}
	return p, nil
}

// sizeOf is the size that the terminal of a process is to have. The lock is
// held.
func (k *Keeper) sizeOf(name string) Size {
	size, known := k.window, false
	for _, s := range k.sessions[name] {
		switch {
		case s.window.Rows == 0 || s.window.Cols == 0:
		case !known:
			size, known = s.window, true
		default:
			size = Size{min(size.Rows, s.window.Rows), min(size.Cols, s.window.Cols)}
		}
	}
	return size
}

// resize gives the terminal of a process its size. The lock is held.
func (k *Keeper) resize(name string) {
	if p := k.named(name); p != nil && p.master != nil {
		setSize(p.master, k.sizeOf(name))
	}
}

// tellSessions tells of a life that has begun or ended.
func (k *Keeper) tellSessions(name string, l Life) {
	k.mu.Lock()
	sessions := slices.Clone(k.sessions[name])
	k.mu.Unlock()
	for _, s := range sessions {
		s.notify(l)
	}
}
