package cli

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// rawTerminal is the user's terminal while each key comes to us as it is
// typed. It is given back as it was however we leave, but for kill -9.
type rawTerminal struct {
	in   *os.File
	out  *os.File
	undo func() string // what undoes on the screen what was done to it

	held  chan struct{} // a lock that one can wait for no longer than so; guards what follows
	taken bool
	was   *term.State // nil: the input is no terminal
}

func newRawTerminal(in, out *os.File, undo func() string) *rawTerminal {
	return &rawTerminal{in: in, out: out, undo: undo, held: make(chan struct{}, 1)}
}

// stuckTime is how long a write to the terminal may hold up giving it back:
// nobody may be there who reads what we write.
const stuckTime = time.Second

// enter takes the terminal and writes on to it. An input that is no terminal
// has no modes.
func (t *rawTerminal) enter(on string) error {
	t.held <- struct{}{}
	defer func() { <-t.held }()
	if term.IsTerminal(int(t.in.Fd())) {
		was, err := term.MakeRaw(int(t.in.Fd()))
		if err != nil {
			return err
		}
		t.was = was
	}
	t.taken = true
	_, err := t.out.WriteString(on)
	return err
}

// retake makes the terminal raw again after somebody else has set its modes.
func (t *rawTerminal) retake() {
	if t.was != nil {
		_, _ = term.MakeRaw(int(t.in.Fd()))
	}
}

// write writes to the terminal as long as it is ours, and tells seen of it.
func (t *rawTerminal) write(p []byte, seen io.Writer) error {
	t.held <- struct{}{}
	defer func() { <-t.held }()
	if !t.taken {
		return nil
	}
	_, _ = seen.Write(p)
	_, err := t.out.Write(p)
	return err
}

// leave gives the terminal back. It may be called more than once.
func (t *rawTerminal) leave() {
	select {
	case t.held <- struct{}{}:
		defer func() { <-t.held }()
	case <-time.After(stuckTime):
		// What may be wrong now is less than what would be.
		if t.was != nil {
			_ = term.Restore(int(t.in.Fd()), t.was)
		}
		return
	}
	if !t.taken {
		return
	}
	t.taken = false
	_, _ = t.out.WriteString(t.undo()) // nobody may be there any more
	if t.was != nil {
		_ = term.Restore(int(t.in.Fd()), t.was)
	}
}

// guard is deferred in every goroutine, for a panic ends us without running
// what the others have deferred.
func (t *rawTerminal) guard() {
	if v := recover(); v != nil {
		t.leave()
		panic(v)
	}
}

// signals are those that the user of a terminal has to be given it back for,
// and those that tell of it.
func (t *rawTerminal) signals() (sigs chan os.Signal, stop func()) {
	sigs = make(chan os.Signal, 16)
	signal.Notify(sigs, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGWINCH, unix.SIGTSTP, unix.SIGCONT)
	return sigs, func() { signal.Stop(sigs) }
}

// suspend stops us as ^Z does, with the terminal as it was, until somebody
// continues us. A signal that ends us comes back to the channel.
func (t *rawTerminal) suspend(sigs chan os.Signal) {
	t.leave()
	// STOP, since TSTP is caught. It takes effect some time after this call.
	_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
	for sig := range sigs {
		switch sig {
		case unix.SIGCONT:
			return
		case unix.SIGWINCH, unix.SIGTSTP:
		default:
			sigs <- sig
			return
		}
	}
}

// keys sends what is typed. The channel is closed at the end of the input.
func (t *rawTerminal) keys(done <-chan struct{}) <-chan []byte {
	typed := make(chan []byte)
	go func() {
		defer t.guard()
		defer close(typed)
		for {
			buf := make([]byte, 1024)
			n, err := t.in.Read(buf)
			if n > 0 {
				select {
				case typed <- buf[:n]:
				case <-done:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return typed
}

// endedBy is how a signal ends us, once the terminal is as it was.
func endedBy(sig os.Signal) error { return silent{128 + int(sig.(syscall.Signal))} }
