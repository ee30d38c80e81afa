package cli

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"
	"ganger/supervisor"
)

// How far one process is, in each state that it may be in.
func TestReadyCheck(t *testing.T) {
	asked := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	after := func(d time.Duration) time.Time { return asked.Add(d) }
	status3 := process.Status{Code: 3}
	const limit = 60 * time.Second
	for _, test := range []struct {
		name    string
		ready   procfile.Ready
		view    supervisor.ProcessView
		now     time.Duration // since it was asked for
		result  string
		why     string
		pending bool
		until   time.Duration // since it was asked for; 0: none
	}{
		{name: "just started", view: supervisor.ProcessView{State: supervisor.StateRunning, Started: asked}, now: steadyAfter - 1,
			result: notReady, why: "it has just been started", pending: true, until: steadyAfter},
		{name: "runs", view: supervisor.ProcessView{State: supervisor.StateRunning, Started: asked}, now: steadyAfter, result: isReady},
		{name: "not probed yet", ready: "port", view: supervisor.ProcessView{State: supervisor.StateRunning, Started: asked,
			Ready: supervisor.Readiness{Seen: "nobody listens"}}, now: time.Second,
			result: notReady, why: "nobody listens", pending: true, until: limit},
		{name: "late", ready: "port", view: supervisor.ProcessView{State: supervisor.StateRunning, Started: asked,
			Ready: supervisor.Readiness{Seen: "nobody listens"}}, now: limit,
			result: isLate, why: "not ready within 1 min 0 s: waited for port 5000, and nobody listens", until: limit},
		{name: "probed", ready: "port", view: supervisor.ProcessView{State: supervisor.StateReady}, result: isReady},
		{name: "a step runs", ready: procfile.ReadyExit, view: supervisor.ProcessView{State: supervisor.StateRunning, Started: asked}, now: time.Hour,
			result: notReady, why: "it has not ended yet", pending: true},
		{name: "a step is done", ready: procfile.ReadyExit, view: supervisor.ProcessView{State: supervisor.StateDone,
			Ready: supervisor.Readiness{Ready: true}}, result: isReady},
		{name: "done too soon", ready: "port", view: supervisor.ProcessView{State: supervisor.StateDone},
			result: hasFailed, why: "ended without having been ready"},
		{name: "failed", view: supervisor.ProcessView{State: supervisor.StateFailed, Life: 1, Status: status3},
			result: hasFailed, why: "exited with status 3"},
		{name: "cannot be started", view: supervisor.ProcessView{State: supervisor.StateFailed, Life: 1, Err: errors.New("not found")},
			result: hasFailed, why: "not found"},
		{name: "given up", view: supervisor.ProcessView{State: supervisor.StateFailed, Err: errors.New("db.1 failed")},
			result: notStarted, why: "db.1 failed"},
		{name: "crashes", view: supervisor.ProcessView{State: supervisor.StateBackingOff, Life: 3, Status: status3}, now: limit - 1,
			result: notReady, why: "exited with status 3, and is to be restarted", pending: true, until: limit},
		{name: "crashes for long", view: supervisor.ProcessView{State: supervisor.StateBackingOff, Life: 3, Status: status3}, now: limit,
			result: hasFailed, why: "exited with status 3, the 3rd time"},
		{name: "stopped", view: supervisor.ProcessView{State: supervisor.StateStopped}, result: isStopped, why: "stopped by command"},
		{name: "waits", view: supervisor.ProcessView{State: supervisor.StateWaiting}, result: notReady, why: "it waits for db", pending: true},
		{name: "stopping", view: supervisor.ProcessView{State: supervisor.StateStopping}, result: notReady, why: "it is stopping", pending: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := test.view
			v.Process = formation.Process{Name: "web.1", Type: "web", Port: 5000,
				Settings: procfile.Settings{Ready: test.ready, ReadyTimeout: limit, Needs: []string{"db", "redis"}}}
			db := supervisor.ProcessView{Process: formation.Process{Name: "db.1", Type: "db"}, State: supervisor.StateStarting}
			redis := supervisor.ProcessView{Process: formation.Process{Name: "redis.1", Type: "redis"}, State: supervisor.StateReady}
			r := &readyCheck{since: asked}
			r.shot.Processes = []supervisor.ProcessView{db, redis, v}
			want := standing{result: test.result, why: test.why, pending: test.pending}
			if test.until > 0 {
				want.until = after(test.until)
			}
			if got := r.standing(v, after(test.now)); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// What pends is over with the run, and does not count while that is suspended.
func TestReadyCheckOfTheRun(t *testing.T) {
	now := time.Now()
	waits := supervisor.ProcessView{Process: formation.Process{Name: "web.1", Type: "web"}, State: supervisor.StateStarting}
	r := &readyCheck{since: now}
	r.shot.Processes = []supervisor.ProcessView{waits}
	r.change(supervisor.Change{ProcessView: supervisor.ProcessView{State: supervisor.StateSuspended}})
	if s := r.standing(waits, now); !s.pending || s.why != "the app is suspended" {
		t.Errorf("suspended: %+v", s)
	}
	r.change(supervisor.Change{ProcessView: supervisor.ProcessView{State: supervisor.StateRunning}})
	if s := r.standing(waits, now); s.why != "it is starting" {
		t.Errorf("resumed: %+v", s)
	}
	r.over = true
	if s := r.standing(waits, now); s.pending || s.why != "the app has ended" {
		t.Errorf("over: %+v", s)
	}
}

// All have to be ready; one that will not be settles it, also while others pend.
func TestReadyCheckJudges(t *testing.T) {
	now := time.Now()
	view := func(name string, s supervisor.State) supervisor.ProcessView {
		return supervisor.ProcessView{Process: formation.Process{Name: name + ".1", Type: name}, State: s, Life: 1, Started: now}
	}
	young := view("young", supervisor.StateRunning)
	for _, test := range []struct {
		name        string
		views       []supervisor.ProcessView
		names       []string
		ok, settled bool
		next        time.Time
		n           int
	}{
		{"none", nil, nil, true, true, time.Time{}, 0},
		{"ready", []supervisor.ProcessView{view("a", supervisor.StateReady), view("b", supervisor.StateReady)}, nil, true, true, time.Time{}, 2},
		{"young", []supervisor.ProcessView{view("a", supervisor.StateReady), young}, nil, false, false, now.Add(steadyAfter), 2},
		{"failed", []supervisor.ProcessView{young, view("b", supervisor.StateFailed)}, nil, false, true, now.Add(steadyAfter), 2},
		{"another failed", []supervisor.ProcessView{view("a", supervisor.StateReady), view("b", supervisor.StateFailed)}, []string{"a"}, true, true, time.Time{}, 1},
		{"stopped", []supervisor.ProcessView{view("a", supervisor.StateReady), view("b", supervisor.StateStopped)}, nil, true, true, time.Time{}, 1},
		{"stopped and named", []supervisor.ProcessView{view("b", supervisor.StateStopped)}, []string{"b.*"}, false, true, time.Time{}, 1},
	} {
		r := &readyCheck{names: test.names, since: now}
		r.shot.Processes = test.views
		out, settled, next := r.judge(now)
		if out.OK != test.ok || settled != test.settled || !next.Equal(test.next) || len(out.Processes) != test.n {
			t.Errorf("%s: %+v, settled %t, next %v", test.name, out, settled, next)
		}
	}
}
