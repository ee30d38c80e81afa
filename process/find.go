package process

import (
	"bytes"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errTakenBack is said of a start that did not happen, for a stop came before.
var errTakenBack = errors.New("canceled")

// findPatience is how long the starts that come next wait for one.
const findPatience = time.Second

// found is what came of looking for a program.
type found struct {
	path string
	err  error
}

// find looks p's program up and touches what its start will touch: a file system
// may not answer. Where it is the fork that waits for one, all of us wait: the
// runtime does nothing else on its processor until the program has begun. It is
// not done where there is no answer yet.
func (p *Process) find() (f found, done bool) {
	if p.found == nil {
		p.found = make(chan found, 1)
		go p.look()
	}
	patience := time.NewTimer(findPatience)
	defer patience.Stop()
	select {
	case f := <-p.found:
		return f, true
	case <-p.cancel:
		return found{err: errTakenBack}, true
	case <-patience.C:
		return found{}, false
	}
}

func (p *Process) look() {
	_, _ = os.Stat(p.spec.Dir) // where the child will go
	path, err := LookPath(p.spec.Argv[0], p.spec.Dir, p.spec.Env)
	if err == nil {
		touch(under(p.spec.Dir, path), true)
	}
	p.found <- found{path, err}
}

// putOff lets the turn of p come again when there is an answer, or its start is
// taken back.
func (k *Keeper) putOff(p *Process) {
	select {
	case f := <-p.found:
		p.found <- f
	case <-p.cancel:
	case <-k.done:
		return
	}
	k.mu.Lock()
	k.pending = append(k.pending, p)
	k.mu.Unlock()
	wake(k.work)
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
