package process

import "golang.org/x/sys/unix"

func pipe2(fd *[2]int) error { return unix.Pipe2(fd[:], unix.O_CLOEXEC) }
