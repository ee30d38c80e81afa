package soak

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// run is one run of ganger.
type run struct {
	rand   *rand.Rand
	ganger string
	n      int
	did    counts

	dir       string
	cmd       *exec.Cmd
	ended     chan struct{}
	model     *model
	editions  int                  // of types
	asked     *command             // under way, nil: none
	since     map[string]time.Time // when what should not last was first seen
	last      map[string]int       // the first process that a name had when it was last looked at
	most      int                  // processes that the formation had at once
	suspended bool
	turned    time.Time // when that last changed

	mu    sync.Mutex
	first map[string]int // the first process of each name's last life
	lines []string
}

const (
	stopTimeout = time.Second
	endLimit    = stopTimeout + 2*time.Second + 7*time.Second // the machine may be busy
	startLimit  = 10 * time.Second
)

func (r *run) play() error {
	r.did, r.since = counts{}, make(map[string]time.Time)
	r.first, r.last = make(map[string]int), make(map[string]int)
	r.ended = make(chan struct{})
	if err := r.start(); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	defer r.sweep()
	err := r.between()
	if err == nil {
		err = r.end()
	}
	if err != nil {
		r.dump()
	}
	return err
}

// between does what happens before the end.
func (r *run) between() error {
	for range r.rand.IntN(60) {
		r.move()
		if err := r.pause(time.Duration(r.rand.IntN(300)) * time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// move does something to the run: a command, or a signal to some part of it.
func (r *run) move() {
	switch n := r.rand.IntN(100); {
	case r.suspended && n < 25: // since little can be asked of it then
		r.turn()
	case n < 60:
		r.strike()
	case r.asked == nil && r.begun():
		if c := r.choose(); c != nil {
			r.ask(c)
		}
	}
}

// start writes a Procfile of a few types and runs it.
func (r *run) start() (err error) {
	if r.dir, err = os.MkdirTemp("", "ganger-soak-"); err != nil {
		return err
	}
	r.model = &model{count: make(map[string]int), down: make(map[string]bool), given: r.rand.IntN(3) > 0}
	args := []string{"start", "-p", "none", "-t", "1", "--color", "never", "--restart", "always", "--restart-delay", "0s..0.5s"}
	for i := range 1 + r.rand.IntN(mostTypes) {
		k := r.newKind(fmt.Sprintf("t%d", i))
		r.model.types = append(r.model.types, k)
		r.model.count[k.name] = 1
		if r.model.given {
			r.model.count[k.name] = 1 + r.rand.IntN(3)
			args = append(args, fmt.Sprintf("%s=%d", k.name, r.model.count[k.name]))
		}
	}
	if r.rand.IntN(3) == 0 {
		args = append(args, "--tty", "always")
	}
	if err := r.write(r.model.types, ""); err != nil {
		return err
	}
	r.cmd = r.program(args...)
	r.cmd.Env = append(r.cmd.Env, "SOAK="+r.dir)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, w, err := os.Pipe()
	if err != nil {
		return err
	}
	r.cmd.Stdout, r.cmd.Stderr = w, w
	err = r.cmd.Start()
	w.Close()
	if err != nil {
		return err
	}
	go r.read(out)
	go func() { _ = r.cmd.Wait(); close(r.ended) }()
	r.did["runs"]++
	return nil
}

// number is this run's own, which is in the arguments of what it runs.
func (r *run) number() string { return strconv.Itoa(100000 + os.Getpid()%1000*1000 + r.n%1000) }

func (r *run) front() int { return r.cmd.Process.Pid }

// itself reports whether it is a half of ganger or one of its commands.
func (r *run) itself(p process) bool {
	return p.pid == r.front() || strings.HasPrefix(p.comm, "ganger")
}

// back is the half that supervises, 0 before it is there.
func (r *run) back(table []process) int {
	for _, p := range table {
		if p.ppid == r.front() && p.comm == "ganger-back" {
			return p.pid
		}
	}
	return 0
}

// pause waits and then checks.
func (r *run) pause(d time.Duration) error {
	select {
	case <-r.ended:
		<-time.After(time.Second) // its last words are being read
		return fmt.Errorf("it ended by itself: %v", r.cmd.ProcessState)
	case <-time.After(d):
	}
	if err := r.settle(); err != nil {
		return err
	}
	return r.check()
}
