package supervisor

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ganger/formation"
	"ganger/process"
)

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{},
			proc("web.1"),
			proc("worker.1", stopsBy(syscall.SIGINT), stopsMain, timeout(8*time.Second)),
			proc("clock.1"),
			proc("cron.1"),
			proc("late.1"))
		r.runs("web.1", "worker.1", "clock.1", "cron.1")
		r.exits("clock.1", 0)
		r.exits("cron.1", 1)
		r.skip()
		r.at(50 * time.Millisecond)
		r.signals(syscall.SIGTERM)
		r.want(`
			50ms - stopping 3 in 8s by TERM INT, since TERM
			50ms web.1 TERM to the group
			50ms worker.1 INT to it alone
			50ms late.1 CANCEL`)
		r.runs("late.1") // it was too late to take the start back
		r.want(`
			50ms - started late.1/1 pid 5
			50ms late.1 TERM to the group`)
		r.exits("late.1", 0)
		r.dies("web.1", syscall.SIGTERM)
		r.want(`
			50ms - ended late.1/1 pid 5 with 0 after 0s, asked
			50ms - ended web.1/1 pid 1 with 143 after 50ms, asked`)
		r.goesOn()
		r.at(10 * time.Second)
		r.want(`
			1.05s - still running worker.1/2
			8.05s - killed worker.1/1 pid 2 after 8s
			8.05s worker.1 KILL`) // and cron.1 was not restarted
		r.dies("worker.1", syscall.SIGKILL)
		r.want("10s - ended worker.1/1 pid 2 with 137 after 10s, asked")
		r.ends(0)
	})
}

// TestDeadline: each at its own stop-timeout, to the nanosecond; 0 kills at
// once.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("a.1", timeout(0)), proc("b.1", timeout(time.Millisecond)), proc("c.1", timeout(700*time.Millisecond)))
		r.runs("a.1", "b.1", "c.1")
		r.skip()
		r.signals(syscall.SIGTERM)
		r.want(`
			0s - stopping 3 in 700ms by TERM, since TERM
			0s a.1 TERM to the group
			0s b.1 TERM to the group
			0s c.1 TERM to the group
			0s - killed a.1/1 pid 1 after 0s
			0s a.1 KILL`)
		r.at(time.Millisecond - 1)
		r.want("")
		r.at(time.Millisecond)
		r.want(`
			1ms - killed b.1/1 pid 2 after 1ms
			1ms b.1 KILL`)
		r.at(700*time.Millisecond - 1)
		r.exits("c.1", 0)
		r.want("699.999999ms - ended c.1/1 pid 3 with 0 after 699.999999ms, asked")
		r.dies("a.1", syscall.SIGKILL)
		r.dies("b.1", syscall.SIGKILL)
		r.ends(0)
	})
}

// TestLeftAtStop: members of the group have the signal already; with stop-to=
// main nobody but the first process has.
func TestLeftAtStop(t *testing.T) {
	t.Run("group", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, proc("web.1"), proc("worker.1"))
			r.runs("web.1", "worker.1")
			r.skip()
			r.signals(syscall.SIGTERM)
			r.skip()
			r.tell("web.1", process.Exited{}, process.Left{Members: []process.Member{sh}})
			r.tell("worker.1", process.Exited{}, process.Left{Members: []process.Member{sh, escaped}})
			r.want(`
				0s web.1 TERM to the rest elsewhere
				0s - left by worker.1/1 pid 2 with 0 after 0s: daemon, asked
				0s worker.1 TERM to the rest elsewhere`)
			r.tell("web.1", process.Gone{})
			r.at(time.Minute)
			r.tell("worker.1", process.Gone{Killed: []process.Member{escaped}})
			r.want(`
				0s - ended web.1/1 pid 1 with 0 after 0s, asked
				1s - still running worker.1/2
				5s - killed worker.1/1 pid 2 after 5s, what was left
				5s worker.1 KILL
				1m0s - killed with worker.1/1 pid 2: daemon
				1m0s - ended worker.1/1 pid 2 with 0 after 0s, asked, told`)
			r.ends(0)
		})
	})
	t.Run("main", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, proc("web.1", stopsMain))
			r.runs("web.1")
			r.signals(syscall.SIGTERM)
			r.skip()
			r.tell("web.1", process.Exited{}, process.Left{Members: []process.Member{sh}})
			r.want(`
				0s - left by web.1/1 pid 1 with 0 after 0s: sh, asked
				0s web.1 TERM to the rest`)
			r.tell("web.1", process.Gone{})
			r.ends(0)
		})
	})
	t.Run("killed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, proc("web.1"))
			r.runs("web.1")
			r.signals(syscall.SIGQUIT)
			r.skip()
			r.tell("web.1", process.Exited{Status: process.Status{Signal: syscall.SIGKILL}}, process.Left{Members: []process.Member{escaped}})
			r.tell("web.1", process.Gone{Killed: []process.Member{escaped}})
			r.want(`
				0s - killed with web.1/1 pid 1: daemon
				0s - ended web.1/1 pid 1 with 137 after 0s, asked`)
			r.ends(0)
		})
	})
}

