package cli

import (
	"os"
	"time"

	"ganger/supervisor"
)

// lastWords is how long the end of a run waits for its output to be read.
const lastWords = time.Second

// leastRest is the time that what no tree claimed has at least, where the others
// have taken theirs: less than what a stop may take beyond its timeout.
const leastRest = time.Second

// restTime is what is left of a timeout that runs since then.
func restTime(timeout time.Duration, since time.Time) time.Duration {
	return min(timeout, max(leastRest, timeout-time.Since(since)))
}

// endRest ends what no tree claimed, in what is left of the time to stop.
func (b *back) endRest(since time.Time, kill <-chan struct{}, done func()) {
	go func() {
		defer done()
		b.stopWatching()
		b.held.looks.Wait()
		timeout, leave := b.terms(b.all())
		strays, left := b.keeper.Close(restTime(timeout, since), leave, kill)
		if len(strays) > 0 {
			b.say(strayMessage(strays), nil)
		}
		if len(left) > 0 {
			b.say(leftMessage(left), nil)
		}
	}()
}

// finish says why the run ended, and waits for its last lines to be written: not
// long, if whoever reads them does not read.
func (b *back) finish(result supervisor.Result) int {
	if b.link != nil {
		timeout, leave := b.terms(b.all())
		b.link.Promise(timeout, leave) // what is left now is to be left
	}
	for _, m := range b.words.ending(result) {
		b.say(m, b.copyOf(m.about.Process.Name))
	}
	for _, m := range b.up.ending(result) {
		b.say(m, b.copyOf(m.about.Process.Name))
	}
	_ = b.out.Close(lastWords)
	b.stopServing() // who follows has the last lines now
	if result.Cause.Kind == supervisor.CauseOutput {
		say(os.Stderr, "cannot write the output: "+result.Cause.Err.Error(), "")
	}
	return b.up.status(result)
}
