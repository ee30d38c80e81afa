package supervisor

import (
	"errors"
	"fmt"
	"math"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"
)

func TestALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("worker.1"))
		r.want(`
			0s web.1 START
			0s worker.1 START`)
		r.runs("web.1", "worker.1")
		r.want(`
			0s - started web.1/1 pid 1
			0s - started worker.1/1 pid 2`)
		r.at(3 * time.Second)
		r.tell("web.1", process.Exited{})
		r.want("")
		r.tell("web.1", process.Gone{})
		r.want("3s - ended web.1/1 pid 1 with 0 after 3s")
		r.goesOn()
		r.at(4 * time.Second)
		r.exits("worker.1", 0)
		r.want("4s - ended worker.1/1 pid 2 with 0 after 4s")
		if result := r.ends(0); result.Cause.Kind != CauseDone || result.Failure != nil {
			t.Errorf("%+v", result)
		}
	})
}

func TestNothingToRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		newRig(t, Options{}).ends(0)
	})
}

// TestBackoff: doubled each time from the least to the most, and exact, since
// this jitter changes nothing.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1", delays(100*time.Millisecond, time.Second)))
		r.runs("web.1")
		r.skip()
		r.at(1 * time.Second)
		r.exits("web.1", 3)
		r.want("1s - ended web.1/1 pid 1 with 3 after 1s, again in 100ms, nth 1")
		r.at(1099 * time.Millisecond)
		r.want("")
		r.at(1100 * time.Millisecond)
		r.want("1.1s web.1 START")
		r.runs("web.1")
		r.dies("web.1", syscall.SIGKILL)
		r.want(`
			1.1s - started web.1/2 pid 2
			1.1s - ended web.1/2 pid 2 with 137 after 0s, again in 200ms, nth 2`)
		r.at(1300 * time.Millisecond)
		r.tell("web.1", process.NotStarted{Err: errNotFound, Status: process.Status{Code: 127}})
		r.want(`
			1.3s web.1 START
			1.3s - ended web.1/3 pid 0: not found, 127, again in 400ms, nth 3`)
		r.at(1700 * time.Millisecond)
		r.runs("web.1")
		r.exits("web.1", 1)
		r.at(2500 * time.Millisecond)
		r.runs("web.1")
		r.exits("web.1", 1)
		r.want(`
			1.7s web.1 START
			1.7s - started web.1/4 pid 3
			1.7s - ended web.1/4 pid 3 with 1 after 0s, again in 800ms, nth 4
			2.5s web.1 START
			2.5s - started web.1/5 pid 4
			2.5s - ended web.1/5 pid 4 with 1 after 0s, again in 1s, nth 5`)
		r.at(3500 * time.Millisecond)
		r.runs("web.1")
		r.skip()
		// A life of a minute begins the delays anew, one of less does not.
		r.at(3500*time.Millisecond + lasting)
		r.exits("web.1", 1)
		r.want("1m3.5s - ended web.1/6 pid 5 with 1 after 1m0s, again in 100ms, nth 1")
		r.at(3600*time.Millisecond + lasting)
		r.runs("web.1")
		r.skip()
		r.at(3600*time.Millisecond + 2*lasting - 1)
		r.exits("web.1", 1)
		r.want("2m3.599999999s - ended web.1/7 pid 6 with 1 after 59.999999999s, again in 200ms, nth 2")
		r.signals(syscall.SIGINT)
		r.ends(0)
		r.want("2m3.599999999s - stopping 0 in 0s by, since INT")
	})
}

