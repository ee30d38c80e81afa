package supervisor

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ganger/formation"
	"ganger/procfile"

	"golang.org/x/sys/unix"
)

func needs(types ...string) func(*procfile.Settings) {
	return func(s *procfile.Settings) { s.Needs = types }
}

func readyBy(r procfile.Ready) func(*procfile.Settings) {
	return func(s *procfile.Settings) { s.Ready = r }
}

func restartsWith(types ...string) func(*procfile.Settings) {
	return func(s *procfile.Settings) { s.RestartWith = types }
}

// A process starts when all that it needs are ready, and they stop when it has.
func TestNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("worker.1", needs("db", "net")), proc("db.1", readyBy("port")), proc("net.1"))
		r.want(`
			0s - waits: worker.1 for db.1/0 net.1/0
			0s db.1 START
			0s net.1 START`)
		r.runs("net.1", "db.1")
		r.want(`
			0s - started net.1/1 pid 1
			0s - started db.1/1 pid 2`)
		r.at(time.Second)
		r.gets("db.1", Readiness{Seen: "nobody listens"})
		r.want("")
		r.gets("db.1", Readiness{Ready: true, Port: 5200, URL: "http://localhost:5200"})
		r.want(`
			1s db.1 is not looked at any more
			1s - ready db.1/1 pid 2 after 1s, port 5200 http://localhost:5200
			1s worker.1 START`)
		r.runs("worker.1")
		r.want(`
			1s - started worker.1/1 pid 3
			1s - all ready after 1s`)

		// One that comes back leaves the others alone.
		r.exits("net.1", 1)
		r.at(2 * time.Second)
		r.runs("net.1")
		if r.said("worker.1 TERM") {
			t.Error("worker.1 is stopped since net.1 came back")
		}
		r.skip()

		r.signals(unix.SIGTERM)
		r.want(`
			2s - stopping 3 in 10s by TERM, since TERM
			2s worker.1 TERM to the group`)
		r.exits("worker.1", 0)
		r.want(`
			2s - ended worker.1/1 pid 3 with 0 after 1s, asked
			2s db.1 TERM to the group
			2s net.1 TERM to the group`)
		r.exits("db.1", 0)
		r.exits("net.1", 0)
		r.ends(0)
	})
}

// What waits for one that has failed for good is not started, nor is what
// waits for that.
func TestNeededFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1", restarts(never), readyBy("port")), proc("worker.1", needs("db")), proc("web.1", needs("worker")))
		r.runs("db.1")
		r.skip()
		r.exits("db.1", 3)
		r.want(`
			0s db.1 is not looked at any more
			0s - ended db.1/1 pid 1 with 3 after 0s
			0s - unmet: worker.1, since db.1 failed
			0s - unmet: web.1, since worker.1 failed`)
		r.ends(3)
	})
}

// What ended with 0 before it was ready will not be.
func TestNeededEndsBeforeItIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1", readyBy("port")), proc("worker.1", needs("db")), proc("other.1"))
		r.runs("db.1", "other.1")
		r.exits("db.1", 0)
		if !r.said("unmet: worker.1, since db.1 done") {
			t.Error("worker.1 waits on")
		}
		// It can be started again by hand, once db runs.
		job := r.starts("db", "worker")
		r.runs("db.1")
		r.gets("db.1", Readiness{Ready: true})
		r.runs("worker.1")
		r.at(probation)
		r.came(job, "db.1 started, worker.1 started.")
	})
}

// A needed process that is stopped by command keeps the others waiting.
func TestNeededIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1", readyBy("port")), proc("worker.1", needs("db")))
		r.runs("db.1")
		r.stops("db")
		r.exits("db.1", 0)
		r.goesOn()
		if r.said("unmet") {
			t.Error("worker.1 is given up")
		}
		job, err := r.Reconcile(context.Background(), []formation.Process{proc("worker.1", needs("db"))})
		if err != nil {
			t.Fatal(err)
		}
		r.came(job, "db.1 removed.")
		if !r.said("worker.1 START") { // what is no longer there runs elsewhere
			t.Error("worker.1 still waits")
		}
	})
}

func TestReadyExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{ExitWhen: ExitWhenAny}, proc("setup.1", readyBy("exit")), proc("web.1", needs("setup")))
		r.runs("setup.1")
		r.skip()
		r.at(time.Hour) // it may take as long as it likes
		r.want("")
		r.exits("setup.1", 0)
		r.want(`
			1h0m0s - ended setup.1/1 pid 1 with 0 after 1h0m0s
			1h0m0s web.1 START`)
		r.runs("web.1")
		r.goesOn() // a step that is done ends nothing
	})
}

func TestReadyTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1", readyBy("port")), proc("worker.1", needs("db")))
		r.runs("db.1")
		wait := r.do(Command{Op: OpWait})
		r.skip()
		r.gets("db.1", Readiness{Seen: "nobody listens"})
		r.at(time.Minute)
		r.want("1m0s - not ready db.1/1 pid 1 after 1m0s: nobody listens")
		r.came(wait, "db.1 failed (not ready after 1m0s: nobody listens)")
		r.at(2 * time.Minute)
		r.want("2m0s - not ready db.1/1 pid 1 after 2m0s: nobody listens")
		r.gets("db.1", Readiness{Ready: true})
		r.runs("worker.1")
		r.came(wait, "worker.1 ready.")
		r.skip()
		r.at(10 * time.Minute)
		r.want("")
	})
}

// A start has come to its end when the process is ready, and a rolling restart
// goes no further than to one that does not get ready.
func TestStartUntilReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1", readyBy("port")), proc("web.2", readyBy("port")))
		r.runs("web.1", "web.2")
		roll := r.do(Command{Op: OpRestart, Rolling: true})
		r.exits("web.1", 0)
		r.runs("web.1")
		r.at(time.Second)
		r.came(roll, "")
		r.at(time.Minute)
		r.came(roll, "web.1 restarted (not ready after 1m0s), web.2 skipped.")
	})
}

func TestRestartWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1", readyBy("port")), proc("web.1", restartsWith("db")), proc("held.1", restartsWith("db")))
		r.runs("db.1", "web.1", "held.1")
		r.stops("held")
		r.exits("held.1", 0)
		r.gets("db.1", Readiness{Ready: true})
		r.exits("db.1", 1)
		r.at(time.Second)
		r.runs("db.1")
		if r.said("web.1 TERM") {
			t.Error("web.1 is restarted before db.1 is ready")
		}
		r.skip()
		r.gets("db.1", Readiness{Ready: true})
		r.want(`
			1s db.1 is not looked at any more
			1s - ready db.1/2 pid 4 after 0s, port 0
			1s - restarted: web.1 with db.1
			1s web.1 TERM to the group`)
	})
}

func TestStopCommand(t *testing.T) {
	stopsWith := func(s *procfile.Settings) { s.StopCommand = "stop it" }
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1", stopsWith), proc("web.1", stopsWith), proc("slow.1", stopsWith))
		r.runs("db.1", "web.1", "slow.1")
		r.skip()
		r.signals(unix.SIGTERM)
		r.skip()
		r.gets("stop db.1", Readiness{})
		r.want("0s db.1 TERM to the group")
		r.exits("web.1", 0) // the command was enough
		r.gets("stop web.1", Readiness{})
		r.exits("db.1", 0)
		r.skip()
		r.at(5 * time.Second) // whoever runs the command ends it now
		r.want(`1s - still running slow.1/3`)
		r.gets("stop slow.1", Readiness{})
		r.want("5s slow.1 TERM to the group")
		r.at(10 * time.Second) // the process has its own time
		r.want(`
			10s - killed slow.1/1 pid 3 after 5s
			10s slow.1 CANCEL stop it
			10s slow.1 KILL`)
		r.dies("slow.1", unix.SIGKILL)
		r.ends(0)
	})
}

// The release step waits for what it needs, and all others for it.
func TestReleaseNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"), proc("release.1", needs("db")), proc("db.1", readyBy("port")))
		r.want(`
			0s - waits: release.1 for db.1/0
			0s db.1 START`)
		r.runs("db.1")
		r.gets("db.1", Readiness{Ready: true})
		r.runs("release.1")
		r.skip()
		r.exits("release.1", 0)
		r.want(`
			0s - ended release.1/1 pid 2 with 0 after 0s
			0s web.1 START`)
	})
}

