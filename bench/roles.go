package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// A role is what this program does when a manager, or a floor, runs it again.
// The name is its first argument.
func role(name string) func(args []string) error {
	switch name {
	case "sleeper":
		return sleeper
	case "spawner":
		return spawner
	case "producer":
		return producer
	case "metronome":
		return metronome
	case "asker":
		return asker
	case "after":
		return after
	case "stamped":
		return stamped
	case "followers":
		return follow
	}
	return nil
}

var errArguments = errors.New("wrong number of arguments")

// sleeper FIFO: child/sleeper.c for machines without a C compiler.
func sleeper(args []string) error {
	now := monotonic()
	if len(args) != 1 {
		return errArguments
	}
	fifo, err := sendReport(args[0], now)
	if err != nil {
		return err
	}
	defer fifo.Close()
	awaitEnd()
	return nil
}

// spawner N PROGRAM ARG...: child/spawner.c for machines without a C compiler.
func spawner(args []string) error {
	if len(args) < 2 {
		return errArguments
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	files := []uintptr{0, 1, 2}
	pids := make([]int, n)
	for i := range pids {
		pids[i], err = syscall.ForkExec(args[1], args[1:], &syscall.ProcAttr{Env: os.Environ(), Files: files})
		if err != nil {
			return err
		}
	}
	<-end
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			return err
		}
	}
	for _, pid := range pids {
		if _, err := syscall.Wait4(pid, nil, 0, nil); err != nil {
			return err
		}
	}
	return nil
}

// producer FIFO WRITER LINES SIZE: reports its start and writes LINES lines of
// SIZE bytes, newline included, as many in one write as 64 KiB hold. Then it
// waits to be ended: the end of one process ends the whole app under most
// managers, and with it the others' output.
func producer(args []string) error {
	if len(args) != 4 || len(args[1]) != 1 {
		return errArguments
	}
	lines, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	batch := make([]byte, 0, 64<<10)
	due := append(payload(args[1][0], size-1), '\n')
	fifo, err := sendReport(args[0], monotonic())
	if err != nil {
		return err
	}
	defer fifo.Close()
	for range lines {
		if len(batch)+size > cap(batch) {
			if _, err := os.Stdout.Write(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		batch = append(batch, due...)
		advance(due)
	}
	if _, err := os.Stdout.Write(batch); err != nil {
		return err
	}
	awaitEnd()
	return nil
}

// metronome FIFO TICKS: writes a line a millisecond, with the moment in it.
func metronome(args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	ticks, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	fifo, err := sendReport(args[0], monotonic())
	if err != nil {
		return err
	}
	defer fifo.Close()
	for range ticks {
		time.Sleep(time.Millisecond)
		if _, err := fmt.Fprintf(os.Stdout, "%c%020d%c\n", tilde, monotonic(), tilde); err != nil {
			return err
		}
	}
	awaitEnd()
	return nil
}

// asker SOCKET: child/asker.c for machines without a C compiler.
func asker(args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	conn, err := net.Dial("unix", args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.Copy(os.Stdout, conn)
	return err
}

// after GATE ROLE ARG...: plays a role when a byte comes from a FIFO.
func after(args []string) error {
	if len(args) < 2 {
		return errArguments
	}
	play := role(args[1])
	if play == nil {
		return errArguments
	}
	if err := makeGate(args[0]); err != nil {
		return err
	}
	gate, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer gate.Close()
	if _, err := gate.Read(make([]byte, 1)); err != nil {
		return err
	}
	return play(args[2:])
}

func awaitEnd() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	<-end
}