// TestJitter: a quarter more or less, between the bounds.
func TestJitter(t *testing.T) {
	for _, test := range []struct {
		lo, hi time.Duration
		nth    int
		jitter float64
		want   time.Duration
	}{
		{100 * time.Millisecond, 30 * time.Second, 1, 0, 100 * time.Millisecond},
		{100 * time.Millisecond, 30 * time.Second, 1, 1, 125 * time.Millisecond},
		{100 * time.Millisecond, 30 * time.Second, 2, 0, 150 * time.Millisecond},
		{100 * time.Millisecond, 30 * time.Second, 2, 1, 250 * time.Millisecond},
		{100 * time.Millisecond, 30 * time.Second, 9, 0.5, 25600 * time.Millisecond},
		{100 * time.Millisecond, 30 * time.Second, 10, 0.5, 30 * time.Second},
		{100 * time.Millisecond, 30 * time.Second, 10, 0, 22500 * time.Millisecond},
		{100 * time.Millisecond, 30 * time.Second, 10, 1, 30 * time.Second},
		{100 * time.Millisecond, 30 * time.Second, math.MaxInt, 0.5, 30 * time.Second},
		{time.Second, time.Second, 5, 0, time.Second},
		{0, 0, 5, 1, 0},
		// Twice nothing is nothing: such a delay grows all the same.
		{0, 30 * time.Second, 1, 0.5, 0},
		{0, 30 * time.Second, 2, 0.5, 10 * time.Millisecond},
		{0, 30 * time.Second, 3, 0.5, 20 * time.Millisecond},
		{0, time.Millisecond, 9, 0.5, time.Millisecond},
		{time.Millisecond, time.Second, 2, 0.5, 2 * time.Millisecond},
		{time.Hour, math.MaxInt64, 100, 0, math.MaxInt64 / 4 * 3},
	} {
		s := New(Options{Jitter: func() float64 { return test.jitter }})
		e := &entry{spec: proc("web.1", delays(test.lo, test.hi)), st: state{starts: test.nth}}
		got := s.delay(e)
		if diff := (got - test.want).Abs(); diff > test.want>>40 { // a float64 holds 53 bits
			t.Errorf("%v..%v, restart %d, jitter %v: %v, want %v", test.lo, test.hi, test.nth, test.jitter, got, test.want)
		}
	}
}

func TestDefaultJitter(t *testing.T) {
	jitter := New(Options{}).opts.Jitter
	if a, b := jitter(), jitter(); a == b || min(a, b) < 0 || max(a, b) > 1 {
		t.Errorf("%v, %v", a, b)
	}
}

// TestGivesUp: with N = 3 the third failure in a row is final.
func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1", restarts(thrice), delays(0, 0)))
		r.runs("web.1")
		r.exits("web.1", 3)
		r.runs("web.1")
		r.exits("web.1", 4)
		r.runs("web.1")
		r.exits("web.1", 5)
		r.want(`
			0s web.1 START
			0s - started web.1/1 pid 1
			0s - ended web.1/1 pid 1 with 3 after 0s, again in 0s, nth 1
			0s web.1 START
			0s - started web.1/2 pid 2
			0s - ended web.1/2 pid 2 with 4 after 0s, again in 0s, nth 2
			0s web.1 START
			0s - started web.1/3 pid 3
			0s - ended web.1/3 pid 3 with 5 after 0s, gave up`)
		if f := r.ends(5).Failure; f == nil || f.Life != 3 || f.Process.Name != "web.1" {
			t.Errorf("%+v", f)
		}
	})
}

// TestStatus: that of the first that failed for good, in the shell's terms.
func TestStatus(t *testing.T) {
	exit := func(name string, code int) func(*rig) { return func(r *rig) { r.exits(name, code) } }
	for _, test := range []struct {
		name   string
		policy procfile.Restart
		when   ExitWhen
		happen []func(*rig)
		want   int
	}{
		{"all succeed", never, ExitWhenAll, []func(*rig){exit("a.1", 0), exit("b.1", 0)}, 0},
		{"one fails", never, ExitWhenAll, []func(*rig){exit("a.1", 0), exit("b.1", 3)}, 3},
		{"the first failure counts", never, ExitWhenAll, []func(*rig){exit("b.1", 4), exit("a.1", 3)}, 4},
		{"a signal", never, "", []func(*rig){func(r *rig) { r.dies("a.1", syscall.SIGSEGV) }, exit("b.1", 0)}, 128 + 11},
		{"cannot be executed", never, "", []func(*rig){exit("b.1", 0)}, 127},
		{"any, a success", always, ExitWhenAny, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.happen == nil {
					test.policy = never
				}
				r := newRig(t, Options{ExitWhen: test.when}, proc("a.1", restarts(test.policy)), proc("b.1", restarts(test.policy)))
				if test.want == 127 {
					r.runs("b.1")
					r.tell("a.1", process.NotStarted{Err: errNotFound, Status: process.Status{Code: 127}})
				} else {
					r.runs("a.1", "b.1")
				}
				for _, f := range test.happen {
					f(r)
				}
				if test.happen == nil {
					r.exits("a.1", 0)
					r.exits("b.1", 7) // stopped: not a failure
				}
				r.ends(test.want)
			})
		})
	}
}

