package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// pathSize is the longest path that every system's sockaddr_un takes: 104 bytes
// with a NUL on the BSDs, 108 on Linux.
const pathSize = 100

// ownSize is room for the name that a socket is made under.
const ownSize = 30

// Listen makes the socket at path, which only its owner may open, and puts it
// in the place of one that nobody listens at any more. The caller holds the
// lock, so that no two do this at once. Where somebody answers, or something
// else than a socket is in the way, the error is an [*InUseError].
func Listen(path string) (*Listener, error) {
	if err := free(path); err != nil {
		return nil, err
	}
	// Made under a name of its own and then renamed, it is never seen with
	// another mode, and replaces the stale one in one step.
	short, done, err := shorten(filepath.Dir(path), pathSize-ownSize)
	if err != nil {
		return nil, fmt.Errorf("cannot make the socket %q: %w", path, err)
	}
	defer done()
	own := filepath.Join(short, ".ganger-"+strconv.Itoa(os.Getpid()))
	os.Remove(own) // of one that had our pid and was killed right here
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: own, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("cannot make the socket %q: %w", path, bare(err))
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(own, 0o600)
	if err == nil {
		err = os.Rename(own, filepath.Join(short, filepath.Base(path)))
	}
	if err != nil {
		l.Close()
		os.Remove(own)
		return nil, fmt.Errorf("cannot make the socket %q: %w", path, bare(err))
	}
	made, _ := os.Lstat(path)
	return &Listener{unix: l, path: path, made: made, max: maxConns, conns: make(map[*conn]struct{}), excess: make(map[*net.UnixConn]struct{})}, nil
}

// InUseError says why a socket cannot be at a path.
type InUseError struct {
	Path   string
	Answer bool // somebody answers there; else it is no socket
}

func (e *InUseError) Error() string {
	if e.Answer {
		return fmt.Sprintf("cannot make the socket %q: another app answers there", e.Path)
	}
	return fmt.Sprintf("cannot make the socket %q: there is something else of this name", e.Path)
}

// free says whether a socket may be put at path.
func free(path string) error {
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot make the socket %q: %w", path, bare(err))
	case st.Mode().Type() != os.ModeSocket:
		return &InUseError{Path: path}
	}
	conn, err := dialUnix(context.Background(), path)
	if err == nil {
		conn.Close()
	}
	// Anything but a refusal may be somebody who is too busy to answer.
	if err == nil || !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ENOENT) {
		return &InUseError{Path: path, Answer: true}
	}
	return nil
}

// dialUnix connects to the socket at path, however long that is.
func dialUnix(ctx context.Context, path string) (*net.UnixConn, error) {
	short, done, err := shorten(path, pathSize)
	if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", short)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}

// shorten gives a path of at most so many bytes: the path itself, or a link to it
// that is there until done. So a socket is made and found in a folder however
// deep, on every system and without a change of the working folder, which all
// threads share.
func shorten(path string, size int) (short string, done func(), err error) {
	if len(path) <= size {
		return path, func() {}, nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp(tempDir(), "ganger-link-")
	if err != nil {
		return "", nil, fmt.Errorf("its path is too long, and there is no place for a link to it: %w", bare(err))
	}
	done = func() { os.RemoveAll(dir) }
	short = filepath.Join(dir, "l")
	if err := os.Symlink(abs, short); err != nil {
		done()
		return "", nil, bare(err)
	}
	return short, done, nil
}

// tempDir is the folder for short-lived things with short names. TMPDIR is not
// asked first, because it may be anything.
func tempDir() string {
	if st, err := os.Stat("/tmp"); err == nil && st.IsDir() {
		return "/tmp"
	}
	return os.TempDir()
}

// bare is an error without the paths that its message would repeat.
func bare(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	return cmp.Or(errors.Unwrap(err), err)
}
