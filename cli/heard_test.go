package cli

import (
	"testing"
	"testing/synctest"
	"time"

	"ganger/ready"
)

// An end is told in time also where nobody will ever say what was heard: the stop
// came before the process ran, and the output is blocked.
func TestEndIsToldUnheard(t *testing.T) {
	c, err := ready.Parse("log:up")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := &heard{lines: c.Lines(), told: make(chan struct{})}
		h.line()([]byte("up"))
		var told []string
		h.end(make(chan struct{}), func() { told = append(told, "exited") })
		h.then(func() { told = append(told, "gone") })
		time.Sleep(hearsOut)
		synctest.Wait()
		if len(told) != 2 || told[0] != "exited" || told[1] != "gone" {
			t.Errorf("told %q, want the exit and then that it is gone", told)
		}
	})
}
