package process

import (
	"fmt"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// openStreams makes the pipes or the pty of one child.
func (k *Keeper) openStreams(spec Spec) (*streams, error) {
	if spec.Direct {
		return &streams{child: [3]*os.File{os.Stdin, os.Stdout, os.Stderr}}, nil
	}
	s := &streams{tty: spec.TTY}
	var err error
	if spec.TTY {
		k.mu.Lock()
		size := k.sizeOf(spec.Name)
		k.mu.Unlock()
		err = s.openTTY(size)
	} else {
		err = s.openPipes(spec.Separate)
	}
	if err != nil {
		return nil, err
	}
	if err := k.openStdin(s, spec.Stdin); err != nil {
		s.drop()
		return nil, err
	}
	return s, nil
}

func (s *streams) openTTY(size Size) error {
	master, slave, err := pty.Open()
	if err != nil {
		return fmt.Errorf("no pty to be had: %w", err)
	}
	s.out, err = pollable(master)
	if err != nil {
		slave.Close()
		return fmt.Errorf("no pty to be had: %w", err)
	}
	setSize(s.out, size)
	s.child = [3]*os.File{slave, slave, slave}
	s.closer = append(s.closer, slave)
	return nil
}

// pollable replaces a file by one that waits in the runtime's poller. pty.Open
// has used File.Fd on it, which makes a file block for good.
func pollable(f *os.File) (*os.File, error) {
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// setSize sets a terminal's size. Where that fails it stays 0x0, which programs
// take for "unknown"; a master that is closed has nobody who would look.
func setSize(master *os.File, size Size) {
	conn, err := master.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: size.Rows, Col: size.Cols})
	})
}

func (s *streams) openPipes(separate bool) error {
	r, w, err := pipe()
	if err != nil {
		return err
	}
	s.out, s.child[1], s.child[2] = r, w, w
	s.closer = append(s.closer, w)
	if !separate {
		return nil
	}
	if r, w, err = pipe(); err != nil {
		s.drop()
		return err
	}
	s.err, s.child[2] = r, w
	s.closer = append(s.closer, w)
	return nil
}

func (k *Keeper) openStdin(s *streams, in Stdin) error {
	switch {
	case in == StdinOurs:
		s.child[0] = os.Stdin
	case in == StdinNull:
		null, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		s.child[0] = null
		s.closer = append(s.closer, null)
	case s.child[0] == nil:
		silent, err := k.silence()
		if err != nil {
			return err
		}
		s.child[0] = silent
	}
	return nil
}

// silence is the read end of a pipe whose write end we keep and never write:
// one serves all children, since there is nothing to take from each other.
func (k *Keeper) silence() (*os.File, error) {
	if k.quiet.r == nil {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("no pipe for stdin: %w", err)
		}
		k.quiet.r, k.quiet.w = r, w
	}
	return k.quiet.r, nil
}

// pipe gives a read end that waits in the runtime's poller and a write end
// that blocks as a child expects it.
func pipe() (r, w *os.File, err error) {
	var fd [2]int
	if err := pipe2(&fd); err != nil {
		return nil, nil, fmt.Errorf("no pipe for its output: %w", err)
	}
	if err := unix.SetNonblock(fd[0], true); err != nil {
		unix.Close(fd[0])
		unix.Close(fd[1])
		return nil, nil, fmt.Errorf("no pipe for its output: %w", err)
	}
	return os.NewFile(uintptr(fd[0]), "output"), os.NewFile(uintptr(fd[1]), "output"), nil
}
