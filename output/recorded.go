package output

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Recorded is the history of one process of a run, read from its file.
type Recorded struct {
	Process string // or "system"
	Type    string
	// Left says that the run went on without the file when the file system
	// was full: the newest lines are missing.
	Left bool

	history history
}

// Chunks returns the last lines (all if lines is negative) that were written
// since then (the zero time: since ever), as whole lines.
func (r *Recorded) Chunks(lines int, since time.Time) []Chunk {
	var c cutter
	h := &r.history
	chunks := c.cut(h.chunks(max(h.lastLines(lines), h.since(since))))
	return append(chunks, c.flush()...)
}

// OpenHistory reads the histories that a run has left in a folder
// (Options.HistoryDir), by process name. A file that is no history is an error
// that names it, and the others are returned; so is a folder that cannot be
// read. The run may still be going on.
func OpenHistory(dir string) ([]Recorded, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Recorded
	var errs []error
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), historySuffix) || !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		r, err := readHistory(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read the history in %q: %w", path, err))
			continue
		}
		all = append(all, r)
	}
	return all, errors.Join(errs...)
}

// historyMost bounds what is read of a file that says it is a history.
const historyMost = 1 << 30

func readHistory(path string) (Recorded, error) {
	file, err := os.Open(path)
	if err != nil {
		return Recorded{}, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, historyMost))
	if err != nil {
		return Recorded{}, err
	}
	return parseHistory(text)
}

// parseHistory takes what a file says only as far as it can be so: its writer
// may have ended anywhere.
func parseHistory(b []byte) (Recorded, error) {
	if len(b) < headSize || string(b[headMagic:headMagic+len(historyMagic)]) != historyMagic {
		return Recorded{}, errors.New("it is no history of ganger's")
	}
	if v := binary.LittleEndian.Uint32(b[headVersion:]); v != historyVersion {
		return Recorded{}, fmt.Errorf("it has version %d, and this ganger reads version %d", v, historyVersion)
	}
	h := history{
		limit: binary.LittleEndian.Uint64(b[headLimit:]),
		tail:  binary.LittleEndian.Uint64(b[headTail:]),
		head:  binary.LittleEndian.Uint64(b[headHead:]),
		name:  getString(b[headName:]),
		typ:   getString(b[headType:]),
	}
	if h.limit == 0 || h.limit > uint64(len(b)) || h.tail > h.head || h.head-h.tail > h.limit ||
		uint64(len(b)) < uint64(dataOffset(h.limit))+min(h.head, h.limit) {
		return Recorded{}, errors.New("its header contradicts itself")
	}
	data := dataOffset(h.limit)
	h.data = b[data:min(data+int(h.limit), len(b))]
	h.marks = b[headSize:data]
	h.count = h.goodMarks(int(binary.LittleEndian.Uint32(b[headCount:])))
	if h.count == 0 { // the time is not known, the bytes are
		h.putMark(0, mark{at: h.tail})
		h.count = 1
	}
	left := binary.LittleEndian.Uint32(b[headFlags:])&flagLeft != 0
	return Recorded{Process: h.name, Type: h.typ, Left: left, history: h}, nil
}

func getString(b []byte) string { return string(b[1 : 1+int(b[0])]) }

// goodMarks is how many of the first n marks are in order.
func (h *history) goodMarks(n int) int {
	n = min(n, marksOf(h.limit))
	for i := range n {
		at := h.markAt(i).at
		if at > h.head || i > 0 && at < h.markAt(i-1).at {
			return i
		}
	}
	return n
}
