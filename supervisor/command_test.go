package supervisor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ganger/formation"
	"ganger/process"

	"golang.org/x/sys/unix"
)

// do gives a command and returns the job.
func (r *rig) do(c Command) *Job {
	r.t.Helper()
	j, err := r.Do(context.Background(), c)
	if err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return j
}

func (r *rig) starts(names ...string) *Job { return r.do(Command{Op: OpStart, Names: names}) }
func (r *rig) stops(names ...string) *Job  { return r.do(Command{Op: OpStop, Names: names}) }

// came demands what has come of a job so far: "web.1 stopped, web.2 started";
// a job that is done ends with a full stop.
func (r *rig) came(j *Job, want string) {
	r.t.Helper()
	synctest.Wait()
	var got []string
	end := ""
	for more := true; more; {
		select {
		case o, open := <-j.Outcomes():
			if more = open; !open {
				end = "."
				break
			}
			text := o.Process + " " + string(o.What)
			if len(o.For) > 0 {
				text += " for " + strings.Join(o.For, ", ")
			}
			if o.Err != nil {
				text += fmt.Sprintf(" (%v)", o.Err)
			} else if !o.Status.OK() {
				text += fmt.Sprintf(" (%d)", o.Status.Shell())
			}
			got = append(got, text)
		default:
			more = false
		}
	}
	if text := strings.Join(got, ", ") + end; text != want {
		r.t.Fatalf("got %q, want %q", text, want)
	}
}

func TestCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("worker.1"))
		r.runs("web.1", "worker.1")
		r.skip()

		stop := r.stops("web")
		r.want(`
			0s - stop of web.1/1
			0s web.1 TERM to the group`)
		r.came(stop, "")
		r.exits("web.1", 0)
		r.came(stop, "web.1 stopped.")
		r.came(r.stops("web.1"), "web.1 not running.")
		r.came(r.starts("worker.1"), "worker.1 already running.")
		r.skip()

		start := r.starts("web.*")
		r.want(`
			0s - start of web.1/0
			0s web.1 START`)
		r.runs("web.1")
		r.came(start, "")
		r.at(probation)
		r.came(start, "web.1 started.")

		restart := r.do(Command{Op: OpRestart, Names: []string{"worker"}})
		r.exits("worker.1", 0)
		r.runs("worker.1")
		r.came(restart, "")
		r.at(2 * probation)
		r.came(restart, "worker.1 restarted.")

		r.came(r.do(Command{Op: OpSignal, Names: []string{"web"}, Signal: unix.SIGUSR1}), "web.1 signalled.")
		if !r.said("web.1 USR1 to it alone") {
			t.Error("no signal")
		}
		kill := r.do(Command{Op: OpKill, Names: []string{"web", "worker"}})
		r.dies("web.1", unix.SIGKILL)
		r.dies("worker.1", unix.SIGKILL)
		r.came(kill, "web.1 stopped (137), worker.1 stopped (137).")
		r.goesOn() // all were stopped by command

		if err := r.Quit(context.Background(), false); err != nil {
			t.Fatal(err)
		}
		r.ends(0)
		<-r.Done()
		if _, err := r.Do(context.Background(), Command{Op: OpStart}); !errors.Is(err, ErrStopping) {
			t.Errorf("a command after the end: %v", err)
		}
	})
}

// A start has failed if the program cannot be started or ends at once.
func TestStartFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1", restarts(onFailure)), proc("once.1"))
		r.runs("web.1", "once.1")
		stop := r.stops()
		r.exits("web.1", 0)
		r.exits("once.1", 0)
		r.came(stop, "web.1 stopped, once.1 stopped.")

		start := r.starts("web", "once")
		r.tell("web.1", process.NotStarted{Err: errNotFound, Status: process.Status{Code: 127}})
		r.runs("once.1")
		r.exits("once.1", 0)
		r.came(start, "web.1 failed (not found), once.1 finished.")

		start = r.starts("web", "once")
		r.runs("web.1", "once.1")
		r.exits("web.1", 3)
		r.came(start, "web.1 failed (3)")
		r.stops("once")
		r.came(start, "")
		r.exits("once.1", 0)
		r.came(start, "once.1 overtaken (stopped by command).")
	})
}

// What runs as another user cannot be stopped, and that is said.
func TestStopFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"))
		r.runs("web.1")
		stop := r.stops("web")
		r.tell("web.1", process.Gone{Foreign: []process.Member{sh}})
		r.came(stop, "web.1 failed (it runs as another user and cannot be ended from here).")
	})
}

