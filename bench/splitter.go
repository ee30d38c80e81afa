package main

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// readLines reads the descriptor to its end and hands each line on without its
// newline; a piece that was left unfinished is a line. It ends early when stop
// says so. A blocking read on a plain descriptor is what `cat` does; the
// poller of package os would be part of the figure.
func readLines(fd int, line func([]byte), read func(n int), stop func() bool) error {
	buffer := make([]byte, 256<<10)
	kept := 0
	for !stop() {
		if kept == len(buffer) { // no line here is that long: it is torn
			line(buffer)
			kept = 0
		}
		n, err := unix.Read(fd, buffer[kept:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EIO): // a pty's way to say it is closed
			err = io.EOF
		case n == 0 && err == nil:
			err = io.EOF
		}
		if err != nil {
			if kept > 0 {
				line(buffer[:kept])
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		rest := buffer[:kept+n]
		for {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			line(rest[:i])
			rest = rest[i+1:]
		}
		kept = copy(buffer, rest)
		read(n)
	}
	return nil
}
