package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"ganger/control"
	"ganger/process"

	"golang.org/x/sys/unix"
)

// hold is what a run has outside of its app root: the lock, which says that it
// runs, the place of its socket and that of its histories. What cannot be had is
// left out, and the app runs without.
type hold struct {
	lock    *control.Lock     // nil: none
	socket  string            // "": none
	history string            // "": none
	made    *control.Listener // the socket; nil: none
	trouble string            // why something is missing, "" where nobody is told
}

// takeHold makes this run the only one of the app root. The error is a
// *control.HeldError where another runs; one that is stopping is waited for.
func (m *program) takeHold(a *app) (*hold, error) {
	h := &hold{socket: a.socketPath()}
	facts := control.Facts{PID: shellPID(), Since: time.Now(), State: control.Running, Version: version()}
	if h.socket != noSocket {
		facts.Socket = h.socket
	}
	lock, err := m.acquire(a.place.root, facts)
	folder := new(control.FolderError)
	switch {
	case errors.As(err, &folder) && m.apart:
		return nil, fileError(folder.Error(), folder.Hint)
	case errors.As(err, &folder):
		if h.socket != noSocket {
			h.trouble = troubleText(folder)
		}
	case err != nil:
		return nil, err
	default:
		h.lock = lock
		if err := h.fill(m.link); err != nil {
			lock.Release()
			return nil, fileError(fmt.Sprintf("cannot use the lock of %s: %v", a.place.root, err), "")
		}
	}
	if h.socket == noSocket {
		h.socket = ""
	}
	a.socket = h.socket
	return h, nil
}

// listen makes the socket, before there is a process that could use it: a
// connection is kept until it is served.
func (h *hold) listen() (err error) {
	if h.socket != "" {
		h.made, err = control.Listen(h.socket)
	}
	return err
}

func troubleText(e *control.FolderError) string {
	text := noCommands(e)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// fill gives the other half the lock too, and finds places beside it.
func (h *hold) fill(link *process.Link) error {
	if h.socket == "" {
		h.socket = h.lock.SocketPath()
	}
	var last control.Facts
	err := h.lock.Set(func(f *control.Facts) {
		if h.socket != noSocket {
			f.Socket = h.socket
		}
		last = *f
	})
	if err != nil || link == nil {
		return err
	}
	last.State = control.Stopping
	// It may replace a longer word than its own.
	return link.Share(h.lock.File(), string(last.Encode())+strings.Repeat(" ", len(control.Suspended)))
}

// acquire takes the lock, and waits for a run that is stopping.
func (m *program) acquire(root string, facts control.Facts) (*control.Lock, error) {
	const pause = 20 * time.Millisecond // between two looks
	tick := time.NewTicker(pause)
	defer tick.Stop()
	places, told := control.DefaultPlaces(), false
	if m.apart {
		places = places.Lasting()
	}
	unsaid := time.Now().Add(time.Second) // when a lock that says nothing is one of a run all the same
	for {
		lock, err := control.Acquire(places, root, facts)
		held := new(control.HeldError)
		if !errors.As(err, &held) {
			return lock, err
		}
		f := held.Facts
		switch {
		case f.PID == 0 && time.Now().Before(unsaid):
		case !ending(f):
			return nil, err
		case !told:
			told = true
			fmt.Fprintf(m.stderr, "the last run (pid %d) is still stopping: waiting for its end\n", f.PID)
		}
		<-tick.C
	}
}

// ending reports whether a run comes to its end: it says so, or who is to say so
// is gone.
func ending(f control.Facts) bool {
	return f.State == control.Stopping || f.PID != 0 && errors.Is(unix.Kill(f.PID, 0), syscall.ESRCH)
}

// noSocket is the path that stands for no socket.
const noSocket = "none"

// socketPath is what --socket says: a path, noSocket, or "" for the usual place.
func (a *app) socketPath() string {
	switch g := a.opts.get("socket").last(); {
	case g.text == "" || g.text == noSocket:
		return g.text
	case g.rank == fromDefaults:
		return absolute(a.place.root, g.text)
	default:
		return absolute(a.cwd, g.text)
	}
}

// dropForeignSocket forgets the GANGER_SOCKET of an app around us that is
// another than ours.
func (a *app) dropForeignSocket() {
	root, inside := a.outer.Lookup("GANGER_ROOT")
	o := a.opts.get("socket")
	if o == nil || !inside || sameFolder(root, a.place.root) {
		return
	}
	var own []given
	for _, g := range o.all {
		if g.rank != fromShell {
			own = append(own, g)
		}
	}
	o.all = own
}

// say changes what others read of the run's state.
func (h *hold) say(s control.State) {
	if h.lock != nil {
		_ = h.lock.Set(func(f *control.Facts) { f.State = s }) // it was written before
	}
}

// release ends the hold. Nothing of the app runs any more.
func (h *hold) release() {
	if h.made != nil {
		_ = h.made.Close() // where it was not served
	}
	if h.lock != nil {
		h.keepHistory()
		_ = h.lock.Release()
	}
}

// The folders of histories beside the lock: of the run that has it, and of the
// one before.
const (
	historyExt = ".history"
	lastExt    = ".last"
)

// makeHistory makes an empty folder for this run's histories. What is in it
// already a run has left that could not end itself.
func (h *hold) makeHistory() string {
	if h.lock == nil {
		return ""
	}
	h.history = h.lock.Path(historyExt)
	h.keepHistory()
	if err := os.Mkdir(h.history, 0o700); err != nil {
		h.history = "" // they are kept in memory
	}
	return h.history
}

// keepHistory makes the histories those of the last run.
func (h *hold) keepHistory() {
	if h.history == "" || !exists(h.history) {
		return
	}
	last := h.lock.Path(lastExt)
	if err := os.RemoveAll(last); err != nil {
		return
	}
	if err := os.Rename(h.history, last); err == nil { // else there is no last run to read
		_ = h.lock.Sign(last)
	}
}

// sweep removes what runs have left of app roots that are gone.
func sweep() { control.DefaultPlaces().Sweep(historyExt, lastExt, logExt) }