// Who gives up waiting gets what has come so far, and the command goes on.
func TestWaitGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("worker.1"))
		r.runs("web.1", "worker.1")
		stop := r.stops()
		r.exits("worker.1", 0)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		got, err := stop.Wait(ctx)
		if len(got) != 1 || got[0].Process != "worker.1" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, %v", got, err)
		}
		r.exits("web.1", 0)
		if got, err = stop.Wait(context.Background()); len(got) != 1 || got[0].Process != "web.1" || err != nil {
			t.Errorf("then %v, %v", got, err)
		}
		start := r.starts()
		r.runs("worker.1", "web.1")
		if got, err = start.Wait(context.Background()); len(got) != 2 || got[0].Process != "web.1" || err != nil {
			t.Errorf("in the order of the formation: %v, %v", got, err)
		}
	})
}

// A context ends the waiting for the supervisor, too.
func TestAskGivenUp(t *testing.T) {
	s := New(Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range cap(s.inbox) + 1 { // nobody runs it
		if _, err := s.Do(ctx, Command{}); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	s.Run(nil)
	if _, err := s.Snapshot(context.Background()); !errors.Is(err, ErrStopping) {
		t.Error(err)
	}
	if _, feed, err := s.Subscribe(context.Background()); feed != nil || !errors.Is(err, ErrStopping) {
		t.Error(err)
	}
}

// What was stopped or restarted by command never ends the run, whatever
// ExitWhen says, and what ends by itself does.
func TestCommandsAndExitWhen(t *testing.T) {
	for _, when := range []ExitWhen{ExitWhenAny, ExitWhenFailure} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{ExitWhen: when}, proc("web.1", restarts(never)), proc("worker.1", restarts(never)))
			r.runs("web.1", "worker.1")
			r.do(Command{Op: OpRestart})
			r.exits("web.1", 3)
			r.exits("worker.1", 3)
			r.runs("web.1", "worker.1")
			r.stops("web")
			r.exits("web.1", 3)
			r.goesOn()
			r.exits("worker.1", 4)
			r.ends(4)
		})
	}
}

// A run that was scaled to nothing stays up, and can be scaled again.
func TestScaledToNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"))
		r.runs("web.1")
		scale := func(procs ...formation.Process) *Job {
			j, err := r.Reconcile(context.Background(), procs)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return j
		}
		none := scale()
		r.exits("web.1", 0)
		r.came(none, "web.1 removed.")
		r.goesOn()
		again := scale(proc("web.1"))
		r.runs("web.1")
		r.at(probation)
		r.came(again, "web.1 started.")
		r.exits("web.1", 0)
		r.ends(0)
	})
}

func TestUnknownNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("worker.1"))
		r.skip()
		for _, test := range []struct{ name, problem, hint string }{
			{"wbe", `no process or type "wbe"`, "did you mean web?"},
			{"web.2", `no process or type "web.2"`, "did you mean web.1?"},
			{"x*", `no process or type "x*"`, ""},
			{"[", `"[" is not a pattern`, "use * and ? and [a-z], as in web.*"},
		} {
			_, err := r.Do(context.Background(), Command{Op: OpStop, Names: []string{"web", test.name}})
			var fe *formation.Error
			if !errors.As(err, &fe) || fe.Problem != test.problem || fe.Hint != test.hint {
				t.Errorf("%s: %+v", test.name, err)
			}
		}
		r.want("") // one bad name, and nothing is done
	})
}

func TestRolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("web.2"), proc("web.3"), proc("worker.1"))
		r.runs("web.1", "web.2", "web.3", "worker.1")
		r.skip()
		roll := r.do(Command{Op: OpRestart, Names: []string{"web"}, Rolling: true})
		r.want(`
			0s - rolling restart of web.1/1
			0s web.1 TERM to the group`)
		r.exits("web.1", 0)
		r.runs("web.1")
		r.skip()
		r.at(probation)
		r.came(roll, "web.1 restarted")
		r.want(`
			200ms - rolling restart of web.2/2
			200ms web.2 TERM to the group`)
		r.exits("web.2", 0)
		r.runs("web.2")
		r.exits("web.2", 1)
		r.came(roll, "web.2 failed (1), web.3 skipped.")
		if r.said("web.3 TERM") {
			t.Error("it went on after a failure")
		}
	})
}

// What is stopped while it waits for its turn in a rolling restart stays down.
func TestRollingAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("web.2"), proc("web.3"))
		r.runs("web.1", "web.2", "web.3")
		roll := r.do(Command{Op: OpRestart, Names: []string{"web"}, Rolling: true})
		stop := r.stops("web.2")
		r.exits("web.2", 0)
		r.came(stop, "web.2 stopped.")
		r.exits("web.1", 0)
		r.runs("web.1")
		r.at(probation)
		r.skip()
		r.exits("web.3", 0)
		r.runs("web.3")
		r.at(2 * probation)
		r.came(roll, "web.1 restarted, web.2 overtaken (stopped by command), web.3 restarted.")
		if r.said("started web.2/2") {
			t.Error("it was started again")
		}
	})
}

