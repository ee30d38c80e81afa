package output

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// readSize is how much is read at once. The default pipe holds 64 KiB;
	// more than that only helps where the pipe was enlarged, and makes the
	// buffers fall out of the second-level cache.
	readSize = 128 << 10
	// writeSize is when what has gathered is written. Labels make the
	// output larger than the input, for short lines many times.
	writeSize = 256 << 10
	// lineSize is the longest line that is kept whole. A longer one is
	// passed on in pieces, and other processes' lines may come between.
	lineSize = readSize - 16<<10
)

// desk is the place where lines are made: whoever holds its lock may read a
// pipe into in, gather lines in out and write them.
type desk struct {
	mu   sync.Mutex
	mux  *Mux
	file *os.File
	fd   int
	in   []byte // allocated by the first who reads
	out  []byte
	open *lane // whose unfinished line stands at the end of the output
	dead bool  // the output cannot be written any more
	time stamp
}

// setUp remembers the output's descriptor. Not by Fd, which would set a
// descriptor that is in non-blocking mode to blocking, for everyone who shares
// it.
func (d *desk) setUp(m *Mux) error {
	d.mux, d.file = m, m.opts.Out
	if d.file == nil {
		return os.ErrInvalid
	}
	raw, err := d.file.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) {
		d.fd = int(fd)
		m.opts.Widen(fd, pipeSize)
	})
}

// take locks the desk and gives it its buffers.
func (d *desk) take() {
	d.mu.Lock()
	if d.in == nil {
		d.in = make([]byte, readSize)
		d.out = make([]byte, 0, writeSize+lineSize+4096)
	}
}

// full writes out what has gathered when another n bytes would be too many.
func (d *desk) full(n int) {
	if len(d.out)+n > writeSize {
		d.flush()
	}
}

// flush writes what has gathered.
func (d *desk) flush() {
	if len(d.out) > 0 {
		d.write(d.out)
		d.out = d.out[:0]
	}
	if cap(d.out) > 2*(writeSize+lineSize) {
		d.out = make([]byte, 0, writeSize+lineSize+4096)
	}
}

// write writes p and waits as long as that takes. It does not go through
// os.File: that ends the program with SIGPIPE when the reader is gone, and
// fails where another program that shares our terminal (node does it) has set
// it to non-blocking mode.
func (d *desk) write(p []byte) {
	for len(p) > 0 && !d.dead {
		n, err := unix.Write(d.fd, p)
		switch {
		case err == nil:
			p = p[n:]
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			fds := []unix.PollFd{{Fd: int32(d.fd), Events: unix.POLLOUT}}
			_, _ = unix.Poll(fds, -1)
		default:
			d.fail(err)
		}
	}
}

// fail makes the desk throw away what follows, and says why, once.
func (d *desk) fail(err error) {
	d.dead = true
	d.open = nil
	if f := d.mux.opts.Failed; f != nil {
		go f(&os.PathError{Op: "write", Path: d.file.Name(), Err: err})
	}
}

// breakLine ends the unfinished line of another lane, so that l (nil: a line
// of our own) may begin or go on.
func (d *desk) breakLine(l *lane) {
	if d.open != nil && d.open != l {
		d.out = append(d.out, '\n')
		d.open = nil
	}
}

// close ends an unfinished line, so that whatever comes after us begins on a
// line of its own.
func (d *desk) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.breakLine(nil)
	d.flush()
	d.in, d.out = nil, nil
}

// now reads the clock and brings the timestamp up to date.
func (d *desk) now() time.Time {
	t := d.mux.opts.Now()
	d.time.set(d.mux.opts.Timestamps, t)
	return t
}
