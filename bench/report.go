package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A report is what a process says when it runs: who it is, and when its first
// instruction ran. Sixteen bytes, so that a write to a FIFO is never cut.
type report struct {
	pid int
	at  int64 // monotonic, in nanoseconds
}

const reportSize = 16

// sendReport writes a report and returns the FIFO, which its sender keeps open
// for as long as it lives.
func sendReport(path string, at int64) (*os.File, error) {
	fifo, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	var b [reportSize]byte
	binary.NativeEndian.PutUint64(b[:8], uint64(os.Getpid()))
	binary.NativeEndian.PutUint64(b[8:], uint64(at))
	if _, err := fifo.Write(b[:]); err != nil {
		return nil, errors.Join(err, fifo.Close())
	}
	return fifo, nil
}

// reports is the end of a FIFO where the reports arrive.
type reports struct {
	path string
	r    *os.File
	w    *os.File // ours: without it the FIFO would end before the first writer
}

func newReports(path string) (*reports, error) {
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("cannot make %q: %w", path, err)
	}
	r, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return &reports{path: path, r: r, w: w}, nil
}

func (f *reports) close() error {
	return errors.Join(f.r.Close(), f.w.Close())
}

// next returns n reports, or fails at the deadline.
func (f *reports) next(n int, deadline time.Time) ([]report, error) {
	if err := f.r.SetReadDeadline(deadline); err != nil {
		return nil, err
	}
	b := make([]byte, n*reportSize)
	if _, err := io.ReadFull(f.r, b); err != nil {
		return nil, err
	}
	all := make([]report, n)
	for i := range all {
		one := b[i*reportSize:]
		all[i] = report{
			pid: int(binary.NativeEndian.Uint64(one)),
			at:  int64(binary.NativeEndian.Uint64(one[8:])),
		}
	}
	return all, nil
}

// allGone waits until every sender has closed the FIFO: until it is dead.
func (f *reports) allGone(deadline time.Time) error {
	f.w.Close()
	if err := f.r.SetReadDeadline(deadline); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, f.r)
	return err
}

// latest is the moment of the last report.
func latest(all []report) int64 {
	var at int64
	for _, r := range all {
		at = max(at, r.at)
	}
	return at
}

// earliest is the moment of the first report.
func earliest(all []report) int64 {
	at := all[0].at
	for _, r := range all {
		at = min(at, r.at)
	}
	return at
}
