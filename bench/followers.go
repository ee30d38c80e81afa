package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// follow FIFO SOCKET PATH N: follows what a manager's process writes with N
// clients. It reports when all of them have the head of their answer. The first
// reads no further. When it is told to end it looks whether what the others got
// is what was written, less what they were told they missed.
//
// To look at it earlier, or to print it, would take the processor from those
// who are measured: then the figure would be the clients' and not the manager's.
func follow(args []string) error {
	if len(args) != 4 {
		return errArguments
	}
	n, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	all := make([]*follower, n)
	for i := range all {
		if all[i], err = newFollower(args[1], args[2]); err != nil {
			return err
		}
	}
	fifo, err := sendReport(args[0], monotonic())
	if err != nil {
		return err
	}
	defer fifo.Close()
	var reading sync.WaitGroup
	for i, f := range all {
		if i > 0 {
			reading.Go(f.read)
		}
	}
	awaitEnd()
	for _, f := range all {
		f.conn.SetReadDeadline(time.Now())
	}
	reading.Wait()
	var lines, missed int
	for _, f := range all {
		if err := f.check(); err != nil {
			return err
		}
		lines += f.lines
		missed += f.missed
	}
	if n > 0 {
		fmt.Printf("%d clients got %d lines and missed %d by then\n", n, lines, missed)
	}
	return nil
}

// A follower is one client.
type follower struct {
	conn net.Conn
	body *bufio.Reader
	text []byte // what it got, no more than followerKeeps

	lines, missed int // in text
}

// followerKeeps is what a follower keeps of what it got, to look at it later.
const followerKeeps = 4 << 20

// newFollower asks for path, and reads the head of the answer. In HTTP 1.0 what
// comes after that is the lines and nothing else.
func newFollower(socket, path string) (*follower, error) {
	conn, err := dialSoon(socket)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: bench\r\n\r\n", path); err != nil {
		return nil, err
	}
	f := &follower{conn: conn, body: bufio.NewReaderSize(conn, 32<<10)}
	res, err := http.ReadResponse(f.body, nil)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		return nil, fmt.Errorf("%s: %s", res.Status, text)
	}
	return f, nil
}

// dialSoon connects to a manager that may have just been started.
func dialSoon(socket string) (net.Conn, error) {
	for until := deadline(); ; time.Sleep(2 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil || time.Now().After(until) {
			return conn, err
		}
	}
}

func (f *follower) read() {
	kept := bytes.NewBuffer(nil)
	_, err := io.CopyN(kept, f.body, followerKeeps)
	f.text = kept.Bytes()
	if err == nil {
		_, _ = io.Copy(io.Discard, f.body) // until the deadline, or the manager's end
	}
}

// check reads the lines of the kept text: each has to be a payload, and the next
// after the one before it, or as many later as were missed.
func (f *follower) check() error {
	due := 0
	for text := range bytes.Lines(f.text) {
		if text[len(text)-1] != '\n' {
			return nil // the rest was under way
		}
		var got struct {
			Line   string `json:"line"`
			Missed int    `json:"missed"`
		}
		if err := json.Unmarshal(text, &got); err != nil {
			return fmt.Errorf("a client got %q: %w", text, err)
		}
		f.missed += got.Missed
		due += got.Missed
		if got.Line == "" && got.Missed > 0 {
			continue
		}
		if len(got.Line) != followedSize-1 {
			return fmt.Errorf("a client got a torn line: %q", got.Line)
		}
		want := payload(firstWriter, len(got.Line))
		setLineNumber(want, due)
		if got.Line != string(want) {
			return fmt.Errorf("a client got %q where line %d was due", got.Line, due)
		}
		f.lines++
		due++
	}
	return nil
}
