package output

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// ErrBlocked says that what is left could not be written in the time given,
// because whoever reads the output does not.
var ErrBlocked = errors.New("cannot write the last lines: the reader does not read")

// Options say where the lines go and what they look like.
type Options struct {
	// Out takes the labelled stream. It is written with plain blocking
	// writes and its mode is left as it is. It must stay open until Close
	// has returned nil.
	Out *os.File
	// Terminal says that Out is a terminal: what would move its cursor,
	// clear it or set its title is taken out of the children's lines.
	Terminal bool
	// Color gives each process type a colour, for its labels.
	Color bool
	// Timestamps stand before the name in a label.
	Timestamps Timestamps
	// NoPrefix leaves the labels away, timestamps included.
	NoPrefix bool
	// JSON writes one object a line in place of labels and text.
	JSON bool
	// History is how many bytes are kept a process name; 0 means 256 KiB,
	// less than 0 none.
	History int
	// HistoryDir is a folder of the owner's alone, and of this run's, for
	// one file a process name: the histories are kept there, for
	// OpenHistory, and survive us however we end. It should be in memory
	// (tmpfs): a disk that is busy would hold up the output. Nobody may cut
	// the files short. Empty means that they are kept on the heap, as they
	// are, after a line that says so, when the files cannot be written.
	HistoryDir string
	// LogDir is a folder for one file a process name, NAME.log, which is
	// appended to; empty means no files. It is made if it is missing.
	LogDir string
	// Widen makes a pipe hold size bytes, where the system lets us; it may be nil.
	// It is called for Out, and for the pipe of a process that has filled
	// its own: the pages of all pipes of a user are limited, so those that
	// write little keep what they have.
	Widen func(fd uintptr, size int)
	// Now is the clock of the timestamps; nil means time.Now.
	Now func() time.Time
	// Prompt is called when a process has left a line unfinished on its
	// terminal for a second: maybe it waits for input. It returns whether
	// that was so; then it is not called again for that line. It may take
	// its time, and may be nil.
	Prompt func(Prompt) bool
	// Failed is called once, on a goroutine of its own, when Out cannot be
	// written: syscall.EPIPE, ENOSPC, EIO and so on. From then on
	// everything is read and thrown away, so that no child blocks; the
	// history goes on. It may be nil.
	Failed func(error)
}

const defaultHistory = 256 << 10

// Mux merges the output of many processes into one stream. All its methods may
// be called at any time from any goroutine; those that return at once say so.
type Mux struct {
	opts  Options
	desk  desk
	round round
	queue queue

	layout   atomic.Pointer[layout]
	heapOnly atomic.Bool // it was said that the histories are on the heap

	mu      sync.Mutex // guards what follows; never held across a read or write
	streams map[string]*Stream
	types   map[string]int // the place of a type's colour in the palette
	copies  map[*Copy]struct{}
	follow  map[*Follower]struct{}
	closed  bool

	running sync.WaitGroup // lanes and the queue's goroutine
}

// New returns a Mux that writes to opts.Out. The error is that of opts.Out or
// of making opts.LogDir.
func New(opts Options) (*Mux, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Widen == nil {
		opts.Widen = func(uintptr, int) {}
	}
	if opts.History == 0 {
		opts.History = defaultHistory
	}
	if opts.LogDir != "" {
		if err := os.MkdirAll(opts.LogDir, 0o755); err != nil {
			return nil, fmt.Errorf("cannot make the log folder: %w", err)
		}
	}
	m := &Mux{
		opts:    opts,
		streams: make(map[string]*Stream),
		types:   make(map[string]int),
		copies:  make(map[*Copy]struct{}),
		follow:  make(map[*Follower]struct{}),
	}
	if err := m.desk.setUp(m); err != nil {
		return nil, fmt.Errorf("cannot use the output: %w", err)
	}
	m.SetLabels(nil)
	m.queue.init(m)
	m.running.Add(1)
	go m.queue.run()
	return m, nil
}

// Flush waits until everything that was handed to System before, and
// everything that was there when Drain or Close of a Copy was called before,
// has been written. It returns ErrBlocked after timeout.
func (m *Mux) Flush(timeout time.Duration) error {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	waits := []<-chan struct{}{m.queue.flushed()}
	m.mu.Lock()
	for c := range m.copies {
		waits = append(waits, c.asked())
	}
	m.mu.Unlock()
	for _, w := range waits {
		select {
		case <-w:
		case <-deadline.C:
			return ErrBlocked
		}
	}
	return nil
}

// Close drains and closes every Copy, writes what is queued and ends the
// goroutines. It returns ErrBlocked when that was not possible within timeout;
// what is then still blocked ends when its write does, or with us.
func (m *Mux) Close(timeout time.Duration) error {
	m.mu.Lock()
	m.closed = true
	for c := range m.copies {
		c.Close()
	}
	m.mu.Unlock()
	m.queue.close()
	defer m.endFollowers() // who have then got the last lines

	done := make(chan struct{})
	go func() {
		m.running.Wait()
		m.desk.close()
		m.closeLogs()
		close(done)
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return ErrBlocked
	}
}

func (m *Mux) endFollowers() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for f := range m.follow {
		f.end()
	}
}
