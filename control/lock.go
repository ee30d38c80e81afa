package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	lockExt   = ".lock"
	socketExt = ".sock"

	// lookTime is how long a reader that only tries the lock may be in the way,
	// and lookTries how often we believe that it is one.
	lookTime  = 5 * time.Millisecond
	lookTries = 5

	maxFacts = 64 << 10 // bytes of a lock file
)

// Facts are what the holder of a lock says of itself. They can be read also
// when it is stopped and cannot answer.
type Facts struct {
	PID     int       `json:"pid"` // the one to signal
	Root    string    `json:"root"`
	Since   time.Time `json:"since"`
	State   State     `json:"state"`            // running, suspended or stopping
	Socket  string    `json:"socket,omitempty"` // "": none
	Version string    `json:"version,omitempty"`
}

// A Lock is held by the one run that an app root has.
type Lock struct {
	file *os.File
	path string

	mu    sync.Mutex
	facts Facts
}

// HeldError says that the app runs already, or has not stopped yet.
type HeldError struct {
	Facts Facts // of the run that has the lock; zero where it has not said yet
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("the app of %q is running already, as pid %d", e.Facts.Root, e.Facts.PID)
}

// Acquire takes the lock of an app root, and leaves the facts for others to
// read. Facts.Root is set to root. Another run makes it a [*HeldError], a folder
// that cannot be used a [*FolderError].
//
// It is held until Release, or until each process that has its [Lock.File] has
// ended.
func Acquire(p Places, root string, facts Facts) (*Lock, error) {
	dir, err := p.make()
	if err != nil {
		return nil, err
	}
	facts.Root = root
	l := &Lock{path: filepath.Join(dir, nameOf(root)+lockExt)}
	if err := l.open(); err != nil {
		return nil, err
	}
	// One that was started with another environment has its lock elsewhere. To
	// look after our own is taken lets two that start at once never both run.
	other, err := p.find(root, dir)
	if err == nil {
		l.Release()
		return nil, &HeldError{Facts: other}
	}
	if err := l.Set(func(f *Facts) { *f = facts }); err != nil {
		l.Release()
		return nil, unusable(dir, err)
	}
	return l, nil
}

// open opens and locks the file.
func (l *Lock) open() error {
	for try := 0; ; {
		f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return unusable(filepath.Dir(l.path), err)
		}
		err = flock(f, unix.LOCK_EX)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			facts, _ := readFacts(f)
			f.Close()
			if try++; try == lookTries {
				return &HeldError{Facts: facts}
			}
			time.Sleep(lookTime)
		case err != nil:
			f.Close()
			return unusable(filepath.Dir(l.path), err)
		case !sameFile(f, l.path): // its last holder removed it after we opened it
			f.Close()
		default:
			// What a killed run said is not said of this one.
			if err := writeFacts(f, nil); err != nil {
				f.Close()
				return unusable(filepath.Dir(l.path), err)
			}
			// systemd-tmpfiles, and whoever else follows the XDG rules, lets a
			// file with the sticky bit be. Elsewhere it may be refused.
			_ = f.Chmod(0o600 | os.ModeSticky)
			l.file = f
			return nil
		}
	}
}

// SocketPath is where the app's socket belongs if nothing else was asked for.
func (l *Lock) SocketPath() string { return l.Path(socketExt) }

// Path is a path in the runtime folder for something else of the app, which
// ends in ext. It is the same in each of its runs.
func (l *Lock) Path(ext string) string {
	return l.path[:len(l.path)-len(lockExt)] + ext
}

// File is what holds the lock. A process that is given it holds the lock too.
func (l *Lock) File() *os.File { return l.file }

// Set changes what others read.
func (l *Lock) Set(change func(*Facts)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	facts := l.facts
	change(&facts)
	if err := writeFacts(l.file, facts.Encode()); err != nil {
		return err
	}
	l.facts = facts
	return nil
}

// Release lets the lock go and removes its file. A process that has the file too
// has a lock then that nobody finds any more.
func (l *Lock) Release() error {
	if sameFile(l.file, l.path) {
		os.Remove(l.path)
	}
	return l.file.Close()
}