// A restart that no user asked for is of what runs, or has ended by itself, and
// of nothing that is to be started anyhow.
func TestRestartForAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("web.2"), proc("web.3"), proc("job.1", needs("db")), proc("db.1", readyBy("port")))
		r.runs("web.1", "web.2", "web.3", "db.1")
		r.exits("web.2", 0)
		stop := r.stops("web.3")
		r.exits("web.3", 0)
		r.came(stop, "web.3 stopped.")
		r.skip()

		change := Command{Op: OpRestart, Names: []string{"web", "job"}, Why: "main.go changed"}
		r.do(change)
		r.want(`
			0s - main.go changed: restart of web.1/1 web.2/0
			0s web.1 TERM to the group
			0s web.2 START`)
		r.runs("web.2")
		r.skip()
		r.do(change) // while web.1 is still stopping
		r.want(`
			0s - main.go changed: restart of web.2/5
			0s web.2 TERM to the group`)
		r.do(change)
		r.want("")
	})
}

// A restart of all leaves down what is being stopped by command, as it leaves what
// was.
func TestRestartOfAllAndStop(t *testing.T) {
	for _, kill := range []bool{false, true} {
		t.Run(fmt.Sprint("kill ", kill), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Options{}, proc("web.1"), proc("job.1"))
				r.runs("web.1", "job.1")
				stop := r.stops("web")
				restart := r.do(Command{Op: OpRestart, Kill: kill})
				r.exits("web.1", 0)
				r.came(stop, "web.1 stopped.")
				r.exits("job.1", 0)
				r.runs("job.1")
				r.at(probation)
				r.came(restart, "job.1 restarted.")
			})
		})
	}
}

// A restart that kills does so at the turn of each.
func TestRestartKills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("web.2"), proc("job.1"))
		r.runs("web.1", "web.2", "job.1")
		r.exits("job.1", 0)
		r.skip()
		r.do(Command{Op: OpRestart, Names: []string{"*"}, Kill: true, Rolling: true})
		r.want(`
			0s - kill of web.1/1
			0s - rolling restart of web.1/1
			0s web.1 KILL
			0s - rolling restart of job.1/0
			0s job.1 START`)
		r.dies("web.1", syscall.SIGKILL)
		r.runs("web.1")
		r.skip()
		r.at(probation)
		r.want(`
			200ms - kill of web.2/2
			200ms - rolling restart of web.2/2
			200ms web.2 KILL`)
	})
}

// That the run is over is known before who follows it hears of the last end.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		var feed *Feed
		heard := -1
		r = newRig(t, Options{Ends: func() {
			r.write("ends")
			feed.mu.Lock()
			defer feed.mu.Unlock()
			heard = len(feed.changes)
		}}, proc("web.1", restarts(never)), proc("job.1", restarts(never)))
		r.runs("web.1", "job.1")
		r.exits("web.1", 3)
		var err error
		if _, feed, err = r.Subscribe(context.Background()); err != nil {
			t.Fatal(err)
		}
		r.skip()
		r.tell("job.1", process.Exited{})
		if _, _, err := feed.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
		r.tell("job.1", process.Gone{})
		r.want(`
			0s - ended job.1/1 pid 2 with 0 after 0s
			0s ends`)
		if heard != 0 {
			t.Errorf("%d changes were heard of before", heard)
		}
		r.ends(3)
	})
}

func TestReconcile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		with := func(p formation.Process, change func(*formation.Process)) formation.Process {
			change(&p)
			return p
		}
		line := func(text string) func(*formation.Process) {
			return func(p *formation.Process) { p.Line = text }
		}
		web, worker, clock, held := proc("web.1"), proc("worker.1"), proc("clock.1"), proc("held.1")
		r := newRig(t, Options{}, web, worker, clock, held)
		r.runs("web.1", "worker.1", "clock.1", "held.1")
		r.stops("held")
		r.exits("held.1", 0)
		r.skip()

		job, err := r.Reconcile(context.Background(), []formation.Process{
			proc("new.1"), with(worker, line("other")), with(held, line("later")), web,
		})
		if err != nil {
			t.Fatal(err)
		}
		r.want(`
			0s - reconciled: new.1 added; worker.1 changed: command; held.1 changed: command; clock.1 removed
			0s worker.1 TERM to the group
			0s clock.1 TERM to the group
			0s new.1 START`)
		r.came(job, "held.1 updated")
		r.runs("new.1")
		r.exits("clock.1", 0)
		r.at(ms)
		r.exits("worker.1", 0)
		r.runs("worker.1")
		r.at(ms + probation)
		r.came(job, "clock.1 removed, new.1 started, worker.1 restarted.")

		shot, err := r.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range shot.Processes {
			got = append(got, fmt.Sprintf("%s %s %d %q", p.Process.Name, p.State, p.PID, p.Process.Line))
		}
		want := `new.1 running 5 "", worker.1 running 6 "other", held.1 stopped 0 "later", web.1 running 1 ""`
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	})
}

