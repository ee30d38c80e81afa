// Web takes jobs and tells when they are done.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"ganger/testdata/stack/stack"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	http.HandleFunc("GET /up", answer(up))
	http.HandleFunc("POST /jobs", answer(take))
	http.HandleFunc("GET /done", answer(done))
	server := &http.Server{Addr: net.JoinHostPort("localhost", os.Getenv("PORT"))}
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.Background()) })
	fmt.Println("listening on", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func answer(f func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := f(r); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}
}

func up(*http.Request) error {
	_, err := redis("PING")
	return err
}

func take(r *http.Request) error {
	job, err := io.ReadAll(io.LimitReader(r.Body, 100))
	if err != nil {
		return err
	}
	_, err = redis("LPUSH", "jobs", string(job))
	return err
}

// done answers when the job is, or after 30 s that it is not.
func done(r *http.Request) error {
	job := r.FormValue("job")
	switch said, err := redis("BRPOP", "done:"+job, "30"); {
	case err != nil:
		return err
	case said != "yes":
		return fmt.Errorf("not done: %q", job)
	}
	rows, err := stack.SQL("select count(*) from done where job = :'job'", job)
	if err == nil && rows != "1" {
		err = fmt.Errorf("%q is %s times in the database", job, rows)
	}
	return err
}

func redis(words ...string) (string, error) {
	r, err := stack.DialRedis()
	if err != nil {
		return "", err
	}
	defer r.Close()
	return r.Do(words...)
}