// By command, too, what needs another stops before it; what is not to stop is
// not waited for, and who is started again meanwhile goes on.
func TestStopInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1"), proc("web.1", needs("db")))
		r.runs("db.1", "web.1")
		r.skip()
		both := r.stops("db", "web")
		r.want(`
			0s - stop of db.1/1 web.1/2
			0s web.1 TERM to the group`)
		r.came(r.starts("db"), "db.1 already running.")
		r.came(both, "db.1 overtaken (started by command)")
		r.exits("web.1", 0)
		r.came(both, "web.1 stopped.")
		r.starts("web")
		r.runs("web.1")
		r.skip()
		r.stops("db")
		r.want(`
			0s - stop of db.1/1
			0s db.1 TERM to the group`)
		r.exits("db.1", 0)

		// What ends by itself while its stop is due is not started again.
		r.starts("db")
		r.runs("db.1")
		r.stops("db", "web")
		r.exits("db.1", 1)
		r.at(time.Hour)
		r.exits("web.1", 0)
		r.goesOn()
		if r.said("restart") {
			t.Error("started again")
		}
	})
}

// A restart stops in that order too, and starts in the other one; nobody waits for
// what is not to be restarted.
func TestRestartInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1"), proc("web.1", needs("db")), proc("job.1"))
		r.runs("db.1", "web.1", "job.1")
		r.skip()
		all := r.do(Command{Op: OpRestart})
		r.want(`
			0s - restart of db.1/1 web.1/2 job.1/3
			0s web.1 TERM to the group
			0s job.1 TERM to the group`)
		r.came(r.starts("db"), "")
		r.skip()
		r.exits("web.1", 0)
		r.want(`
			0s - ended web.1/1 pid 2 with 0 after 0s, again in 0s, nth 0, asked
			0s - waits: web.1 for db.1/1
			0s db.1 TERM to the group`)
		r.exits("db.1", 0)
		r.exits("job.1", 0)
		for i, name := range []string{"db.1", "web.1", "job.1"} {
			r.at(time.Duration(i) * ms)
			r.runs(name)
		}
		r.at(probation + 2*ms)
		r.came(all, "db.1 restarted, web.1 restarted, job.1 restarted.")
		r.skip()

		r.do(Command{Op: OpRestart, Names: []string{"db"}})
		r.want(`
			202ms - restart of db.1/4
			202ms db.1 TERM to the group`)
		r.exits("db.1", 0)
		r.runs("db.1")

		// A restart that is held back may become a stop, and what ends by itself
		// meanwhile is started again.
		r.do(Command{Op: OpRestart, Names: []string{"db", "web"}})
		stop := r.stops("db")
		r.exits("web.1", 0)
		r.exits("db.1", 0)
		r.came(stop, "db.1 stopped.")
		r.starts("db")
		r.runs("db.1", "web.1")
		r.do(Command{Op: OpRestart, Names: []string{"db", "web"}})
		r.skip()
		r.exits("db.1", 0)
		r.want(`
			202ms - ended db.1/4 pid 8 with 0 after 0s, again in 0s, nth 0, asked
			202ms db.1 START`)
	})
}

// A restart that is held back does not come where a stop took its place and was
// taken back: that is its answer.
func TestHeldRestartOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1"), proc("web.1", needs("db")))
		r.runs("db.1", "web.1")
		restart := r.do(Command{Op: OpRestart})
		stop := r.stops("db")
		r.came(restart, "")
		r.came(r.starts("db"), "db.1 already running.")
		r.came(stop, "db.1 overtaken (started by command).")
		r.came(restart, "db.1 overtaken (stopped by command)")
		r.exits("web.1", 0)
		r.runs("web.1")
		r.at(probation)
		r.came(restart, "web.1 restarted.")
	})
}

