package control

import (
	"bytes"
	"context"
	"encoding/json"
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

	// waitTime is the pause between two looks at a lock that is waited for.
	waitTime = 20 * time.Millisecond

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
	if err := l.write(facts); err != nil {
		l.Release()
		return nil, &FolderError{Dir: dir, Problem: bare(err).Error(), err: err}
	}
	return l, nil
}

// AcquireWait is Acquire that waits until another run has stopped, or until ctx
// ends: its error is the HeldError then.
func AcquireWait(ctx context.Context, p Places, root string, facts Facts) (*Lock, error) {
	for tick := time.NewTicker(waitTime); ; {
		l, err := Acquire(p, root, facts)
		if held := new(HeldError); !errors.As(err, &held) {
			tick.Stop()
			return l, err
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil, err
		case <-tick.C:
		}
	}
}

// open opens and locks the file.
func (l *Lock) open() error {
	for try := 0; ; {
		f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return &FolderError{Dir: filepath.Dir(l.path), Problem: bare(err).Error(), err: err}
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
			return &FolderError{Dir: filepath.Dir(l.path), Problem: bare(err).Error(), err: err}
		case !sameFile(f, l.path): // its last holder removed it after we opened it
			f.Close()
		default:
			// What a killed run said is not said of this one.
			if err := f.Truncate(0); err != nil {
				f.Close()
				return &FolderError{Dir: filepath.Dir(l.path), Problem: bare(err).Error(), err: err}
			}
			// systemd-tmpfiles, and whoever else follows the XDG rules, lets a
			// file with the sticky bit be. Elsewhere it may be refused.
			_ = f.Chmod(0o600 | os.ModeSticky)
			l.file = f
			return nil
		}
	}
}

// Inherit gives the lock that another process took, from its File and the path
// of that: Path(".lock") there. Whoever is last calls Release, the others Leave.
func Inherit(f *os.File, path string) (*Lock, error) {
	facts, err := readFacts(f)
	if err != nil {
		return nil, fmt.Errorf("cannot read the lock %q: %w", path, bare(err))
	}
	return &Lock{file: f, path: path, facts: facts}, nil
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
	facts := l.facts
	l.mu.Unlock()
	change(&facts)
	return l.write(facts)
}

// write writes the facts in one go, over all that was there: a reader takes no
// lock.
func (l *Lock) write(facts Facts) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	text, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	st, err := l.file.Stat()
	if err != nil {
		return err
	}
	// Spaces over what was longer: cut first, the file would be empty for a
	// moment.
	if more := min(int(st.Size()), maxFacts) - len(text); more > 0 {
		text = append(text, bytes.Repeat([]byte{' '}, more)...)
	}
	if _, err := l.file.WriteAt(text, 0); err != nil {
		return err
	}
	l.facts = facts
	return nil
}

// Release lets the lock go and removes its file. Where another process has the
// file too, the lock is that one's from then on, and nobody finds it by name:
// so that one has to be gone first.
func (l *Lock) Release() error {
	if sameFile(l.file, l.path) {
		os.Remove(l.path)
	}
	return l.file.Close()
}

// Leave closes the lock without an end to it: it goes on with the process that
// was given its File.
func (l *Lock) Leave() error { return l.file.Close() }
