package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ganger/control"
	"ganger/procfile"

	"github.com/spf13/cobra"
)

const waitHelp = `Wait until processes of the running app are ready: those with a NAME, of a
process (web.1), of a type (web), or a pattern (worker.*), or all but those that
were stopped by command. Ready is what ready= in the Procfile asks for. Without
it a process is ready that has run for 0.2 s, or has ended with status 0.

The status is 0 when all are ready. It is 1 as soon as one of them has failed for
good, is not ready within its ready-timeout, crashes again and again for that
long, or waits for what was stopped by command, and at --timeout. The error says
which and why, with its last 20 lines.

With --timeout the app need not run yet: its start is waited for, too.`

const waitExample = `  ganger start --detach && ganger wait && ./smoke.sh
  ganger wait web --timeout 30s`

func (m *program) waitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "wait [NAME...]",
		Short:   "wait until processes are ready",
		Long:    waitHelp,
		Example: waitExample,
	}
	t := newTarget()
	var limit timeLimit
	cmd.Flags().Var(&limit, "timeout", "`TIME`how long to wait at most (60s, 5m); bare numbers are seconds")
	t.flags(cmd.Flags())
	cmd.ValidArgsFunction = t.completeNames
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		ctx, cancel := limit.begin()
		defer cancel()
		r, err := t.await(ctx, limit > 0)
		if err != nil {
			return t.withLastHint(err)
		}
		defer r.Close()
		return m.awaitReady(ctx, r, args)
	}
	return cmd
}

// timeLimit is how long to wait at most; 0 is for ever. It is a pflag.Value.
type timeLimit time.Duration

// Set implements pflag.Value.
func (p *timeLimit) Set(text string) error {
	d, err := procfile.ParseDuration(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%q is no time to wait", text)
	}
	*p = timeLimit(d)
	return err
}

// String implements pflag.Value; there is no default that help would show.
func (p *timeLimit) String() string { return "" }

// Type implements pflag.Value; help shows it.
func (p *timeLimit) Type() string { return "" }

// begin is a context for as long as one is to wait.
func (p timeLimit) begin() (context.Context, context.CancelFunc) {
	if p == 0 {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), time.Duration(p))
}

// comeTick is the pause between two looks for an app that is to come.
const comeTick = 10 * time.Millisecond

// await is connect to an app that answers. If it may come late it is waited for
// until ctx ends: for the lock, what the lock says, and the socket.
func (t *target) await(ctx context.Context, late bool) (*running, error) {
	tick := time.NewTicker(comeTick)
	defer tick.Stop()
	for {
		r, err := t.reach()
		if err == nil || !late || each(err)[0].status == statusUsage {
			return r, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}

// reach connects to the app and asks it who it is. It has the time to answer
// however short the wait is to be.
func (t *target) reach() (*running, error) {
	r, err := t.connect()
	if err != nil {
		return nil, err
	}
	info, err := r.Info(context.Background())
	if err != nil {
		r.Close()
		if lost := new(control.LostError); errors.As(err, &lost) && r.root != "" && !r.holds() { // it ended as it was asked
			err = &control.NotRunningError{Root: r.root}
		}
		return nil, r.explain(err)
	}
	r.root = info.Root
	r.facts = control.Facts{PID: info.PID, Root: info.Root, Since: info.Since, State: info.State, Socket: info.Socket, Version: info.Version}
	return r, nil
}

// awaitReady waits until processes are ready, or for as long as ctx lasts.
func (m *program) awaitReady(ctx context.Context, r *running, names []string) error {
	err := m.askReady(ctx, r, names)
	if r.hasEnded(err) {
		return fileError("the app in "+r.root+" has ended", r.leftWords(systemName))
	}
	return r.explain(err)
}

// askReady is awaitReady with errors that are not explained yet.
func (m *program) askReady(ctx context.Context, r *running, names []string) error {
	begun := time.Now()
	do := control.Command{Action: control.AwaitApp, Names: names, Wait: true}
	p := newProgress(m.stdout, r)
	out, err := r.Do(ctx, do, p.show)
	if err != nil && ctx.Err() != nil {
		do.Wait = false // how are they now?
		out, err = r.Do(context.Background(), do, p.show)
	}
	switch {
	case err != nil:
		return err
	case out.OK:
		return p.results(do, out)
	}
	return r.notReady(out, time.Since(begun))
}

// hasEnded reports whether an error is that of an app which has ended just now.
func (r *running) hasEnded(err error) bool {
	none, lost := new(control.NotRunningError), new(control.LostError)
	if isStopping(err) {
		return r.root != ""
	}
	gone := errors.As(err, &none) || errors.As(err, &lost)
	return gone && r.root != "" && (!r.holds() || r.facts.State == control.Stopping)
}

// notReady is the error for processes that are not ready after so long.
func (r *running) notReady(out control.Outcome, after time.Duration) error {
	var all []error
	for i, res := range worst(out) {
		f := &failure{problem: shortfall(res, after), status: statusFailed}
		switch {
		case res.Result == isBarred:
			f.hint = r.startHint(res.WaitsFor)
		case i == 0 && (res.Result == hasFailed || res.Result == isLate || res.Result == notReady):
			f.hint = r.lastWords(res.Process)
		}
		all = append(all, f)
	}
	return errors.Join(all...)
}

// worst are the reasons why not all is ready: first what failed, then what that
// keeps from being started; only if there is neither what may yet get ready.
func worst(out control.Outcome) []control.Result {
	rank := func(res control.Result) int {
		return slices.Index([]string{hasFailed, isLate, notStarted, isBarred, isStopped, notReady, isReady}, res.Result)
	}
	all := slices.Clone(out.Processes)
	slices.SortStableFunc(all, func(a, b control.Result) int { return rank(a) - rank(b) })
	end := slices.IndexFunc(all, func(res control.Result) bool {
		return res.Result == isReady || res.Result == notReady && all[0].Result != notReady
	})
	if end >= 0 {
		all = all[:end]
	}
	return all
}

func shortfall(res control.Result, after time.Duration) string {
	switch res.Result {
	case notReady:
		return fmt.Sprintf("%s is not ready after %s: %s", res.Process, seconds(after), res.Message)
	case notStarted:
		return fmt.Sprintf("%s was not started: %s", res.Process, res.Message)
	case isBarred:
		return res.Process + " " + res.Message
	case isLate:
		return fmt.Sprintf("%s is %s", res.Process, res.Message)
	case isStopped:
		return fmt.Sprintf("%s is not ready: %s", res.Process, res.Message)
	}
	return fmt.Sprintf("%s failed: %s", res.Process, res.Message)
}
