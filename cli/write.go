package cli

import (
	"errors"
	"fmt"
	"syscall"
)

// statusPipe is 128 and SIGPIPE: the reader of our output went away.
const statusPipe = 141

// writeFailed gives an error of writing our output its words and its status.
// Where SIGPIPE is not ignored it has ended us before.
func writeFailed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE):
		return silent{statusPipe}
	}
	return fileError(fmt.Sprintf("cannot write: %v", bare(err)), "")
}
