package process

import (
	"bytes"
	"errors"
	"os"
	"slices"
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
	p.beginFind()
	select {
	case f := <-p.found: // also where its time is up
		return f, true
	default:
	}
	patience := time.NewTimer(findPatience - time.Since(p.sought))
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

// beginFind begins to look, once.
func (p *Process) beginFind() {
	if p.found == nil {
		p.found, p.sought = make(chan found, 1), time.Now()
		go p.look()
	}
}

// findAhead looks for the programs of all that are to be started: those behind one
// that is put off may be in the same file system, and need not wait one after
// another.
func (k *Keeper) findAhead() {
	k.mu.Lock()
	pending := slices.Clone(k.pending)
	k.mu.Unlock()
	for _, p := range pending {
		p.beginFind()
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
	// Raw calls, which cost a restart less than os.File.
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	for err == unix.EINTR {
		fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return
	}
	head := make([]byte, scriptHead)
	n, err := unix.Read(fd, head)
	for err == unix.EINTR {
		n, err = unix.Read(fd, head)
	}
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
