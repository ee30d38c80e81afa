package process

import (
	"errors"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Keeper starts the processes of one run and keeps account of their trees
// until the last of each is gone. Its methods do not wait.
type Keeper struct {
	ignored   []syscall.Signal // as we were started
	shellMark string           // our own GANGER_PROCESS, to which children append

	mu      sync.Mutex
	first   map[int]*Process // by pid: started by us and not yet reaped
	pending []*Process       // to be started, in order
	strays  map[int]*Process // our children that we did not start, and who seems to have orphaned them
	// lost are those that we started and gave up alive. The system may not list
	// them with the strays: they are children of the thread that forked them.
	lost   map[int]bool
	window Size
	// sessions are those at the terminals, by process name.
	sessions map[string][]*Session
	blind    bool // the system does not show processes (/proc is not mounted)

	spawns spawnCount
	unsure atomic.Bool   // a look could not tell a child of ours from a stray
	sure   chan struct{} // the next one could
	misses misses        // the tree loop's alone
	work   chan struct{} // there is something in pending
	look   chan struct{} // a tree may have changed
	chld   chan os.Signal
	done   chan struct{}
	loops  sync.WaitGroup

	quiet struct{ r, w *os.File } // see silence; the spawner's alone
}

// NewKeeper makes this process the reaper of every orphan among its
// descendants (where the system can) and begins to keep account.
func NewKeeper(window Size) (*Keeper, error) {
	err := becomeSubreaper()
	k := &Keeper{
		shellMark: os.Getenv(MarkVar),
		first:     make(map[int]*Process),
		lost:      make(map[int]bool),
		sessions:  make(map[string][]*Session),
		window:    window,
		work:      make(chan struct{}, 1),
		look:      make(chan struct{}, 1),
		sure:      make(chan struct{}, 1),
		chld:      make(chan os.Signal, 1),
		done:      make(chan struct{}),
	}
	fillReserve()
	readyToEndThreads()
	k.ignored = catchIgnored()
	k.loops.Add(2)
	go k.spawnLoop()
	go k.treeLoop()
	return k, err
}

// Start queues spec to be started and returns at once. Starts happen one after
// another in the order of the calls, but for one that is Delayed. notify is called from the Keeper's
// goroutines, one event at a time for each process, and must not wait.
func (k *Keeper) Start(spec Spec, notify func(Event)) *Process {
	p := &Process{k: k, spec: spec, notify: notify, input: make(chan struct{}, 1), over: make(chan struct{}), cancel: make(chan struct{})}
	k.mu.Lock()
	k.pending = append(k.pending, p)
	k.mu.Unlock()
	wake(k.work)
	return p
}

// Resize tells every pty the window's new size, but for those at which somebody
// sits.
func (k *Keeper) Resize(window Size) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.window = window
	for _, p := range k.first {
		if p.master != nil {
			setSize(p.master, k.sizeOf(p.spec.Name))
		}
	}
}

// Close ends what is left of the run, whosever it is: every descendant that no
// tree claimed gets TERM and CONT, and KILL after timeout, or once now is closed.
// It returns those that had to be ended and those of them that did not end within
// five seconds of KILL, and is called when every process is Gone.
func (k *Keeper) Close(timeout time.Duration, leave []string, now <-chan struct{}) (strays, left []Member) {
	close(k.done)
	k.loops.Wait()
	signal.Stop(k.chld)
	strays, left = sweep(timeout, leave, nil, now)
	if k.quiet.r != nil {
		k.quiet.r.Close()
		k.quiet.w.Close()
	}
	return strays, left
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// A Process is one child and its tree.
type Process struct {
	k      *Keeper
	spec   Spec
	notify func(Event)
	input  chan struct{} // holds a token while somebody writes to its terminal
	over   chan struct{} // closed when it is gone
	cancel chan struct{} // closed when its start is taken back
	found  chan found    // nil: its program was not looked for yet
	sought time.Time     // when that began

	// Guarded by the Keeper's lock.
	pid      int
	master   *os.File // the pty's, for its size and its input
	writer   *Session // whose write to master is under way
	canceled bool
	phase    phase
	told     bool // Exited was sent
	left     bool // Left was sent
	rest     []restSignal
	killing  bool
	killed   map[Member]bool
	foreign  map[Member]bool // those that we may not signal
	claimed  bool            // its orphans were looked for
	endedAt  time.Time       // when its end was seen
	killedAt time.Time       // when KILL was first sent
}

// restSignal is a signal for all but the first process of a tree.
type restSignal struct {
	request
	elsewhere bool // only for those outside of its group
}

// phase is how far a process has come.
type phase uint8

const (
	queued phase = iota
	begun        // the program runs, and Started was not told yet
	running
	ended // its first process is a zombie that we keep
	gone
)

// errGone says that there is nobody to be signalled.
var errGone = errors.New("no such process")

// Cancel prevents a start that has not happened yet; the process then ends in
// NotStarted with Canceled set. It does nothing to one that runs.
func (p *Process) Cancel() {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	if !p.canceled {
		close(p.cancel)
	}
	p.canceled = true
}

// Signal sends sig to the first process alone, then CONT, since a stopped
// process leaves other signals pending.
func (p *Process) Signal(sig syscall.Signal) error {
	return p.signal(p.first, sig)
}

// SignalGroup sends sig to the process's own group, then CONT.
func (p *Process) SignalGroup(sig syscall.Signal) error {
	return p.signal(p.group, sig)
}

func (p *Process) first() int { return p.pid }
func (p *Process) group() int { return -p.pid }

// signal holds the lock, so that nobody reaps the first process meanwhile: as
// long as it is not reaped its pid and its group are its own.
func (p *Process) signal(target func() int, sig syscall.Signal) error {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	switch p.phase {
	case begun, running, ended:
	default:
		return errGone
	}
	err := unix.Kill(target(), sig)
	if err == nil && !jobControl(sig) {
		err = unix.Kill(target(), unix.SIGCONT)
	}
	return err
}

// SignalRest sends sig, then CONT, to every process of the tree but the first,
// wherever it went; with elsewhere only to those that left its group.
func (p *Process) SignalRest(sig syscall.Signal, elsewhere bool) {
	p.k.mu.Lock()
	p.rest = append(p.rest, restSignal{request{sig: sig}, elsewhere})
	p.k.mu.Unlock()
	wake(p.k.look)
}

// Kill ends the whole tree, and what it forks meanwhile.
func (p *Process) Kill() {
	p.Cancel()
	p.k.mu.Lock()
	p.killing = true
	p.k.mu.Unlock()
	wake(p.k.look)
}

// PID is the pid of the first process, 0 before the start.
func (p *Process) PID() int {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	return p.pid
}
