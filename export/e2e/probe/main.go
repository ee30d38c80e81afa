// Probe is the app of the end-to-end tests: it tells over HTTP what it was
// started with, and on its output which signal ended it.
//
//	probe web|worker ARG...   serves on PORT until SIGTERM or SIGINT
//	probe release             says that it ran, and ends
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Report is what the probe answers.
type Report struct {
	Life int64    // another number in each life
	Args [][]byte // without the program
	Env  [][]byte // NAME=value
	Dir  string
	UID  int
}

func main() {
	if err := run(); err != nil {
		fmt.Println("probe:", err)
		os.Exit(1)
	}
}

func run() error {
	name := os.Getenv("PS")
	if len(os.Args) > 1 && os.Args[1] == "release" {
		fmt.Println("release ran")
		return nil
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	report := newReport()
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(report) // who went away does not read it
	})
	if _, err := strconv.Atoi(os.Getenv("PORT")); err != nil {
		return fmt.Errorf("PORT: %w", err)
	}
	failed := make(chan error, 1)
	go func() { failed <- http.ListenAndServe(":"+os.Getenv("PORT"), nil) }()
	fmt.Println(name, "started")
	select {
	case err := <-failed:
		return err
	case s := <-end:
		fmt.Println(name, "ended by", s)
		return nil
	}
}

func newReport() Report {
	r := Report{Life: time.Now().UnixNano(), UID: os.Getuid()}
	r.Dir, _ = os.Getwd() // empty says it all
	for _, arg := range os.Args[1:] {
		r.Args = append(r.Args, []byte(arg))
	}
	for _, v := range os.Environ() {
		r.Env = append(r.Env, []byte(v))
	}
	return r
}
