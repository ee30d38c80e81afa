//go:build darwin || freebsd

package process

// rename does nothing: here a process's name is its file's, and argv[0] tells
// the halves apart.
func rename(string) {}

// A mask that was blocked when we were started is handed on: x/sys has no
// sigprocmask here.
func maskIsEmpty() bool { return true }
func emptyMask()        {}