func TestExitWhen(t *testing.T) {
	for _, test := range []struct {
		when   ExitWhen
		policy procfile.Restart
		code   int
		ends   bool
		status int
	}{
		{ExitWhenAll, never, 0, false, 0},
		{ExitWhenAll, never, 3, false, 3},
		{ExitWhenFailure, never, 0, false, 0},
		{ExitWhenFailure, never, 3, true, 3},
		{ExitWhenFailure, onFailure, 3, false, 0}, // not final
		{ExitWhenAny, never, 0, true, 0},
		{ExitWhenAny, never, 3, true, 3},
		{ExitWhenAny, always, 3, false, 0},
	} {
		t.Run(fmt.Sprint(test.when, " ", test.policy, " ", test.code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Options{ExitWhen: test.when}, proc("a.1", restarts(test.policy)), proc("b.1"))
				r.runs("a.1", "b.1")
				r.skip()
				r.at(time.Second)
				r.tell("a.1", process.Exited{Status: process.Status{Code: test.code}})
				r.want("") // its end is not final before its tree is gone
				r.tell("a.1", process.Gone{})
				if !test.ends {
					r.skip()
					r.signals(syscall.SIGTERM)
					r.goesOn()
					r.exits("b.1", 0)
					r.ends(0) // asked to stop
					return
				}
				r.want(fmt.Sprintf(`
					1s - ended a.1/1 pid 1 with %d after 1s
					1s - stopping 1 in 5s by TERM, since a.1 ended
					1s b.1 TERM to the group`, test.code))
				r.goesOn()
				r.dies("b.1", syscall.SIGTERM)
				r.want("1s - ended b.1/1 pid 2 with 143 after 1s, asked")
				result := r.ends(test.status)
				if result.Cause.Kind != CauseEnd || result.Cause.Ended.Process.Name != "a.1" {
					t.Errorf("%+v", result)
				}
			})
		})
	}
}

// TestRelease: the release step runs to its end before any other is started.
func TestRelease(t *testing.T) {
	procs := []formation.Process{proc("web.1"), proc("release.1", restarts(always)), proc("worker.1")}
	t.Run("succeeds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{ExitWhen: ExitWhenAny}, procs...)
			r.want("0s release.1 START")
			r.runs("release.1")
			r.at(time.Second)
			r.tell("release.1", process.Exited{})
			r.want("0s - started release.1/1 pid 1")
			r.tell("release.1", process.Gone{})
			r.want(`
				1s - ended release.1/1 pid 1 with 0 after 1s
				1s web.1 START
				1s worker.1 START`)
			r.runs("web.1", "worker.1")
			r.exits("web.1", 0)
			r.exits("worker.1", 0)
			r.ends(0)
		})
	})
	t.Run("fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, procs...)
			r.runs("release.1")
			r.exits("release.1", 3)
			r.want(`
				0s release.1 START
				0s - started release.1/1 pid 1
				0s - ended release.1/1 pid 1 with 3 after 0s
				0s - stopping 0 in 0s by, since release failed`)
			if result := r.ends(3); result.Cause.Ended.Process.Name != "release.1" {
				t.Errorf("%+v", result)
			}
		})
	})
	t.Run("cannot be executed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, procs...)
			r.tell("release.1", process.NotStarted{Err: errNotFound, Status: process.Status{Code: 127}})
			r.want(`
				0s release.1 START
				0s - ended release.1/1 pid 0: not found, 127
				0s - stopping 0 in 0s by, since release failed`)
			r.ends(127)
		})
	})
	t.Run("is stopped", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, procs...)
			r.runs("release.1")
			r.signals(syscall.SIGINT)
			r.exits("release.1", 0)
			r.want(`
				0s release.1 START
				0s - started release.1/1 pid 1
				0s - stopping 1 in 5s by TERM, since INT
				0s release.1 TERM to the group
				0s - ended release.1/1 pid 1 with 0 after 0s, asked`)
			r.ends(0)
		})
	})
	t.Run("is stopped before it began", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, procs...)
			r.signals(syscall.SIGINT)
			r.tell("release.1", process.NotStarted{Err: errors.New("canceled"), Canceled: true})
			r.want(`
				0s release.1 START
				0s - stopping 1 in 5s by TERM, since INT
				0s release.1 CANCEL
				0s - ended release.1/1 pid 0: canceled, 0, asked`)
			r.ends(0)
		})
	})
	t.Run("alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, proc("release.1"))
			r.runs("release.1")
			r.exits("release.1", 0)
			r.ends(0)
		})
	})
}

