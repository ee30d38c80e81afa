//go:build darwin || freebsd

package process

import "os"

// rename does nothing: here a process's name is its file's, and argv[0] tells
// the halves apart.
func rename(string) {}

func ourselves() (string, error) { return os.Executable() }

// A mask that was blocked when we were started is handed on: x/sys has no
// sigprocmask here.
func maskIsEmpty() bool { return true }
func emptyMask()        {}
