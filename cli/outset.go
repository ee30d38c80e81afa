package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ganger/control"
	"ganger/process/half"

	"golang.org/x/sys/unix"
)

// logExt is that of the file beside the lock which has what ganger itself says
// on stderr: why a run in the background ended, for one.
const logExt = ".log"

// outset is the start of a run in the background.
type outset struct {
	m     *program
	app   *app
	ready bool // all is to be ready in the end

	child *os.Process
	ended chan *os.ProcessState
	errs  *os.File // what the child says on its stderr
	said  bytes.Buffer
}

// outsetTick is the pause between two looks at a run that begins, and
// outsetTime how long it may take to answer once it has the lock.
const (
	outsetTick = 5 * time.Millisecond
	outsetTime = 10 * time.Second
)

// start starts the run and waits until it answers.
func (l *outset) start() (control.Facts, error) {
	file, path, err := control.DefaultPlaces().Lasting().NewFile(l.app.place.root, logExt)
	if err != nil {
		return control.Facts{}, (&running{}).explain(err)
	}
	defer file.Close()
	defer os.Remove(file.Name()) // unless it has got its name
	if l.errs, err = os.Open(file.Name()); err != nil {
		return control.Facts{}, fileError(fmt.Sprintf("cannot read %s: %v", file.Name(), bare(err)), "")
	}
	defer l.errs.Close()
	sigs := stopSignals()
	defer signal.Stop(sigs)
	if l.child, err = half.StartApart(l.m.args, file); err != nil {
		return control.Facts{}, fileError(fmt.Sprintf("cannot start ganger in the background: %v", err), "")
	}
	l.ended = make(chan *os.ProcessState, 1)
	go func() {
		state, _ := l.child.Wait()
		l.ended <- state
	}()
	facts, err := l.await(sigs)
	if err == nil {
		_ = os.Rename(file.Name(), path) // else nobody will read it
	}
	return facts, err
}

// stopSignals catches what asks this process to end.
func stopSignals() chan os.Signal {
	sigs := make(chan os.Signal, 4)
	for _, sig := range []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(sigs, sig)
		}
	}
	return sigs
}

// await waits until the run answers, or has ended. Whoever is tired of waiting
// ends it.
func (l *outset) await(sigs <-chan os.Signal) (control.Facts, error) {
	tick := time.NewTicker(outsetTick)
	defer tick.Stop()
	var late time.Time
	for {
		select {
		case sig := <-sigs:
			l.end()
			return control.Facts{}, silent{128 + int(sig.(syscall.Signal))}
		case state := <-l.ended:
			return control.Facts{}, l.failed(state)
		case <-tick.C:
		}
		l.show()
		facts, err := control.Find(control.DefaultPlaces(), l.app.place.root)
		switch {
		case err != nil || facts.PID != l.child.Pid:
		case answers(facts):
			return facts, nil
		case late.IsZero():
			late = time.Now().Add(outsetTime)
		case time.Now().After(late):
			l.end()
			return control.Facts{}, fileError("the app does not answer at its socket", "start it without --detach to see why")
		}
	}
}

// answers reports whether the run has begun to take commands.
func answers(f control.Facts) bool {
	if f.Socket == "" {
		return false
	}
	c := control.Dial(f.Socket)
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), outsetTime)
	defer cancel()
	info, err := c.Info(ctx)
	return err == nil && info.PID == f.PID
}

// end stops the run.
func (l *outset) end() {
	_ = l.child.Signal(unix.SIGTERM) // it may have ended
	<-l.ended
	l.show()
}

// show passes on what the run has said.
func (l *outset) show() {
	from := l.said.Len()
	_, _ = io.Copy(&l.said, l.errs)
	_, _ = l.m.stderr.Write(l.said.Bytes()[from:]) // there is nobody else to tell
}

// failed says why there is no run, unless the run itself has. The error is a
// *control.HeldError where another start was faster.
func (l *outset) failed(state *os.ProcessState) error {
	if f, err := control.Find(control.DefaultPlaces(), l.app.place.root); err == nil && !ending(f) {
		return &control.HeldError{Facts: f}
	}
	l.show()
	if status := shellStatus(state); status != 0 && bytes.Contains(l.said.Bytes(), []byte("error: ")) {
		return silent{status}
	}
	return l.over(state)
}

// awaitReady waits until all of a run that has begun is ready. One that has ended
// before it was asked is told from its status.
func (l *outset) awaitReady(facts control.Facts) error {
	r, err := atFacts(facts, l.app.again)
	if err != nil {
		return err
	}
	defer r.Close()
	err = l.m.askReady(context.Background(), r, nil)
	if r.hasEnded(err) {
		return l.over(<-l.ended)
	}
	return r.explain(err)
}

// over says that the run has ended, which is no failure where its status is 0.
func (l *outset) over(state *os.ProcessState) error {
	root, status := l.app.place.root, shellStatus(state)
	text := fmt.Sprintf("the app in %s has ended, with status %d", oneLine(root), status)
	if status == 0 {
		_, err := fmt.Fprintln(l.m.stdout, text)
		return errors.Join(writeFailed(err), silent{0})
	}
	if l.ready {
		status = statusFailed
	}
	return &failure{text, (&running{root: root, again: l.app.again}).leftWords(systemName), status}
}

func shellStatus(state *os.ProcessState) int {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}
