package cli

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/supervisor"
	"ganger/watch"
)

// Many changes, one soon after another, are told of once; pauses begin anew.
func TestChain(t *testing.T) {
	var ch chain
	now := time.Now()
	told := 0
	grow := func(n int, gap time.Duration) {
		for range n {
			now = now.Add(gap)
			if ch.grows(now) {
				told++
			}
		}
	}
	grow(chainLong-1, time.Second)
	grow(chainLong, 2*chainGap)
	if told != 0 {
		t.Errorf("told %d times of changes that are too few, or too far apart", told)
	}
	grow(3*chainLong, chainGap)
	grow(3*chainLong, time.Second)
	if told != 1 {
		t.Errorf("told %d times of many, want once", told)
	}
}

// idle is a process that does nothing until it is killed.
type idle struct {
	notify func(process.Event)
	begun  chan struct{} // closed when its start was told
	once   *sync.Once
}

func startIdle(notify func(process.Event)) idle {
	i := idle{notify, make(chan struct{}), new(sync.Once)}
	go func() {
		notify(process.Started{PID: 1 << 30, At: time.Now()})
		close(i.begun)
	}()
	return i
}

func (i idle) Cancel()                          { i.Kill() }
func (i idle) Signal(syscall.Signal) error      { return nil }
func (i idle) SignalGroup(syscall.Signal) error { return nil }
func (i idle) SignalRest(syscall.Signal, bool)  {}
func (i idle) Kill() {
	i.once.Do(func() {
		go func() {
			<-i.begun
			i.notify(process.Exited{})
			i.notify(process.Gone{})
		}()
	})
}

// Changes that come while the app is suspended are one restart at its end, and
// count as one.
func TestChangesWhileSuspended(t *testing.T) {
	restarts := make(chan string, 100)
	b := &back{sup: supervisor.New(supervisor.Options{
		Start: func(_ formation.Process, notify func(process.Event)) supervisor.Process {
			return startIdle(notify)
		},
		Notice: func(n supervisor.Notice) {
			if c, ok := n.(supervisor.Commanded); ok && c.Op == supervisor.OpRestart {
				restarts <- c.Why
			}
		},
	})}
	go b.sup.Run([]formation.Process{{Name: "web.1", Type: "web", Number: 1}})
	defer func() {
		if err := b.sup.Quit(t.Context(), true); err != nil {
			t.Errorf("cannot quit: %v", err)
		}
		select {
		case <-b.sup.Done():
		case <-time.After(time.Minute):
			t.Error("the run does not end")
		}
	}()
	b.sup.Signal(syscall.SIGTSTP, false)
	b.fileChanged(watch.Change{Name: "web", File: "a.go"})
	b.fileChanged(watch.Change{Name: "web", File: "b.go"})
	if n := len(restarts); n != 0 {
		t.Errorf("%d restarts while suspended", n)
	}
	b.sup.Signal(syscall.SIGCONT, false)
	b.resumeWatching()
	if n := len(restarts); n != 1 {
		t.Errorf("%d restarts, want one", n)
	}
	if n := b.watching.chains["web"].n; n != 1 {
		t.Errorf("counted %d changes, want one", n)
	}
}