// Who takes over a port waits for the one that has it.
func TestPortIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := func(name string, port int) formation.Process {
			p := proc(name)
			p.Port = port
			return p
		}
		r := newRig(t, Options{}, at("web.1", 5000), at("worker.1", 5100))
		r.runs("web.1", "worker.1")
		r.skip()
		_, err := r.Reconcile(context.Background(), []formation.Process{at("first.1", 5000), at("web.1", 5100), at("worker.1", 5200)})
		if err != nil {
			t.Fatal(err)
		}
		r.want(`
			0s - reconciled: first.1 added; web.1 changed: PORT; worker.1 changed: PORT
			0s web.1 TERM to the group
			0s worker.1 TERM to the group`)
		r.exits("web.1", 0)
		r.want(`
			0s - ended web.1/1 pid 1 with 0 after 0s, again in 0s, nth 0, asked
			0s first.1 START`)
		r.exits("worker.1", 0)
		r.want(`
			0s - ended worker.1/1 pid 2 with 0 after 0s, again in 0s, nth 0, asked
			0s web.1 START
			0s worker.1 START`)
	})
}

func TestCommandsWhileSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("worker.1"))
		r.runs("web.1", "worker.1")
		r.signals(unix.SIGTSTP)
		r.skip()
		if _, err := r.Do(context.Background(), Command{Op: OpRestart}); !errors.Is(err, ErrSuspended) {
			t.Error(err)
		}
		if _, err := r.Reconcile(context.Background(), nil); !errors.Is(err, ErrSuspended) {
			t.Error(err)
		}
		stop := r.stops("web")
		r.want(`
			0s - stop of web.1/1
			0s web.1 CONT to the group
			0s web.1 CONT to the rest elsewhere
			0s web.1 TERM to the group`)
		r.at(5 * time.Second) // its time passes although the others are suspended
		r.want(`
			5s - killed web.1/1 pid 1 after 5s
			5s web.1 KILL`)
		r.dies("web.1", unix.SIGKILL)
		r.came(stop, "web.1 stopped (137).")
		r.skip()
		r.signals(unix.SIGCONT)
		r.want(`
			5s worker.1 CONT to the group
			5s worker.1 CONT to the rest elsewhere
			5s - resumed`)
	})
}

// A release step that was stopped by command keeps the others waiting, and goes
// on when it is started again.
func TestReleaseStoppedByCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("release.1"))
		r.runs("release.1")
		r.skip()
		r.stops("release")
		r.exits("release.1", 0)
		r.want(`
			0s - stop of release.1/1
			0s release.1 TERM to the group
			0s - ended release.1/1 pid 1 with 0 after 0s, asked
			0s - held by release.1/1 pid 1: web.1/0`)
		r.goesOn()
		r.starts("release")
		r.runs("release.1")
		r.exits("release.1", 0)
		if !r.said("web.1 START") {
			t.Error("web.1 still waits")
		}
		r.skip()
		// Once it has passed, nobody waits for it, and its failure ends nothing.
		r.starts("release")
		r.runs("release.1")
		r.exits("release.1", 1)
		r.goesOn()
	})
}

func TestSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"))
		shot, feed, err := r.Subscribe(context.Background())
		if err != nil || len(shot.Processes) != 1 || shot.Processes[0].State != StateStarting {
			t.Fatalf("%+v, %v", shot, err)
		}
		next := func(missed int, want string) {
			t.Helper()
			changes, n, err := feed.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range changes {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %d", c.Process.Name, c.State, c.PID)))
			}
			if text := strings.Join(got, ", "); n != missed || text != want {
				t.Errorf("missed %d, got %s, want %s", n, text, want)
			}
		}
		r.runs("web.1")
		next(0, "web.1 running 1")
		r.signals(unix.SIGTSTP)
		r.signals(unix.SIGCONT)
		next(0, "suspended 0, running 0")
		r.exits("web.1", 1)
		next(0, "web.1 stopping 1, web.1 backing off 0")

		for range feedRoom/2 + 1 { // a reader who does not read
			r.signals(unix.SIGTSTP)
			r.signals(unix.SIGCONT)
		}
		if changes, missed, _ := feed.Next(context.Background()); missed != feedRoom/4 || len(changes)+missed != feedRoom+2 {
			t.Errorf("missed %d, got %d", missed, len(changes))
		}
		r.stops("web")
		next(0, "web.1 stopped 0")
		if err := r.Quit(context.Background(), true); err != nil {
			t.Fatal(err)
		}
		r.ends(0)
		next(0, "stopping 0")
		if _, _, err := feed.Next(context.Background()); err == nil {
			t.Error("the feed goes on after the run")
		}
	})
}
