package watch

import (
	"os"
	"testing"
	"time"
)

// Files that do not rest are told of, once, and when they do at last the change
// is told as any other.
func TestRestless(t *testing.T) {
	t.Parallel()
	a := newApp(t, "src/a.go")
	restless := make(chan Change, 100)
	a.must(a.w.do(func() {
		a.w.opts.Restless = func(c Change) { restless <- c }
		a.w.restless = 3 * Quiet
	}))
	a.watch("src/*")
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(Quiet / 20)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = os.WriteFile(a.path("src/log"), []byte("line"), 0o644)
			case <-stop:
				return
			}
		}
	}()
	if c := receive(t, restless, "that files do not rest"); c.Name != "web" || c.File != "src/log" {
		t.Errorf("told %+v", c)
	}
	close(stop)
	<-stopped
	a.expect("web", "src/log", 0)
}
