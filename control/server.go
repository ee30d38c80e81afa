package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

// Options of a server. The zero value is good.
type Options struct {
	// Report hears of a request whose handling failed for a bug. It is called
	// from any goroutine.
	Report func(error)
}

// A Server lets clients talk to an app.
type Server struct {
	app   App
	opts  Options
	owner int // the uid for which there are values of variables
	http  http.Server
	pace  pacer
	grace time.Duration // closeTime, other than in tests
	last  time.Duration // lastTime, likewise

	// life ends with Close: it is what streams end at.
	life context.Context
	end  context.CancelFunc

	handlers  sync.WaitGroup
	mu        sync.Mutex
	streams   int
	followers int         // of lines
	cut       func()      // set by Close: has what is still served cut
	hurry     *time.Timer // does that, while there are no followers
	closed    bool
	listener  *Listener
	served    chan struct{} // is closed when Serve is over
}

// NewServer makes a server, which does nothing before Serve.
func NewServer(app App, opts Options) *Server {
	s := &Server{app: app, opts: opts, owner: os.Geteuid(), grace: closeTime, last: lastTime}
	s.life, s.end = context.WithCancel(context.Background())
	s.http = http.Server{
		Handler:                      http.HandlerFunc(s.serve),
		ReadHeaderTimeout:            headerTime,
		IdleTimeout:                  idleTime,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(io.Discard, "", 0), // clients' mistakes
		BaseContext:                  func(net.Listener) context.Context { return s.life },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			if c, ok := c.(*conn); ok && state == http.StateIdle { // the answer is sent
				c.setQuiet(time.Now())
			}
		},
	}
	return s
}

type connKey struct{}

// ErrClosed is what Serve returns after Close.
var ErrClosed = errors.New("the server is closed")

// Serve answers those who connect to l, until Close, and closes l. It is called
// once.
func (s *Server) Serve(l *Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		l.Close()
		return ErrClosed
	}
	s.listener, s.served = l, make(chan struct{})
	s.mu.Unlock()
	defer close(s.served)
	err := s.http.Serve(l)
	l.Close()
	if s.life.Err() != nil {
		return ErrClosed
	}
	return err
}

// Close ends all that is served: no new requests, streams come to their end,
// and what has not ended half a second later is cut, followers who read their last
// lines some seconds later. It returns when all is over, and Serve with it.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	l, served := s.listener, s.served
	s.mu.Unlock()
	s.end()
	if l == nil {
		return
	}
	l.Close()
	l.cut(false)
	ctx, cancel := s.patience()
	defer cancel()
	s.http.Shutdown(ctx)
	s.waitHandlers(ctx)
	s.http.Close()
	l.cut(true) // those that were upgraded are not the http.Server's any more
	ctx, cancel = context.WithTimeout(context.Background(), s.grace)
	defer cancel()
	s.waitHandlers(ctx)
	<-served
}

// patience is the time that there is for what ends by itself: s.grace, and more
// while there are followers. The last of them is not cut off as soon as it has
// been counted out: the HTTP layer still ends its answer.
func (s *Server) patience() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), s.last+lastWrite+lastCount)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = cancel
	s.unfollowed()
	return ctx, cancel
}

// follow counts a follower in, until done. It may have been let in before Close
// and come here after it.
func (s *Server) follow() (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.followers++
	if s.hurry != nil {
		s.hurry.Stop()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.followers--
		s.unfollowed()
	}
}

// unfollowed leaves s.grace when there are no followers at the end. The lock is
// held.
func (s *Server) unfollowed() {
	if s.followers == 0 && s.cut != nil {
		s.hurry = time.AfterFunc(s.grace, s.cut)
	}
}

// waitHandlers waits until no request is served. An app that does not come back
// must not keep ganger from its end.
func (s *Server) waitHandlers(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		s.handlers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// serve answers one request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	q := &request{server: s, w: w, r: r, ctl: http.NewResponseController(w)}
	q.conn, _ = r.Context().Value(connKey{}).(*conn)
	if q.conn != nil {
		q.conn.setQuiet(time.Time{}) // what is said from here on is an answer
	}
	if !s.begin() {
		q.fail(errEnded()) // to say nothing would be an empty answer, with status 200
		return
	}
	defer s.handlers.Done()
	defer q.caught()
	q.ctl.SetWriteDeadline(time.Time{})
	if r.ContentLength != 0 {
		// Until all of it is read: net/http waits for the rest too.
		q.ctl.SetReadDeadline(time.Now().Add(bodyTime))
	}
	if err := q.route(); err != nil {
		q.fail(err)
	}
}

// begin counts a request in, unless the server has come to its end.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.handlers.Add(1)
	return true
}

// caught keeps a bug in one request from ending the app.
func (q *request) caught() {
	v := recover()
	if v == nil {
		return
	}
	if q.server.opts.Report != nil {
		q.server.opts.Report(fmt.Errorf("%s %q: %v\n%s", q.r.Method, q.r.URL.Path, v, debug.Stack()))
	}
	q.fail(&Error{Code: CodeInternal, Message: fmt.Sprintf("ganger has a bug: %v", v)})
}

// stream counts a stream in, until done.
func (s *Server) stream() (done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams >= maxStreams {
		return nil, &Error{Code: CodeTooMany, Message: fmt.Sprintf("%d streams are open already", s.streams),
			Hint: "end some of those who follow logs or events, or are attached"}
	}
	s.streams++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.streams--
	}, nil
}
