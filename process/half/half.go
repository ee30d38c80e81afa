// Package half starts the back, the second of the two processes that ganger is.
//
// It imports next to nothing. A package is initialised as soon as those that it
// imports are, and this one starts the back right then where the command line
// says plainly that this is a start: the front has no use for what is initialised
// afterwards, most of the program, and the back would wait for it. It saves a
// tenth of the time to the first process. Even fmt or strings would delay it: they
// wait for the tables of unicode, and those for most of the rest.
package half

import (
	"os"
	"path"
	"runtime"
	"strconv"
	"syscall"
)

// Name is argv[0] and the process name of the back, so that `pkill -x ganger`
// reaches the front alone.
const Name = "ganger-back"

// linkVar tells the back which descriptor leads to the front.
const linkVar = "GANGER_LINK"

// Back is the back as it was started, or why it was not.
type Back struct {
	PID  int
	Link int // the descriptor of a socket, the other end of which is the back's Link
	Err  error
}

// begun is the back that is on its way before anything else is, nil where the
// command line has to be read first.
var begun = begin()

func begin() *Back {
	if !plainStart(os.Args) || !Two() {
		return nil
	}
	b := Start(os.Args[1:])
	return &b
}

// Begun returns the back that is on its way already, nil if there is none.
func Begun() *Back { return begun }

// detachFlag says that the front is to be a process that is yet to be started.
const detachFlag = "--detach"

// plainStart reports whether a command line is that of a start, and nothing else
// than one in the background. Another program that has this package, as tests
// have, does not have the name.
func plainStart(args []string) bool {
	if len(args) < 2 || path.Base(args[0]) != "ganger" || args[1] != "start" {
		return false
	}
	for _, arg := range args[2:] {
		if len(arg) >= len(detachFlag) && arg[:len(detachFlag)] == detachFlag {
			return apart
		}
	}
	return true
}

// Two reports whether a run needs two halves: not as PID 1, whose death the
// kernel answers by ending all others.
func Two() bool { return os.Getpid() != 1 }

// Start starts this program once more as the back, in a session of its own, so
// that the terminal's signals and its hangup reach the front alone. It is called
// before anything else is forked.
func Start(args []string) Back {
	self, err := ourselves()
	if err != nil {
		return Back{Err: err}
	}
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return Back{Err: err}
	}
	syscall.CloseOnExec(fds[0])
	attr := &syscall.ProcAttr{
		Env:   append(os.Environ(), linkVar+"="+strconv.Itoa(fds[1])),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	}
	// It is the thread that forks whose slack the back begins with.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if ours := timerSlack(); ours > 0 && ours < backSlack {
		attr.Env = append(attr.Env, slackVar+"="+strconv.FormatUint(uint64(ours), 10))
		SetTimerSlack(backSlack)
		defer SetTimerSlack(0)
	}
	// One fork happens in the life of the front, and this descriptor is to
	// reach the child: so it is the only one without close-on-exec.
	pid, _, err := syscall.StartProcess(self, append([]string{Name}, args...), attr)
	_ = syscall.Close(fds[1])
	if err != nil {
		_ = syscall.Close(fds[0])
		return Back{Err: &os.PathError{Op: "exec", Path: self, Err: err}}
	}
	return Back{PID: pid, Link: fds[0]}
}

// Link returns the descriptor that leads to the front, once; false where this is
// not the back.
func Link() (fd int, is bool) {
	if len(os.Args) == 0 || os.Args[0] != Name {
		return 0, false
	}
	fd, err := strconv.Atoi(os.Getenv(linkVar))
	if err != nil {
		return 0, false
	}
	_ = os.Unsetenv(linkVar)
	syscall.CloseOnExec(fd)
	return fd, true
}
