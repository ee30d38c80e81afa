//go:build darwin || freebsd

package process

import (
	"errors"
	"os"
)

// terminal is nothing here: the system does not tell who reads it.
type terminal struct{}

func foregroundOf(*os.File) (terminal, error) { return terminal{}, errors.ErrUnsupported }

func (terminal) waits() InputWait { return NotWaiting }
