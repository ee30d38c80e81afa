package process

import (
	"bytes"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// errTakenBack is said of a start that did not happen, for a stop came before.
var errTakenBack = errors.New("canceled")

// find looks the program up and touches what its start will touch, unless the
// process is to be killed: a file system may not answer. Where it is the fork that
// waits for one, all of us wait: the runtime does nothing else on its processor
// until the program has begun.
func (p *Process) find() (path string, err error) {
	type found struct {
		path string
		err  error
	}
	answer := make(chan found, 1)
	go func() {
		_, _ = os.Stat(p.spec.Dir) // where the child will go
		path, err := LookPath(p.spec.Argv[0], p.spec.Dir, p.spec.Env)
		if err == nil {
			touch(under(p.spec.Dir, path), true)
		}
		answer <- found{path, err}
	}()
	select {
	case f := <-answer:
		return f.path, f.err
	case <-p.end:
		return "", errTakenBack
	}
}

// scriptHead is how much exec reads of a script (BINPRM_BUF_SIZE).
const scriptHead = 256

// touch opens a program and reads what exec will read of it, and the same of the
// interpreter of a script. What cannot be opened can be run all the same, or exec
// says why not.
func touch(path string, script bool) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return // a pipe would be waited for
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	head := make([]byte, scriptHead)
	n, _ := unix.Pread(fd, head, 0)
	_ = unix.Close(fd)
	line, is := bytes.CutPrefix(head[:max(n, 0)], []byte("#!"))
	if !is || !script {
		return
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	if words := bytes.Fields(line); len(words) > 0 {
		touch(string(words[0]), false)
	}
}
