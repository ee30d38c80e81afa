package process

import (
	"os"
	"os/signal"
)

// signals hears signals. What has come of one kind waits in a place of its own: a
// channel that all share drops what comes while it is full, and a storm of one
// kind would cost another its only signal. Of one kind what comes while one waits
// says no more.
type signals struct {
	came chan os.Signal
	own  map[os.Signal]chan os.Signal
}

func newSignals() *signals {
	return &signals{came: make(chan os.Signal), own: make(map[os.Signal]chan os.Signal)}
}

// hear catches a signal from now on.
func (s *signals) hear(sig os.Signal) {
	own := make(chan os.Signal, 1)
	s.own[sig] = own
	signal.Notify(own, sig)
	go func() {
		for sig := range own {
			s.came <- sig
		}
	}()
}

// again catches one of those once more whose default somebody has set.
func (s *signals) again(sig os.Signal) { signal.Notify(s.own[sig], sig) }
