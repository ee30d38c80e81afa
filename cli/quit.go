package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"ganger/control"
)

// goneTick is the pause between two looks at an app that is on its way out.
const goneTick = 10 * time.Millisecond

// quit stops the app. It has ended when nobody holds its lock: the socket goes
// before the last process may have.
func (m *program) quit(r *running, do control.Command) error {
	ctx := context.Background()
	info, err := r.Info(ctx)
	switch {
	case r.hasEnded(err) || isStopping(err):
		return m.endsAlready(r, do)
	case err != nil:
		return r.explain(err)
	}
	r.root = cmp.Or(r.root, info.Root)
	do.Action, do.Names = control.Quit, nil
	p := newProgress(m.stdout, r)
	_, err = r.Do(ctx, do, p.show)
	lost := new(control.LostError)
	switch {
	case err == nil:
	case do.Wait && errors.As(err, &lost): // its answer, with the app: that this is gone is seen below
	case r.hasEnded(err):
		return m.endsAlready(r, do)
	default:
		return r.explain(err)
	}
	if !do.Wait {
		_, err := fmt.Fprintf(m.stdout, "asked to stop: the app in %s (pid %d)\n", oneLine(info.Root), info.PID)
		return writeFailed(err)
	}
	return m.gone(info)
}

func isStopping(err error) bool {
	no := new(control.Error)
	return errors.As(err, &no) && no.Code == control.CodeStopping
}

// endsAlready is what a stop comes to where the app takes no commands any more,
// since it ends or has ended.
func (m *program) endsAlready(r *running, do control.Command) error {
	switch {
	case r.root == "":
		_, err := fmt.Fprintln(m.stdout, "the app has ended")
		return writeFailed(err)
	case !r.holds():
		_, err := fmt.Fprintf(m.stdout, "the app in %s has ended\n", oneLine(r.root))
		return writeFailed(err)
	}
	_, err := fmt.Fprintf(m.stdout, "the app in %s (pid %d) is stopping already\n", oneLine(r.root), r.facts.PID)
	if err != nil || !do.Wait {
		return writeFailed(err)
	}
	return m.gone(control.Info{Root: r.root, PID: r.facts.PID, Socket: r.facts.Socket})
}

// gone waits for the end of a run, and says it.
func (m *program) gone(info control.Info) error {
	_ = awaitGone(context.Background(), info) // which has no end of its own
	_, err := fmt.Fprintf(m.stdout, "stopped: the app in %s\n", oneLine(info.Root))
	return writeFailed(err)
}

// awaitGone waits until the run is over, or for as long as ctx lasts. Another may
// have begun by then.
func awaitGone(ctx context.Context, info control.Info) error {
	tick := time.NewTicker(goneTick)
	defer tick.Stop()
	for isThere(ctx, info) {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func isThere(ctx context.Context, info control.Info) bool {
	facts, err := control.Find(control.DefaultPlaces(), info.Root)
	if err == nil && facts.PID == info.PID {
		return true
	}
	// One without a lock, in a runtime folder that cannot be used or that is not
	// the same for us, is known by its socket alone.
	c := control.Dial(info.Socket)
	defer c.Close()
	now, err := c.Info(ctx)
	return err == nil && now.PID == info.PID
}