// TestLeft: what outlives a first process is ended before anything follows.
func TestLeft(t *testing.T) {
	t.Run("it ends by the signal", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, proc("web.1", stopsBy(syscall.SIGINT)))
			r.runs("web.1")
			r.skip()
			r.at(time.Second)
			r.tell("web.1", process.Exited{Status: process.Status{Code: 3}}, process.Left{Members: []process.Member{sh, escaped}})
			r.want(`
				1s - left by web.1/1 pid 1 with 3 after 1s: sh daemon
				1s web.1 INT to the rest`)
			r.at(2 * time.Second)
			r.tell("web.1", process.Gone{})
			r.want("2s - ended web.1/1 pid 1 with 3 after 1s, again in 100ms, nth 1, told")
			r.at(2100 * time.Millisecond)
			r.want("2.1s web.1 START")
			r.runs("web.1")
			r.at(time.Minute)
			r.want("2.1s - started web.1/2 pid 2") // the deadline was cleared
			r.exits("web.1", 0)
			r.ends(0)
		})
	})
	t.Run("it does not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, proc("web.1", timeout(3*time.Second)))
			r.runs("web.1")
			r.skip()
			r.at(time.Second)
			r.tell("web.1", process.Exited{}, process.Left{Members: []process.Member{sh}})
			r.want(`
				1s - left by web.1/1 pid 1 with 0 after 1s: sh
				1s web.1 TERM to the rest`)
			r.at(4*time.Second - 1)
			r.want("")
			r.at(4 * time.Second)
			r.want(`
				4s - killed web.1/1 pid 1 after 3s, what was left
				4s web.1 KILL`)
			r.tell("web.1", process.Gone{Killed: []process.Member{sh}})
			r.want(`
				4s - killed with web.1/1 pid 1: sh
				4s - ended web.1/1 pid 1 with 0 after 1s, told`)
			r.ends(0)
		})
	})
	t.Run("a stop comes meanwhile", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{}, proc("web.1"))
			r.runs("web.1")
			r.skip()
			r.tell("web.1", process.Exited{Status: process.Status{Code: 3}}, process.Left{Members: []process.Member{sh}})
			r.at(3 * time.Second)
			r.signals(syscall.SIGTERM)
			r.at(5 * time.Second)
			r.tell("web.1", process.Gone{})
			r.want(`
				0s - left by web.1/1 pid 1 with 3 after 0s: sh
				0s web.1 TERM to the rest
				3s - stopping 0 in 0s by, since TERM
				4s - still running web.1/1
				5s - killed web.1/1 pid 1 after 5s, what was left
				5s web.1 KILL
				5s - ended web.1/1 pid 1 with 3 after 0s, asked, told`)
			r.ends(0)
		})
	})
}

// TestEarlierLife: what comes late from a life that is over concerns nobody.
func TestEarlierLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1", delays(0, 0)))
		r.runs("web.1")
		first := r.plays["web.1"]
		r.exits("web.1", 1)
		r.runs("web.1")
		r.skip()
		first.notify(process.Exited{})
		first.notify(process.Gone{})
		r.want("")
		r.goesOn()
		r.exits("web.1", 0)
		r.ends(0)
		// Nor does what comes after the end of the run, however much of it.
		for range 1000 {
			first.notify(process.Gone{})
			r.Signal(syscall.SIGTERM, false)
		}
		r.FrontGone()
		r.OutputFailed(syscall.EPIPE, true)
	})
}

// TestManyAtOnce: a thousand processes that crash without end do not keep a
// signal waiting, and all of them stop.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 1000
		var procs []formation.Process
		for i := range many {
			procs = append(procs, proc(fmt.Sprintf("web.%d", i+1), delays(0, 0)))
		}
		starts, stopping := 0, false
		s := New(Options{
			Start: func(p formation.Process, notify func(process.Event)) Process {
				starts++
				if stopping {
					t.Error("started in a stop")
				}
				go func() {
					notify(process.Started{PID: 1, At: time.Now()})
					notify(process.Exited{Status: process.Status{Code: 1}})
					notify(process.Gone{})
				}()
				return &played{r: &rig{}}
			},
			Notice: func(n Notice) {
				if _, ok := n.(Stopping); ok {
					stopping = true
				}
			},
		})
		done := make(chan Result)
		go func() { done <- s.Run(procs) }()
		// No clock passes while somebody is busy: the signal itself has to get
		// between the others.
		s.Signal(syscall.SIGTERM, false)
		if status := (<-done).Status(); status != 0 {
			t.Errorf("status %d", status)
		}
		if starts < many {
			t.Errorf("%d starts", starts)
		}
	})
}
