package control

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A burst goes at once, the rest at the rate, shared by all who wait.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		begun := time.Now()
		at := func(want time.Duration, n int) {
			t.Helper()
			if err := p.wait(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(begun); got != want {
				t.Errorf("served after %v, not %v", got, want)
			}
		}
		at(0, followBurst/2)
		at(0, followBurst/2)
		at(time.Second/2, followRate/2)
		at(time.Second, followRate/2)
		time.Sleep(time.Minute) // what was not used is not kept for later
		at(61*time.Second, followBurst)
		at(62*time.Second, followRate)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.wait(ctx, followRate); err != context.Canceled {
			t.Errorf("after the client has gone: %v", err)
		}
	})
}

// The spec says at what pace followers are served.
func TestPaceIsThatOfTheSpec(t *testing.T) {
	want := fmt.Sprintf("served %d MiB a second together", followRate>>20)
	if !strings.Contains(string(openAPI), want) {
		t.Errorf("openapi.yaml does not say %q", want)
	}
}
