package process

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"ganger/process/half"
)

// MarkVar is the variable that names the process in its descendants'
// environment: "web.1". A ganger inside another appends: "web.1/api.1".
const MarkVar = "GANGER_PROCESS"

// RunVar names the run, by the pid of its supervisor, for systems that do not
// give us our orphans.
const RunVar = "GANGER_RUN"

func runID() string { return strconv.Itoa(os.Getpid()) }

// spawnCount tells the tree keeper whether a fork was under way while it
// looked: a child that it does not know may then be one of ours. Odd: under way.
type spawnCount struct{ n atomic.Uint64 }

func (c *spawnCount) begin()                   { c.n.Add(1) }
func (c *spawnCount) end()                     { c.n.Add(1) }
func (c *spawnCount) now() uint64              { return c.n.Load() }
func (c *spawnCount) underWay() bool           { return c.n.Load()%2 == 1 }
func (c *spawnCount) quietSince(n uint64) bool { return n%2 == 0 && c.n.Load() == n }

// spawnLoop starts processes one after another, in the order asked for but for
// those that are put off.
func (k *Keeper) spawnLoop() {
	defer k.loops.Done()
	if !maskIsEmpty() {
		// A child inherits the mask of the thread that forks. Only then: a
		// goroutine that owns its thread is slow to wake.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		emptyMask()
	}
	for {
		select {
		case <-k.work:
		case <-k.done:
			return
		}
		for p := k.nextPending(); p != nil; p = k.nextPending() {
			ev := k.spawn(p)
			p.notify(ev)
			if _, is := ev.(Delayed); is {
				go k.putOff(p)
				k.findAhead()
			}
			k.afterSpawn(p)
		}
	}
}

func (k *Keeper) nextPending() *Process {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.pending) == 0 {
		k.pending = nil
		return nil
	}
	p := k.pending[0]
	k.pending = k.pending[1:]
	return p
}

// spawn starts p and says what came of it.
func (k *Keeper) spawn(p *Process) Event {
	k.mu.Lock()
	canceled := p.canceled
	k.mu.Unlock()
	if canceled {
		return takenBack()
	}
	program, done := p.find()
	switch {
	case !done:
		return Delayed{}
	case program.err == errTakenBack:
		return takenBack()
	case program.err != nil:
		return notStarted(program.err)
	}
	path := program.path
	s, err := k.openStreams(p.spec)
	if err != nil {
		return notStarted(err)
	}
	attr := &syscall.ProcAttr{
		Dir: p.spec.Dir,
		Env: k.mark(p.spec),
		Files: []uintptr{
			fdOf(s.child[0]), fdOf(s.child[1]), fdOf(s.child[2]),
		},
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: s.tty, Ctty: 1},
	}
	k.spawns.begin()
	defer k.spawns.end()
	at := time.Now()
	pid, err := fork(path, p.spec.Argv, attr)
	if err == syscall.ENOEXEC {
		// A script without #! : a shell runs it itself, so do we.
		argv := append([]string{"/bin/sh", path}, p.spec.Argv[1:]...)
		pid, err = fork("/bin/sh", argv, attr)
	}
	if err != nil {
		s.drop()
		return notStarted(explain(err, path, p.spec.Dir))
	}
	s.handedOver()
	k.mu.Lock()
	p.pid, p.phase = pid, begun
	if s.tty {
		p.master = s.out
	}
	k.first[pid] = p
	// A session may have come or gone since the pty was made.
	k.resize(p.spec.Name)
	k.mu.Unlock()
	k.tellSessions(p.spec.Name, Life{PID: pid, TTY: s.tty})
	return Started{PID: pid, At: at, Stdout: s.out, Stderr: s.err, TTY: s.tty}
}

// fork starts a program, with the timer slack that we were started with: ours is
// wider.
func fork(path string, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	if slack := half.Slack(); slack > 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		half.SetTimerSlack(slack)
		defer half.SetTimerSlack(0)
	}
	pid, _, err = syscall.StartProcess(path, argv, attr)
	return pid, err
}

// afterSpawn begins to watch for p's end: after Started was told, so that its
// events come in order.
func (k *Keeper) afterSpawn(p *Process) {
	k.mu.Lock()
	started := p.phase == begun
	if started {
		p.phase = running
	}
	asked := p.killing || len(p.rest) > 0
	k.mu.Unlock()
	if started {
		k.watchExit(p)
	}
	if asked {
		wake(k.look)
	}
	k.letLook()
}

// letLook has a look that could not tell our children from strays, since a fork
// was under way, come before the next fork.
func (k *Keeper) letLook() {
	select {
	case <-k.sure: // of a time before
	default:
	}
	if !k.unsure.Load() {
		return
	}
	wake(k.look)
	select {
	case <-k.sure:
	case <-k.done:
	}
}

// exited takes note that the first process has become a zombie. Of two who saw
// it at one moment the first tells; the other may come when it is long gone. Its
// tree is to be looked at next.
func (k *Keeper) exited(p *Process, status Status) {
	k.mu.Lock()
	first := p.phase == running
	if first {
		p.phase, p.endedAt = ended, time.Now()
	}
	k.mu.Unlock()
	if first {
		p.notify(Exited{status})
		k.mu.Lock()
		p.told = true
		k.mu.Unlock()
	}
}

func takenBack() NotStarted { return NotStarted{Err: errTakenBack, Canceled: true} }

func notStarted(err error) NotStarted {
	status := Status{Code: StatusNotExecutable}
	var ee *ExecError
	if errors.As(err, &ee) {
		status.Code = ee.Status
	}
	return NotStarted{Err: err, Status: status}
}

// mark is the child's environment with the names that say whose it is.
func (k *Keeper) mark(spec Spec) []string {
	value := spec.Name
	if k.shellMark != "" {
		value = k.shellMark + "/" + spec.Name
	}
	env := make([]string, 0, len(spec.Env)+2)
	for _, v := range spec.Env {
		if !strings.HasPrefix(v, MarkVar+"=") && !strings.HasPrefix(v, RunVar+"=") {
			env = append(env, v)
		}
	}
	return append(env, MarkVar+"="+value, RunVar+"="+runID())
}

// fdOf gives a descriptor for a child. File.Fd makes it a blocking one, as
// children expect.
func fdOf(f *os.File) uintptr { return f.Fd() }
