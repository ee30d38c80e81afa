package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"ganger/control"
	"ganger/supervisor"
)

// awaitReady answers when all processes of these names are ready, or one will
// not be; without wait it tells how they are.
func (l *live) awaitReady(ctx context.Context, names []string, wait bool) (control.Outcome, error) {
	shot, feed, err := l.b.sup.Subscribe(ctx)
	if err != nil {
		return control.Outcome{}, answer(err)
	}
	defer feed.Close()
	run := l.b.wanted.Load()
	if asleep, _ := run.asleep(names); len(asleep) > 0 {
		return control.Outcome{}, run.noneOf(asleep[0])
	}
	for _, name := range names {
		if !slices.ContainsFunc(shot.Processes, func(v supervisor.ProcessView) bool { return means(name, v.Process) }) {
			return control.Outcome{}, noProcess(name, shot.Processes)
		}
	}
	r := &readyCheck{shot: shot, names: names, since: time.Now()}
	for {
		out, settled, next := r.judge(time.Now())
		if settled || r.over || !wait {
			if shot, err := l.b.sup.Snapshot(ctx); err == nil && !out.OK {
				r.refresh(shot)
				out, _, _ = r.judge(time.Now())
			}
			l.awaitLastWords(ctx, out)
			return out, nil
		}
		if err := l.follow(ctx, r, feed, next); err != nil {
			return control.Outcome{}, err
		}
	}
}

// drainTime bounds the wait for a process's last output, which a blocked reader
// of ours may hold up.
const drainTime = 5 * time.Second

// awaitLastWords waits until the logs have all that the failed have written: that
// one has ended is known before its last output has been read.
func (l *live) awaitLastWords(ctx context.Context, out control.Outcome) {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	for _, res := range out.Processes {
		if res.Result != hasFailed {
			continue
		}
		if c := l.b.copyOf(res.Process); c != nil {
			select {
			case <-c.Drained():
			case <-ctx.Done():
			}
		}
	}
}

// follow waits until something changes, or until next if that is not zero.
func (l *live) follow(ctx context.Context, r *readyCheck, feed *supervisor.Feed, next time.Time) error {
	wait := ctx
	if !next.IsZero() {
		var cancel context.CancelFunc
		wait, cancel = context.WithDeadline(ctx, next)
		defer cancel()
	}
	changes, missed, err := feed.Next(wait)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF):
		r.over = true
	case missed > 0:
		// What came since is in both, and is the same.
		if shot, err := l.b.sup.Snapshot(ctx); err == nil {
			r.shot = shot
		}
	}
	for _, c := range changes {
		r.change(c)
	}
	return nil
}
