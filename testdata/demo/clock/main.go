// Clock gives the web a job at every tick.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"ganger/testdata/demo/say"
)

func main() {
	// TERM is left alone: the Procfile says that this type stops on INT.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT)

	interval := say.NeedInterval("CLOCK_INTERVAL")
	jobs := "http://localhost:" + say.Need("GANGER_PORT_WEB") + "/jobs"
	names := []string{"polish the brass", "wind the watches", "sweep the yard", "count the bricks", "oil the hinges"}
	say.Line("a tick every %v", interval)
	ticks := time.Tick(interval)
	for n := 0; ; n++ {
		select {
		case <-stop:
			say.Line("%s after %d ticks", say.Good("stopped cleanly"), n)
			return
		case <-ticks:
			name := names[n%len(names)]
			if err := enqueue(jobs, name); err != nil {
				say.Line("tick %d: %s", n+1, say.Warn(err))
				continue
			}
			say.Line("tick %d: %s", n+1, name)
		}
	}
}

// enqueue takes half a second at most, so that a stop need not wait for it.
func enqueue(url, name string) error {
	client := http.Client{Timeout: 500 * time.Millisecond}
	response, err := client.Post(url, "text/plain", strings.NewReader(name))
	if err != nil {
		return fmt.Errorf("no web yet")
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("the web answered %s", response.Status)
	}
	return nil
}
