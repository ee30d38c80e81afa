//go:build e2e

package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// rolling scales from 2 to 5 and back, rolls out another configuration and
// kills a process, and asks the webs all along.
func rolling(l *lab, e engine) {
	e.install(l, l.export(e.format, append(e.allFlags(l), "-m", "web=2,worker=1")...))
	e.answers(l, 2)
	end := askAllAlong(l, e)
	e.scale(l, 5)
	e.answers(l, 5)
	e.scale(l, 2)
	e.answers(l, 2)

	l.write(".env", "GREETING=second\n")
	e.install(l, l.export(e.format, append(e.allFlags(l), "-m", "web=2,worker=1")...))
	var last report
	l.eventually("the new configuration is everywhere", func() error {
		all, err := e.reports(l, 2)
		for _, r := range all {
			last = r
			if got, _ := r.value("GREETING"); got != "second" {
				return fmt.Errorf("GREETING is %q still", got)
			}
		}
		return err
	})
	ps, _ := last.value("PS")
	l.kill9(e.mark(last, ps))
	l.eventually("killed with -9, a web is replaced", func() error {
		all, err := e.reports(l, 2)
		for _, r := range all {
			if r.Life == last.Life {
				return fmt.Errorf("the old one answers still")
			}
		}
		return err
	})
	end()
}

// askAllAlong asks the webs, fifty times a second at most, until the function
// that it returns is called, which says how it went.
func askAllAlong(l *lab, e engine) (end func()) {
	var latest atomic.Pointer[[]string]
	list := func() []string {
		all, err := e.web(l)
		if err == nil {
			latest.Store(&all)
		}
		return all
	}
	list()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				list()
			}
		}
	})
	asked, failed := 0, 0
	wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			asked++
			// As what comes through a service is sent to another.
			if known := latest.Load(); known == nil || !anyAnswers(l, e, *known) && !anyAnswers(l, e, list()) {
				failed++
			}
		}
	})
	return func() {
		l.Helper()
		close(done)
		wg.Wait()
		l.Logf("asked %d times all along, %d without an answer", asked, failed)
		if failed > 0 {
			l.Error("the demo did not answer all along")
		}
	}
}

// anyAnswers asks the webs until one answers.
func anyAnswers(l *lab, e engine, addresses []string) bool {
	for _, a := range addresses {
		if _, err := e.ask(l, a); err == nil {
			return true
		}
	}
	return false
}
