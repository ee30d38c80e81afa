// Worker fetches jobs from the web and does them, one at a time.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ganger/testdata/demo/say"
)

type job struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func main() {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	web := "http://localhost:" + say.Need("GANGER_PORT_WEB")
	say.Line("looking for the web at %s", web)
	done := 0
	for up := false; stop.Err() == nil; {
		if !up {
			if up = ask(stop, web); !up {
				pause(stop, 250*time.Millisecond)
				continue
			}
			say.Line("found the web, %s", say.Good("ready to work"))
		}
		j, err := fetch(stop, web)
		switch {
		case stop.Err() != nil:
		case err != nil:
			up = false
			say.Line("%s, waiting for it", say.Warn("lost the web"))
		case j == nil:
			// The web has nothing, or answers at once because it stops.
			pause(stop, 50*time.Millisecond)
		default:
			work(web, j)
			done++
		}
	}
	say.Line("%s after %d jobs", say.Good("stopped cleanly"), done)
}

// ask reports whether the web is there.
func ask(ctx context.Context, web string) bool {
	request, err := http.NewRequestWithContext(ctx, "GET", web+"/up", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// work takes a while, and a stop waits for it.
func work(web string, j *job) {
	say.Line("job %d: %s", j.ID, say.Bold(j.Name))
	time.Sleep(600 * time.Millisecond)
	if err := report(web, j); err != nil {
		say.Line("job %d done, and no web to tell", j.ID)
	}
}

// fetch waits for a job. It returns none if the web has none for a while.
func fetch(ctx context.Context, web string) (*job, error) {
	request, err := http.NewRequestWithContext(ctx, "POST", web+"/jobs/next", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusNoContent:
		return nil, nil
	case http.StatusOK:
		var j job
		return &j, json.NewDecoder(response.Body).Decode(&j)
	}
	return nil, fmt.Errorf("the web answered %s", response.Status)
}

func report(web string, j *job) error {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "POST", fmt.Sprintf("%s/jobs/%d/done", web, j.ID), nil)
	if err != nil {
		return err
	}
	request.Header.Set("From", os.Getenv("PS"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
