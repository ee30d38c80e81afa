package cli

import (
	"context"
	"errors"
	"os"
	"testing"

	"ganger/control"
	"ganger/output"
	"ganger/supervisor"
)

// Who comes to follow at the very end gets what there is; who asks for no more
// than that is told that the app has ended.
func TestLogsAtTheVeryEnd(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	b := &back{sup: supervisor.New(supervisor.Options{})}
	b.wanted.Store(&run{app: new(app)})
	if b.out, err = output.New(output.Options{Out: null}); err != nil {
		t.Fatal(err)
	}
	b.out.System(output.Event{Text: "the last"})
	if err := b.out.Close(patience); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, follow := range []bool{true, false} {
		var got []string
		err := (&live{b}).Logs(ended, control.LogQuery{Lines: 9, Follow: follow}, func(lines []control.Line) error {
			for _, l := range lines {
				got = append(got, l.Text)
			}
			return nil
		})
		if follow && (err != nil || len(got) != 1 || got[0] != "the last") {
			t.Errorf("following: %q, %v", got, err)
		}
		if !follow && !errors.Is(err, context.Canceled) {
			t.Errorf("not following: %q, %v", got, err)
		}
	}
}