// TestSecondSignal: 0.3 s after the first INT or TERM, not before, and HUP is
// neither.
func TestSecondSignal(t *testing.T) {
	type sent struct {
		at  time.Duration
		sig syscall.Signal
	}
	const ms = time.Millisecond
	for _, test := range []struct {
		name   string
		sent   []sent
		killed bool
	}{
		{"npm's doubled INT", []sent{{0, syscall.SIGINT}, {0, syscall.SIGINT}, {20 * ms, syscall.SIGINT}}, false},
		{"just before", []sent{{0, syscall.SIGINT}, {300*ms - 1, syscall.SIGINT}}, false},
		{"exactly then", []sent{{0, syscall.SIGINT}, {300 * ms, syscall.SIGINT}}, true},
		{"TERM after INT", []sent{{0, syscall.SIGINT}, {300 * ms, syscall.SIGTERM}}, true},
		{"the third", []sent{{0, syscall.SIGINT}, {200 * ms, syscall.SIGINT}, {400 * ms, syscall.SIGINT}}, true},
		{"HUP after INT", []sent{{0, syscall.SIGINT}, {400 * ms, syscall.SIGHUP}, {800 * ms, syscall.SIGHUP}}, false},
		{"INT after HUP is the first", []sent{{0, syscall.SIGHUP}, {400 * ms, syscall.SIGINT}}, false},
		{"INT twice after HUP", []sent{{0, syscall.SIGHUP}, {400 * ms, syscall.SIGINT}, {700 * ms, syscall.SIGINT}}, true},
		{"QUIT at once", []sent{{0, syscall.SIGQUIT}}, true},
		{"QUIT after INT", []sent{{0, syscall.SIGINT}, {1 * ms, syscall.SIGQUIT}}, true},
		{"USR1 is none", []sent{{0, syscall.SIGINT}, {400 * ms, syscall.SIGUSR1}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Options{}, proc("web.1"))
				r.runs("web.1")
				killed := false
				for i, s := range test.sent {
					if r.at(s.at); killed {
						t.Fatal("killed before the last")
					}
					r.signals(s.sig)
					killed = r.said("web.1 KILL")
					if killed && i < len(test.sent)-1 {
						t.Fatalf("killed by signal %d", i+1)
					}
				}
				if killed != test.killed {
					t.Errorf("killed: %v", killed)
				}
				if first := test.sent[0].sig; !r.said("since " + name(first)) {
					t.Errorf("the cause is not %v", first)
				}
				r.dies("web.1", syscall.SIGTERM)
				r.ends(0)
			})
		})
	}
}

// TestFirstSignalInAStop: a stop that a failure began is not the user's, so the
// first ^C does not kill, and the failure remains the status.
func TestFirstSignalInAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{ExitWhen: ExitWhenFailure}, proc("web.1", restarts(never)), proc("db.1"), proc("late.1"))
		r.runs("web.1", "db.1")
		r.exits("web.1", 3)
		r.skip()
		r.at(500 * time.Millisecond)
		r.signals(syscall.SIGTERM)
		r.want("")
		r.at(800 * time.Millisecond)
		r.signals(syscall.SIGTERM)
		r.want(`
			800ms - killing db.1/2 late.1/0
			800ms db.1 KILL
			800ms late.1 CANCEL
			800ms late.1 KILL`)
		r.signals(syscall.SIGTERM)
		r.signals(syscall.SIGQUIT)
		r.at(time.Minute) // neither a deadline nor a reminder is left
		r.want("")
		r.dies("db.1", syscall.SIGKILL)
		r.tell("late.1", process.NotStarted{Err: errors.New("canceled"), Canceled: true})
		r.ends(3)
	})
}

func TestQuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("worker.1"))
		r.runs("web.1", "worker.1")
		r.exits("worker.1", 1)
		r.skip()
		r.signals(syscall.SIGQUIT)
		r.want(`
			0s - stopping 1 in 5s by TERM, since QUIT
			0s web.1 TERM to the group
			0s - killing web.1/1
			0s web.1 KILL`)
		r.dies("web.1", syscall.SIGKILL)
		r.want("0s - ended web.1/1 pid 1 with 137 after 0s, asked")
		r.ends(0)
	})
}

// TestStillRunning: once, after a second, and only if anybody is.
// Only what runs is said to be killed, and only with a pid that is alive.
func TestWhoIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("left.1"), proc("crashed.1", readyBy("port")), proc("late.1", timeout(0)), proc("waits.1", needs("crashed")), proc("next.1"))
		r.runs("web.1", "left.1", "crashed.1", "late.1")
		r.tell("left.1", process.Exited{}, process.Left{Members: []process.Member{sh}})
		r.exits("crashed.1", 1)
		r.stops("late")
		r.skip()
		r.signals(syscall.SIGQUIT)
		r.want(`
			0s - stopping 2 in 5s by TERM, since QUIT
			0s web.1 TERM to the group
			0s next.1 CANCEL
			0s - killing web.1/1 left.1/0 next.1/0
			0s web.1 KILL
			0s left.1 KILL
			0s next.1 CANCEL
			0s next.1 KILL`)
	})
}

func TestStillRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("a.1"), proc("b.1"), proc("c.1"))
		r.runs("a.1", "b.1", "c.1")
		r.signals(syscall.SIGINT)
		r.exits("b.1", 0)
		r.skip()
		r.at(time.Second - 1)
		r.want("")
		r.at(3 * time.Second)
		r.want("1s - still running a.1/1 c.1/3")
		r.exits("a.1", 0)
		r.exits("c.1", 0)
		r.ends(0)
	})
}

// TestPendingRestart: a life that has not begun has no pid, least of all that
// of the last one.
func TestPendingRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1", delays(0, 0)))
		r.runs("web.1")
		r.exits("web.1", 1)
		r.skip()
		r.signals(syscall.SIGINT)
		r.at(time.Second)
		r.signals(syscall.SIGINT)
		r.want(`
			0s - stopping 1 in 5s by TERM, since INT
			0s web.1 CANCEL
			1s - still running web.1/0
			1s - killing web.1/0
			1s web.1 CANCEL
			1s web.1 KILL`)
		r.tell("web.1", process.NotStarted{Err: errors.New("canceled"), Canceled: true})
		r.ends(0)
	})
}

func TestOtherCauses(t *testing.T) {
	full := errors.New("no space left on device")
	for _, test := range []struct {
		name   string
		happen func(*rig)
		says   string
		status int
	}{
		{"front gone", func(r *rig) { r.FrontGone() }, "since the front is gone", 0},
		{"reader gone", func(r *rig) { r.OutputFailed(syscall.EPIPE, true) }, "since the reader is gone", 141},
		{"output failed", func(r *rig) { r.OutputFailed(full, false) }, "since no space left on device", 1},
		{"hangup", func(r *rig) { r.Signal(syscall.SIGHUP, false) }, "since HUP", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Options{}, proc("a.1", restarts(never)), proc("web.1"))
				r.runs("a.1", "web.1")
				r.exits("a.1", 9) // a failure before: the cause of the end counts more
				r.skip()
				test.happen(r)
				r.want("0s - stopping 1 in 5s by TERM, " + test.says + "\n0s web.1 TERM to the group")
				// Whatever else comes, the first cause counts.
				r.FrontGone()
				r.OutputFailed(full, false)
				r.OutputFailed(syscall.EPIPE, true)
				r.signals(syscall.SIGHUP)
				r.want("")
				r.exits("web.1", 1)
				r.ends(test.status)
			})
		})
	}
}

// TestForwardToStarting: one that is being started may run already, and gets
// the signal when that is known.
func TestForwardToStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"))
		r.skip()
		r.signals(syscall.SIGUSR1)
		r.want("0s - forwarded USR1 to 1")
		r.runs("web.1")
		r.want(`
			0s - started web.1/1 pid 1
			0s web.1 USR1 to it alone`)
		r.exits("web.1", 0)
	})
}

