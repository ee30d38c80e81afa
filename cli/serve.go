package cli

import (
	"errors"
	"sync"

	"ganger/control"
)

// service lets commands in for as long as a run lasts.
type service struct {
	mu     sync.Mutex
	server *control.Server // nil: there is none
	over   bool
	loop   sync.WaitGroup
}

// serve begins to take commands, if there is a socket and it has not begun yet,
// and does not wait for that.
func (b *back) serve() {
	s := &b.service
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.hold.made == nil || s.server != nil || s.over {
		return
	}
	s.server = control.NewServer(&live{b}, control.Options{Report: b.bug})
	s.loop.Go(func() {
		if err := s.server.Serve(b.hold.made); !errors.Is(err, control.ErrClosed) {
			b.say(message{name: "warning", text: noCommands(err)}, nil)
		}
	})
}

func noCommands(why error) string { return why.Error() + ": no command reaches this run" }

// stopServing ends what commands are under way. Whoever loses the connection by
// that finds in the lock that the app ends.
func (b *back) stopServing() {
	b.hold.say(control.Stopping)
	s := &b.service
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	if s.server != nil {
		s.server.Close()
		s.loop.Wait()
	}
}

// bug says what went wrong in ganger itself as it answered.
func (b *back) bug(err error) {
	b.say(message{name: "bug", text: err.Error()}, nil)
}
