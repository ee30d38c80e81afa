package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"ganger/control"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// attachment is our terminal as that of a process.
type attachment struct {
	r     *running
	name  string
	keys  string // that leave, in words
	leave *detacher
	modes *modes
	term  *rawTerminal
	far   control.Terminal
}

// holdTime is how long a key is held back that may be the first of those that
// leave.
const holdTime = 500 * time.Millisecond

// run returns when the user leaves, or when there is nothing to be attached to
// any more. Whatever ends it, the terminal is as it was.
func (a *attachment) run(m *program) error {
	a.term = newRawTerminal(os.Stdin, m.stdout, a.modes.undo)
	sigs, stop := a.term.signals()
	defer stop()
	far, err := a.r.Attach(context.Background(), a.name, a.size())
	if err != nil {
		return a.r.explain(err)
	}
	defer far.Close()
	a.far = far
	if err := a.term.enter(fmt.Sprintf("attached to %s: %s leaves\r\n", a.name, a.keys)); err != nil {
		return writeFailed(err)
	}
	defer a.term.leave()
	done := make(chan struct{})
	defer close(done)
	shown, left := a.show(), a.send(a.term.keys(done))
	for {
		select {
		case err := <-shown:
			a.term.leave()
			return a.ended(m, err)
		case <-left:
			a.term.leave()
			_, err := fmt.Fprintf(m.stdout, "left %s, which goes on\n", a.name)
			return writeFailed(err)
		case sig := <-sigs:
			switch sig {
			case unix.SIGWINCH:
				far.Resize(a.size())
			case unix.SIGCONT: // of a STOP, during which the shell had the terminal
				a.term.retake()
				far.Resize(a.size())
			case unix.SIGTSTP: // keys of the terminal go to the process
			default:
				a.term.leave()
				return endedBy(sig)
			}
		}
	}
}

func (a *attachment) size() control.Size {
	cols, rows, err := term.GetSize(int(a.term.out.Fd()))
	if err != nil || cols == 0 || rows == 0 {
		return control.Size{Cols: 80, Rows: 24}
	}
	return control.Size{Cols: cols, Rows: rows}
}

// show shows what the process writes, until there is no more; then it sends why.
func (a *attachment) show() <-chan error {
	ended := make(chan error, 1)
	go func() {
		defer a.term.guard()
		for {
			shown, err := a.far.Next()
			if err == nil {
				err = a.write(shown)
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	return ended
}

func (a *attachment) write(s control.Shown) error {
	p := s.Data
	if p == nil {
		p = []byte("\r\n[" + oneLine(s.Notice) + "]\r\n")
	}
	return a.term.write(p, a.modes)
}

// send types what is typed here. The channel is closed when the keys to leave
// were typed, or when nobody can type any more.
func (a *attachment) send(typed <-chan []byte) <-chan struct{} {
	left := make(chan struct{})
	go func() {
		defer a.term.guard()
		defer close(left)
		hold := time.NewTimer(holdTime)
		defer hold.Stop()
		for {
			var pass []byte
			select {
			case keys, more := <-typed:
				var leave bool
				if pass, leave = a.leave.feed(keys); leave || !more {
					_, _ = a.far.Write(pass) // show tells if that is gone
					return
				}
				hold.Reset(holdTime)
			case <-hold.C:
				pass = a.leave.release()
			}
			_, _ = a.far.Write(pass)
		}
	}()
	return left
}

// ended says why there is nothing to be attached to any more. That the process
// or the app has ended, as the app says, is no failure of ours.
func (a *attachment) ended(m *program, why error) error {
	said := a.name + " has ended"
	var told *control.Error
	switch {
	case errors.As(why, &told):
		said = oneLine(told.Message)
	case !errors.Is(why, io.EOF):
		return a.r.explain(why)
	}
	_, err := fmt.Fprintln(m.stdout, said)
	return writeFailed(err)
}
