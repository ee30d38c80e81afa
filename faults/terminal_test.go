package faults

import (
	"os"
	"os/exec"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// runOnTerminal starts a command as the leader of a session with a terminal,
// and gives the terminal's other end.
func (b *bed) runOnTerminal(cmd *exec.Cmd) *os.File {
	opened, slave, err := pty.Open()
	b.check(err)
	defer slave.Close()
	b.check(pty.Setsize(opened, &pty.Winsize{Rows: 30, Cols: 100}))
	// Else the kernel throws away at ^C, ^\ and ^Z what was written and not read
	// yet, and last lines may be missing.
	stty := exec.Command("stty", "noflsh")
	stty.Stdin = slave
	b.check(stty.Run())
	master, err := closable(opened)
	b.check(err)
	cmd.Env = append(cmd.Env, "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	b.check(cmd.Start())
	b.follow(cmd, master)
	return master
}

// closable makes a file whose Close wakes who reads it: that of pty.Open does
// not.
func closable(f *os.File) (*os.File, error) {
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "terminal"), nil
}
