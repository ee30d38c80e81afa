// Web serves a greeting, takes jobs in and hands them out to workers.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"ganger/testdata/demo/say"
)

type job struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type app struct {
	greeting string
	queue    chan job
	queued   atomic.Int64
	done     atomic.Int64
	inFlight atomic.Int64  // requests that a stop waits for
	stopping chan struct{} // closed when no more jobs are handed out
}

func main() {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	a := &app{greeting: say.Need("GREETING"), queue: make(chan job, 100), stopping: make(chan struct{})}
	listener, err := net.Listen("tcp", ":"+say.Need("PORT"))
	if err != nil {
		say.Fail("%v", err)
	}
	server := &http.Server{Handler: a.routes()}
	say.Line("listening on %s", say.Bold(fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)))

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		say.Fail("%v", err)
	case <-stop.Done():
	}
	say.Line("asked to stop, requests in flight: %d", a.inFlight.Load())
	close(a.stopping)
	// A connection on which no request has come yet would hold Shutdown for
	// five seconds.
	grace, release := context.WithTimeout(context.Background(), 900*time.Millisecond)
	defer release()
	if err := server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
		server.Close()
	}
	say.Line("%s after %d jobs", say.Good("stopped cleanly"), a.done.Load())
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.counted(a.home))
	mux.HandleFunc("GET /up", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /slow", a.counted(a.slow))
	mux.HandleFunc("POST /jobs", a.counted(a.add))
	mux.HandleFunc("POST /jobs/next", a.next) // waits, so a stop ends it
	mux.HandleFunc("POST /jobs/{id}/done", a.counted(a.finish))
	return mux
}

func (a *app) counted(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.inFlight.Add(1)
		defer a.inFlight.Add(-1)
		handle(w, r)
	}
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	say.Line("GET /")
	fmt.Fprintf(w, "%s\n%d jobs done, %d waiting\n", a.greeting, a.done.Load(), len(a.queue))
}

func (a *app) slow(w http.ResponseWriter, r *http.Request) {
	say.Line("GET /slow: begun")
	time.Sleep(500 * time.Millisecond)
	fmt.Fprintln(w, "slow, and complete")
	say.Line("GET /slow: %s", say.Good("finished"))
}

func (a *app) add(w http.ResponseWriter, r *http.Request) {
	name, err := io.ReadAll(io.LimitReader(r.Body, 200))
	if err != nil || len(name) == 0 {
		http.Error(w, "a job needs a name", http.StatusBadRequest)
		return
	}
	j := job{a.queued.Add(1), string(name)}
	select {
	case a.queue <- j:
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintln(w, j.ID)
	default:
		http.Error(w, "the queue is full", http.StatusServiceUnavailable)
	}
}

// next hands out a job, or nothing when none comes for a while.
func (a *app) next(w http.ResponseWriter, r *http.Request) {
	select {
	case j := <-a.queue:
		json.NewEncoder(w).Encode(j)
		return
	case <-time.After(20 * time.Second):
	case <-a.stopping:
	case <-r.Context().Done():
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *app) finish(w http.ResponseWriter, r *http.Request) {
	say.Line("job %s %s by %s, %d in all", r.PathValue("id"), say.Good("done"), r.Header.Get("From"), a.done.Add(1))
}
