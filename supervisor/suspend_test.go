package supervisor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// What is to end by command ends, whether the suspension came before the
// command or after it: who gave it may be at another terminal. What ends last
// goes on until then, since what needs it does so to end.
func TestStopAndSuspension(t *testing.T) {
	for _, test := range []struct {
		name      string
		suspended bool // before the command
		do        string
	}{
		{"stop, then suspended", false, `
			0s - stop of db.1/1 web.1/2
			0s web.1 TERM to the group
			0s other.1 STOP to the group
			0s other.1 STOP to the rest elsewhere
			0s - suspended
			0s suspend the front`},
		{"suspended, then stop", true, `
			0s db.1 STOP to the group
			0s db.1 STOP to the rest elsewhere
			0s web.1 STOP to the group
			0s web.1 STOP to the rest elsewhere
			0s other.1 STOP to the group
			0s other.1 STOP to the rest elsewhere
			0s - suspended
			0s suspend the front
			0s - stop of db.1/1 web.1/2
			0s db.1 CONT to the group
			0s db.1 CONT to the rest elsewhere
			0s web.1 CONT to the group
			0s web.1 CONT to the rest elsewhere
			0s web.1 TERM to the group`},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Options{}, proc("db.1"), proc("web.1", needs("db")), proc("other.1"))
				r.runs("db.1", "web.1", "other.1")
				r.skip()
				if test.suspended {
					r.signals(unix.SIGTSTP)
				}
				stop := r.stops("db", "web")
				if !test.suspended {
					r.signals(unix.SIGTSTP)
				}
				r.want(test.do)
				r.at(5 * time.Second)
				r.want(`
					5s - killed web.1/1 pid 2 after 5s
					5s web.1 KILL`)
				r.dies("web.1", unix.SIGKILL)
				r.want(`
					5s - ended web.1/1 pid 2 with 137 after 5s, asked
					5s db.1 TERM to the group`)
				r.exits("db.1", 0)
				r.came(stop, "web.1 stopped (137), db.1 stopped.")
				r.skip()
				r.signals(unix.SIGCONT)
				r.want(`
					5s other.1 CONT to the group
					5s other.1 CONT to the rest elsewhere
					5s - resumed`)
			})
		})
	}
}

// A restart is held up as a whole, since its start would be; a stop takes it
// out of that.
func TestRestartAndSuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("web.1"))
		r.runs("web.1")
		restart := r.do(Command{Op: OpRestart})
		r.skip()
		r.signals(unix.SIGTSTP)
		r.want(`
			0s web.1 STOP to the group
			0s web.1 STOP to the rest elsewhere
			0s - suspended
			0s suspend the front`)
		r.at(time.Hour)
		r.want("")
		stop := r.stops("web")
		r.want(`
			1h0m0s - stop of web.1/1
			1h0m0s web.1 CONT to the group
			1h0m0s web.1 CONT to the rest elsewhere`)
		r.exits("web.1", 0)
		r.came(stop, "web.1 stopped.")
		r.came(restart, "web.1 overtaken (stopped by command).")
	})
}

// The end of the run, though, is held up, with what is to follow in it.
func TestQuitAndSuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{}, proc("db.1"), proc("web.1", needs("db")))
		r.runs("db.1", "web.1")
		stop := r.stops("db", "web")
		if err := r.Quit(context.Background(), false); err != nil {
			t.Fatal(err)
		}
		r.at(time.Second)
		r.skip()
		r.signals(unix.SIGTSTP)
		r.want(`
			1s db.1 STOP to the group
			1s db.1 STOP to the rest elsewhere
			1s web.1 STOP to the group
			1s web.1 STOP to the rest elsewhere
			1s - suspended
			1s suspend the front`)
		r.exits("web.1", 0) // as it was suspended
		r.at(time.Hour)
		r.want("1s - ended web.1/1 pid 2 with 0 after 1s, asked")
		r.signals(unix.SIGCONT)
		r.want(`
			1h0m0s db.1 CONT to the group
			1h0m0s db.1 CONT to the rest elsewhere
			1h0m0s - resumed
			1h0m0s db.1 TERM to the group`)
		r.exits("db.1", 0)
		r.came(stop, "web.1 stopped, db.1 stopped.")
		r.ends(0)
	})
}
