package output

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// promptAfter is how long a line may be unfinished before it is shown.
	promptAfter = 50 * time.Millisecond
	// blockAfter is the same where the process wrote whole blocks: it does
	// not prompt, its stdio buffer was full in the middle of a line. Showing
	// that would let other processes' lines into this one.
	blockAfter = time.Second
	// blockSize divides the stdio buffers of all C libraries.
	blockSize = 4096
	// fullPipe is what a pipe holds by default: a process whose pipe was full
	// waits for us.
	fullPipe = 64 << 10
	// widePipe is what its pipe is widened to: enough for it and us to sleep
	// less often, little enough to stay in the cache.
	widePipe = 256 << 10
	// pipeSize is the most that a pipe holds unless root has allowed more
	// (/proc/sys/fs/pipe-max-size): a drain that has read so much has read
	// what was there when it began, even if the writing goes on.
	pipeSize = 1 << 20
)

// run reads until the file has ended and is closed.
func (l *lane) run() {
	defer l.copy.stream.mux.running.Done()
	defer l.setState(laneGone)
	defer l.file.Close()

	raw, err := l.file.SyscallConn()
	if err != nil {
		return
	}
	readable, drainable := l.readable, l.drainable // one closure each, for ever
	for {
		err := raw.Read(readable)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			l.disarm()
			l.showDue()
		case err != nil:
			l.ended = true
		}
		for {
			asked := l.asked()
			if asked.n == 0 {
				break
			}
			l.disarm()
			for errors.Is(raw.Read(drainable), os.ErrDeadlineExceeded) {
				l.disarm() // somebody asked once more meanwhile
			}
			if asked.end {
				l.finish()
			}
			l.did(asked)
			if asked.closing {
				return
			}
		}
		if !l.ended {
			continue
		}
		l.finish()
		if !l.copy.tty {
			return
		}
		// A pty has ended when nobody has it open, and begins again when
		// someone opens /dev/tty. Closing it would send SIGHUP to a session
		// that is alive. So it waits, and reads again when it is asked to.
		l.setState(laneEnded)
		if l.asked().n == 0 {
			<-l.kick
		}
		l.setState(laneReading)
		l.ended = false
	}
}

// readable has one batch after another read and shown until there is nothing to
// read any more, to be called again when there is: then it returns false. It
// returns true when something else is to be looked at.
func (l *lane) readable(fd uintptr) bool {
	l.fd = int(fd)
	l.copy.stream.mux.round.read(l)
	if l.ended || !l.empty {
		return true
	}
	l.blocks = 0
	return l.arm()
}

// drainable reads and shows what is there.
func (l *lane) drainable(fd uintptr) bool {
	d := &l.copy.stream.mux.desk
	for total, empty := 0, false; !empty && !l.ended && total < pipeSize; {
		var n int
		d.take()
		n, empty = l.batch(d, fd)
		d.mu.Unlock()
		total += n
	}
	return true
}

// batch reads once, or while the reads are small, since a pty gives out 4 KiB
// at most. It says how much it has read, and whether it has seen that there is
// nothing left. The desk is held.
func (l *lane) batch(d *desk, fd uintptr) (got int, empty bool) {
	const enough = 32 << 10
	have := copy(d.in, l.carry)
	n := have
	for n-have < enough && n < len(d.in) && !empty && !l.ended {
		m, err := unix.Read(int(fd), d.in[n:])
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			empty = true
		case err != nil || m == 0: // a pty that nobody has open says EIO
			l.ended = true
		default:
			n += m
		}
	}
	if n == have {
		return 0, empty
	}
	if n-have >= fullPipe && !l.wide && !l.copy.tty {
		l.wide = true
		l.copy.stream.mux.opts.Widen(fd, widePipe)
	}
	l.blocks += n - have
	now := d.now()
	if !l.copy.split { // first: what is shown is in the history and the log
		l.copy.stream.record(d.in[have:n], l)
	}
	if l.copy.line != nil {
		l.hear(d.in[have:n])
	}
	rest := l.form.batch(l, d.in[:n], now)
	d.flush()
	l.keep(rest)
	return n - have, empty
}

// keep remembers an unfinished line until there is more to read.
func (l *lane) keep(rest []byte) {
	if len(rest) == 0 && cap(l.carry) > blockSize {
		l.carry = nil
		return
	}
	l.carry = append(l.carry[:0], rest...)
}

// wait has the unfinished line shown when it has been so for d. The time is the
// real one: it is for the runtime's timers.
func (l *lane) wait(d time.Duration) {
	if l.since.IsZero() {
		l.since = time.Now()
	}
	if l.blocks%blockSize == 0 {
		d = max(d, blockAfter)
	}
	l.due = l.since.Add(d)
}

// settle forgets the unfinished line: there is none, or it has been shown.
func (l *lane) settle() { l.since, l.due = time.Time{}, time.Time{} }

// arm sets the read deadline to when something is due. It returns true if
// something was asked meanwhile.
func (l *lane) arm() bool {
	if l.due.IsZero() {
		return false
	}
	_ = l.file.SetReadDeadline(l.due)
	return l.asked().n > 0
}

func (l *lane) disarm() {
	_ = l.file.SetReadDeadline(time.Time{})
}

// showDue shows an unfinished line whose time has come, and has it heard.
func (l *lane) showDue() {
	if l.due.IsZero() || time.Now().Before(l.due) {
		return
	}
	d := &l.copy.stream.mux.desk
	d.take()
	defer d.mu.Unlock()
	l.settle()
	l.hearBegun()
	d.now()
	rest := l.form.show(l, l.carry)
	d.flush()
	l.keep(rest)
}

// finish ends an unfinished line.
func (l *lane) finish() {
	d := &l.copy.stream.mux.desk
	d.take()
	defer d.mu.Unlock()
	l.settle()
	l.hearBegun()
	l.begun = nil
	d.now()
	l.form.finish(l, l.carry)
	d.flush()
	l.keep(nil)
	if l.copy.stream.open == l {
		l.endRecord()
	}
}

// endRecord ends the unfinished line that was recorded last. The desk is held.
func (l *lane) endRecord() {
	end := "\n"
	if l.copy.tty {
		end = "\r\n" // a raw replay would begin the next line where this one ends
	}
	l.copy.stream.record([]byte(end), l)
}
