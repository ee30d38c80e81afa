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
	for _, name := range names {
		if !slices.ContainsFunc(shot.Processes, func(v supervisor.ProcessView) bool { return means(name, v.Process) }) {
			return control.Outcome{}, noProcess(name, shot.Processes)
		}
	}
	r := &readyCheck{shot: shot, names: names, since: time.Now()}
	for {
		r.culprit = l.b.culprit.Load()
		out, settled, next := r.judge(time.Now())
		if settled || r.over || !wait {
			return out, nil
		}
		if err := l.follow(ctx, r, feed, next); err != nil {
			return control.Outcome{}, err
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