// A stop that is held back and taken back leaves running what is as it is to be:
// another line is another process.
func TestHeldStopTakenBackAfterAReload(t *testing.T) {
	db, web := proc("db.1"), proc("web.1", needs("db"))
	changed := db
	changed.Line = "other"
	reload := func(t *testing.T, r *rig, procs ...formation.Process) *Job {
		t.Helper()
		job, err := r.Reconcile(context.Background(), procs)
		if err != nil {
			t.Fatal(err)
		}
		return job
	}
	for _, test := range []struct {
		name string
		back func(*testing.T, *rig) *Job
	}{
		{"changed", func(t *testing.T, r *rig) *Job {
			r.stops("db", "web")
			r.came(reload(t, r, changed, web), "db.1 updated.")
			return r.starts("db")
		}},
		{"removed and added", func(t *testing.T, r *rig) *Job {
			r.stops("web")
			reload(t, r, web)
			return reload(t, r, changed, web)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Options{}, db, web)
				r.runs("db.1", "web.1")
				job := test.back(t, r)
				r.exits("web.1", 0)
				if !r.said("db.1 TERM to the group") {
					t.Fatalf("the old one runs on:\n%s", strings.Join(r.lines, "\n"))
				}
				r.exits("db.1", 0)
				r.runs("db.1")
				r.at(probation)
				r.came(job, "db.1 restarted.")
			})
		})
	}
}

// What a suspension puts off comes when it ends: the stop signal after a
// stop-command, and a restart with another.
func TestReadyWhileSuspended(t *testing.T) {
	stopsWith := func(s *procfile.Settings) { s.StopCommand = "stop it" }
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1", readyBy("port")), proc("web.1", restartsWith("db")), proc("old.1", stopsWith))
		r.runs("db.1", "web.1", "old.1")
		r.exits("db.1", 1)
		r.at(time.Second)
		r.runs("db.1")
		r.do(Command{Op: OpRestart, Names: []string{"old"}})
		r.signals(unix.SIGTSTP)
		r.skip()
		r.gets("db.1", Readiness{Ready: true})
		r.gets("stop old.1", Readiness{})
		r.want(`
			1s db.1 is not looked at any more
			1s - ready db.1/2 pid 4 after 0s, port 0`)
		r.signals(unix.SIGCONT)
		r.want(`
			1s db.1 CONT to the group
			1s db.1 CONT to the rest elsewhere
			1s web.1 CONT to the group
			1s web.1 CONT to the rest elsewhere
			1s old.1 CONT to the group
			1s old.1 CONT to the rest elsewhere
			1s - resumed
			1s old.1 TERM to the group
			1s - restarted: web.1 with db.1
			1s web.1 TERM to the group`)
	})
}

// What a probe tells of an earlier life says nothing of this one.
func TestProbeOfAnEarlierLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1", readyBy("port")), proc("web.1", needs("db")))
		r.runs("db.1")
		earlier := r.looks["db.1"]
		r.exits("db.1", 1)
		r.at(time.Second)
		r.runs("db.1")
		earlier(Readiness{Ready: true})
		synctest.Wait()
		if r.said("web.1 START") {
			t.Error("web.1 is started for a life that is over")
		}
	})
}

// Who waits for a start that waits for what was stopped by command is told; the
// process goes on waiting, and starts when that is ready again.
func TestBarred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1", needs("api")), proc("api.1", needs("db")), proc("db.1"))
		r.runs("db.1", "api.1", "web.1")
		r.stops("db")
		r.exits("db.1", 0)
		restart := r.do(Command{Op: OpRestart, Names: []string{"api", "web"}})
		r.exits("api.1", 0)
		r.exits("web.1", 0)
		r.came(restart, "api.1 waits for db, web.1 waits for db.")
		r.starts("db")
		r.runs("db.1", "api.1", "web.1")

		// What is waited for may be stopped later.
		again := r.do(Command{Op: OpRestart, Names: []string{"db", "api"}})
		r.exits("api.1", 0)
		r.came(again, "")
		r.stops("db")
		r.exits("db.1", 0)
		r.came(again, "db.1 overtaken (stopped by command), api.1 waits for db.")
	})
}