// TestForwardToStartingSuspended: a suspension before it runs loses no signal.
func TestForwardToStartingSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"))
		r.signals(syscall.SIGUSR1)
		r.signals(syscall.SIGTSTP)
		r.signals(syscall.SIGCONT)
		r.skip()
		r.runs("web.1")
		r.want(`
			0s - started web.1/1 pid 1
			0s web.1 USR1 to it alone`)
		r.exits("web.1", 0)
		r.ends(0)
	})
}

// TestForward: to first processes that run or are about to, and to nobody else.
func TestForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("a.1"), proc("b.1"), proc("c.1"), proc("d.1"), proc("e.1"))
		r.runs("a.1", "b.1", "c.1", "d.1")
		r.tell("c.1", process.Exited{}, process.Left{Members: []process.Member{sh}})
		r.exits("d.1", 1)
		r.skip()
		r.signals(syscall.SIGUSR1)
		r.signals(syscall.SIGUSR2)
		r.want(`
			0s a.1 USR1 to it alone
			0s b.1 USR1 to it alone
			0s - forwarded USR1 to 3
			0s a.1 USR2 to it alone
			0s b.1 USR2 to it alone
			0s - forwarded USR2 to 3`)
		r.signals(syscall.SIGINT)
		r.skip()
		r.signals(syscall.SIGUSR1) // the stop signal is the last that they get
		r.want("0s - forwarded USR1 to 0")
		r.exits("a.1", 0)
		r.exits("b.1", 0)
		r.tell("c.1", process.Gone{})
		r.tell("e.1", process.NotStarted{Err: errors.New("canceled"), Canceled: true})
		r.ends(0)
	})
}

func TestSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("late.1"), proc("cron.1"), proc("left.1"))
		r.runs("web.1", "cron.1", "left.1")
		r.exits("cron.1", 1) // to be started again at 0.1 s
		r.tell("left.1", process.Exited{}, process.Left{Members: []process.Member{sh}})
		r.skip()
		r.at(50 * time.Millisecond)
		r.signals(syscall.SIGTSTP)
		r.want(`
			50ms web.1 STOP to the group
			50ms web.1 STOP to the rest elsewhere
			50ms left.1 STOP to the group
			50ms left.1 STOP to the rest elsewhere
			50ms - suspended
			50ms suspend the front`)
		r.runs("late.1") // its start was under way
		r.want(`
			50ms - started late.1/1 pid 4
			50ms late.1 STOP to the group
			50ms late.1 STOP to the rest elsewhere`)
		r.Signal(syscall.SIGTSTP, true)
		r.want("50ms suspend the front")
		r.signals(syscall.SIGUSR1) // would continue them
		r.at(time.Hour)
		r.want("") // neither a restart nor a deadline meanwhile
		r.signals(syscall.SIGCONT)
		r.want(`
			1h0m0s web.1 CONT to the group
			1h0m0s web.1 CONT to the rest elsewhere
			1h0m0s late.1 CONT to the group
			1h0m0s late.1 CONT to the rest elsewhere
			1h0m0s left.1 CONT to the group
			1h0m0s left.1 CONT to the rest elsewhere
			1h0m0s - resumed
			1h0m0s web.1 USR1 to it alone
			1h0m0s late.1 USR1 to it alone
			1h0m0s - forwarded USR1 to 2
			1h0m0s cron.1 START`)
		r.signals(syscall.SIGCONT)
		r.want("")
		// What had to end gets the time that it could not use.
		r.at(time.Hour + 5*time.Second)
		r.want(`
			1h0m5s - killed left.1/1 pid 3 after 5s, what was left
			1h0m5s left.1 KILL`)
		r.tell("left.1", process.Gone{})
		r.runs("cron.1")
		r.exits("cron.1", 0)
		r.exits("web.1", 0)
		r.exits("late.1", 0)
		r.ends(0)
	})
}

// TestNoDeadlineByResuming: it sets anew the deadlines that were there, and no
// other.
func TestNoDeadlineByResuming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1", delays(0, 0)))
		r.runs("web.1")
		r.exits("web.1", 1)
		r.runs("web.1")
		r.signals(syscall.SIGTSTP)
		r.signals(syscall.SIGCONT)
		r.tell("web.1", process.Exited{})
		r.skip()
		r.at(time.Minute)
		r.want("")
		r.tell("web.1", process.Gone{})
		r.ends(0)
	})
}

func TestSuspendedRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("release.1"), proc("web.1"))
		r.runs("release.1")
		r.Signal(syscall.SIGTSTP, true)
		r.exits("release.1", 0) // it was about to
		r.want(`
			0s release.1 START
			0s - started release.1/1 pid 1
			0s release.1 STOP to the group
			0s release.1 STOP to the rest elsewhere
			0s - suspended, orphaned
			0s suspend the front
			0s - ended release.1/1 pid 1 with 0 after 0s`)
		r.signals(syscall.SIGCONT)
		r.want(`
			0s - resumed
			0s web.1 START`)
		r.runs("web.1")
		r.exits("web.1", 0)
		r.ends(0)
	})
}

// TestStopWhileSuspended: they are continued, since they could not act on the
// stop signal otherwise, and nothing is started that was due.
func TestStopWhileSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("cron.1"))
		r.runs("web.1", "cron.1")
		r.exits("cron.1", 1)
		r.signals(syscall.SIGTSTP)
		r.skip()
		r.signals(syscall.SIGUSR1)
		r.at(time.Minute)
		r.signals(syscall.SIGTERM)
		r.want(`
			1m0s web.1 CONT to the group
			1m0s web.1 CONT to the rest elsewhere
			1m0s - resumed
			1m0s - stopping 1 in 5s by TERM, since TERM
			1m0s web.1 TERM to the group`)
		r.exits("web.1", 0)
		r.ends(0)
	})
}

// TestSuspendDuringStop: the stop waits too, until it is continued or the one
// who could continue it is gone.
func TestSuspendDuringStop(t *testing.T) {
	for _, test := range []struct {
		name string
		wake func(*rig)
	}{
		{"continued", func(r *rig) { r.Signal(syscall.SIGCONT, false) }},
		{"front gone", func(r *rig) { r.FrontGone() }},
		{"hangup", func(r *rig) { r.Signal(syscall.SIGHUP, false) }},
		{"terminal gone", func(r *rig) { r.OutputFailed(syscall.EIO, true) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Options{}, proc("web.1", timeout(2*time.Second)))
				r.runs("web.1")
				r.signals(syscall.SIGINT)
				r.at(1500 * time.Millisecond)
				r.signals(syscall.SIGTSTP)
				r.skip()
				r.at(time.Minute)
				r.want("")
				test.wake(r)
				r.want(`
					1m0s web.1 CONT to the group
					1m0s web.1 CONT to the rest elsewhere
					1m0s - resumed`)
				r.at(time.Minute + 2*time.Second)
				r.want(`
					1m2s - killed web.1/1 pid 1 after 2s
					1m2s web.1 KILL`)
				r.dies("web.1", syscall.SIGKILL)
				r.ends(0)
			})
		})
	}
	t.Run("killed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, proc("web.1"))
			r.runs("web.1")
			r.signals(syscall.SIGINT)
			r.at(time.Second)
			r.signals(syscall.SIGTSTP)
			r.skip()
			r.at(time.Minute)
			r.signals(syscall.SIGINT)
			r.want(`
				1m0s - killing web.1/1
				1m0s web.1 KILL`)
			r.dies("web.1", syscall.SIGKILL)
			r.ends(0)
		})
	})
}

// What nothing claims has no time to stop of its own: whoever ends it is told
// since when the run ends.
func TestRestKnowsSinceWhen(t *testing.T) {
	rest := make(chan time.Duration, 1)
	begin := func(t *testing.T, procs ...formation.Process) *rig {
		start := time.Now()
		return newRig(t, Options{Rest: func(since time.Time, kill <-chan struct{}, done func()) {
			rest <- since.Sub(start)
			done()
		}}, procs...)
	}
	t.Run("a stop", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := begin(t, proc("web.1"))
			r.runs("web.1")
			r.at(10 * time.Second)
			r.signals(syscall.SIGTERM)
			r.at(14 * time.Second)
			r.dies("web.1", syscall.SIGTERM)
			if got := <-rest; got != 10*time.Second {
				t.Errorf("it ends since %v, want since the stop at 10 s", got)
			}
		})
	})
	t.Run("an end of itself", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := begin(t, proc("web.1"), proc("job.1"))
			r.runs("web.1", "job.1")
			r.at(3 * time.Second)
			r.exits("job.1", 0)
			r.at(10 * time.Second)
			r.tell("web.1", process.Exited{}, process.Left{Members: []process.Member{sh}})
			r.at(14 * time.Second)
			r.tell("web.1", process.Gone{})
			if got := <-rest; got != 10*time.Second {
				t.Errorf("it ends since %v, want since the last process ended at 10 s", got)
			}
		})
	})
}
