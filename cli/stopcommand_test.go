package cli

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// frozen is a tree that no signal reaches.
type frozen struct{ kills int }

func (f *frozen) Kill()                           { f.kills++ }
func (f *frozen) SignalRest(syscall.Signal, bool) {}

// A stop-command that KILL does not end is waited for no longer than that takes,
// whoever has it killed, and given up once.
func TestStopCommandThatKillDoesNotReach(t *testing.T) {
	const limit = 5 * time.Second
	for _, test := range []struct {
		name         string
		kill, ends   time.Duration // 0: never
		gaveUp, late bool
		after        time.Duration
	}{
		{name: "its time is up", gaveUp: true, late: true, after: limit + unreached},
		{name: "all is killed", kill: time.Second, gaveUp: true, after: time.Second + unreached},
		{name: "killed when its time is up already", kill: limit + time.Second, gaveUp: true, late: true, after: limit + unreached},
		{name: "it ends by itself", ends: time.Second},
		{name: "KILL ends it", ends: limit + time.Second, late: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin, f, run := time.Now(), &frozen{}, &stopRun{}
				var gaveUp []time.Duration
				run.start(func() tree { return f }, limit, func() { gaveUp = append(gaveUp, time.Since(begin)) })
				if test.kill > 0 {
					time.AfterFunc(test.kill, run.kill)
				}
				if test.ends > 0 {
					time.AfterFunc(test.ends, func() { run.end() })
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if test.gaveUp != (len(gaveUp) == 1) || test.gaveUp && gaveUp[0] != test.after || run.late.Load() != test.late {
					t.Errorf("given up after %v, late %t", gaveUp, run.late.Load())
				}
				if killed := test.gaveUp || test.late; killed != (f.kills == 1) {
					t.Errorf("killed %d times", f.kills)
				}
			})
		})
	}
}
