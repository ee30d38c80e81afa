package process

import "time"

// settleAfter is when there is little left to do but to wait.
const settleAfter = time.Second

// settleRarest is how long it takes at most until what a busy time has left is
// given back.
const settleRarest = time.Minute

// StaySettled gives back what only the start has needed, and from then on, ever
// more rarely, the threads that a busy time has left.
func StaySettled() { staySettled(newSettling(settleAfter, settleRarest)) }

func staySettled(s *settling) {
	for {
		<-s.due.C
		s.settle()
	}
}

// settling looks again and again whether there is something to give back.
type settling struct {
	due    *time.Timer
	after  time.Duration
	rarest time.Duration
	begun  bool
}

func newSettling(after, rarest time.Duration) *settling {
	return &settling{due: time.NewTimer(after), after: after, rarest: rarest}
}

// settle is called when it is due.
func (s *settling) settle() {
	if !s.begun {
		s.begun = true
		Settle()
	}
	endSpareThreads()
	s.after = min(2*s.after, s.rarest)
	s.due.Reset(s.after)
}
