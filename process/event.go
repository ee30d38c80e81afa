package process

import (
	"os"
	"time"
)

// An Event is what the Keeper tells of one child: Delayed, Started, NotStarted,
// Exited, Left or Gone.
type Event interface{ event() }

// Delayed says that there is no answer yet from the file system that the program or
// its folder is in. Started or NotStarted follows.
type Delayed struct{}

// Started says that the program runs. The receiver owns the files.
type Started struct {
	PID    int
	At     time.Time
	Stdout *os.File // what it writes; a pty's master where TTY is set; nil if it is Direct
	Stderr *os.File // nil where both streams share Stdout
	TTY    bool
}

// NotStarted says that nothing runs and nothing follows.
type NotStarted struct {
	Err      error  // says why, without the process's name
	Status   Status // what a shell would report: 127 not found, 126 not executable
	Canceled bool   // a signal or Kill came before the start: not a failure
}

// Exited says that the first process has ended. Its descendants may live on,
// and hold its output open.
type Exited struct{ Status Status }

// Left says that the first process has ended and these of its tree have not.
// It is sent once for one end.
type Left struct{ Members []Member }

// Gone says that the whole tree has ended, as far as it is ours to end; the pid
// is free.
type Gone struct {
	// Killed are those that Kill ended, the first process not among them.
	Killed []Member
	// Foreign run as another user whom we may not signal. They live on; with
	// the first process among them there was no Exited.
	Foreign []Member
}

func (Delayed) event()    {}
func (Started) event()    {}
func (NotStarted) event() {}
func (Exited) event()     {}
func (Left) event()       {}
func (Gone) event()       {}

// A Member is one process of a tree.
type Member struct {
	PID     int
	Command string // its program's name as the kernel knows it, at most 15 bytes on Linux
	Escaped bool   // it had left the group of the first process
}
