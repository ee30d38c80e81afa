package output

import (
	"bytes"
	"time"
)

// history keeps the last bytes that were written to it, with the times. It
// grows as it fills, so that a process that writes little costs little. It is
// on the heap, or in a file that is there after us.
type history struct {
	limit uint64
	// Offsets, counted from the first byte that was ever written: the
	// oldest that is kept, and the next to be written. The byte at an
	// offset is data[offset%limit].
	tail, head uint64
	data       []byte // not longer than limit, and as long before anything is overwritten

	marks []byte // room for marks, encoded
	count int    // of marks
	last  mark   // the newest

	file *historyFile // what data and marks are parts of; nil: the heap
	dir  string       // where the file is to be made by the first write; empty: nowhere
	name string
	typ  string
	err  error // why it left the file
}

// write keeps p, which is not empty.
func (h *history) write(p []byte, now int64, from source) {
	if h.limit == 0 {
		return
	}
	if h.dir != "" {
		h.enterFile()
	}
	h.note(now, from)
	end := h.head + uint64(len(p))
	if end > h.limit && end-h.limit > h.tail {
		// Published before its bytes are overwritten, as head is after.
		h.tail = end - h.limit
		h.publish()
	}
	begin := max(h.head, h.tail)
	p = p[begin-h.head:]
	h.growData(min(end, h.limit))
	n := copy(h.data[begin%h.limit:], p)
	copy(h.data, p[n:])
	h.head = end
	h.publish()
}

func (h *history) growData(n uint64) {
	if n <= uint64(len(h.data)) {
		return
	}
	size := min(h.limit, max(n, 2*uint64(len(h.data)), 1024))
	if h.file != nil {
		data, err := h.file.growData(size)
		if err == nil {
			h.data = data
			return
		}
		h.leaveFile(err)
	}
	h.data = regrow(h.data, int(size))
}

func (h *history) growMarks(n int) {
	if n <= len(h.marks) {
		return
	}
	size := min(marksOf(h.limit)*markSize, max(n, 2*len(h.marks), 8*markSize))
	if h.file != nil {
		marks, err := h.file.growMarks(size)
		if err == nil {
			h.marks = marks
			return
		}
		h.leaveFile(err)
	}
	h.marks = regrow(h.marks, size)
}

// regrow moves b to the heap.
func regrow(b []byte, size int) []byte {
	g := make([]byte, max(size, len(b)))
	copy(g, b)
	return g
}

// halves are the kept bytes, older first.
func (h *history) halves() (older, newer []byte) {
	n := h.head - h.tail
	if n == 0 {
		return nil, nil
	}
	start := h.tail % h.limit
	if start+n <= h.limit {
		return h.data[start : start+n], nil
	}
	return h.data[start:], h.data[:start+n-h.limit]
}

// begin is the offset of the first line that is whole: the first line of all
// that are kept may lack its beginning.
func (h *history) begin() uint64 {
	if h.tail == 0 {
		return 0
	}
	older, newer := h.halves()
	if i := bytes.IndexByte(older, '\n'); i >= 0 {
		return h.tail + uint64(i) + 1
	}
	if i := bytes.IndexByte(newer, '\n'); i >= 0 {
		return h.tail + uint64(len(older)+i) + 1
	}
	return h.tail
}

// lineFrom is the offset of the first line that begins at an offset or later.
func (h *history) lineFrom(at uint64) uint64 {
	if at <= h.tail {
		return h.begin()
	}
	for at < h.head && h.data[(at-1)%h.limit] != '\n' {
		at++
	}
	return at
}

// lastLines is the offset of the last n lines; an unfinished one counts. All
// if n is negative.
func (h *history) lastLines(n int) uint64 {
	switch {
	case n < 0:
		return h.begin()
	case n == 0:
		return h.head
	}
	older, newer := h.halves()
	i, n := lastLines(newer, n, true)
	if n == 0 {
		return h.tail + uint64(len(older)+i)
	}
	i, n = lastLines(older, n, len(newer) == 0)
	if n > 0 {
		return h.begin() // all of them
	}
	return h.tail + uint64(i)
}

// lastLines returns where the last n lines of p begin, and how many of them lie
// before p. A line end at the very end of p ends the last line if end is set.
func lastLines(p []byte, n int, end bool) (at, missing int) {
	i := len(p)
	if end && i > 0 && p[i-1] == '\n' {
		i--
	}
	for {
		i = bytes.LastIndexByte(p[:i], '\n')
		if i < 0 {
			return 0, n
		}
		if n--; n == 0 {
			return i + 1, 0
		}
	}
}

// from returns a copy of the bytes from an offset on.
func (h *history) from(at uint64) []byte {
	older, newer := h.halves()
	skip := int(at - h.tail)
	if skip >= len(older) {
		return bytes.Clone(newer[skip-len(older):])
	}
	b := make([]byte, 0, len(older)-skip+len(newer))
	return append(append(b, older[skip:]...), newer...)
}

// chunks returns a copy of what was written from an offset on, with the times.
// A line is in one chunk and has the time of its first byte.
func (h *history) chunks(at uint64) []Chunk {
	if at >= h.head {
		return nil
	}
	var chunks []Chunk
	data := h.from(at)
	for i := h.covering(at); i < h.count && len(data) > 0; i++ {
		n := uint64(len(data))
		if i+1 < h.count {
			next := h.markAt(i + 1).at
			if next <= at {
				continue
			}
			n = h.lineFrom(next) - at
		}
		if n == 0 {
			continue
		}
		m := h.markAt(i)
		chunks = append(chunks, Chunk{
			Time:    time.Unix(0, m.time),
			Process: h.name,
			Type:    h.typ,
			PID:     m.from.pid,
			Stderr:  m.from.stderr,
			TTY:     m.from.tty,
			Data:    data[:n:n],
		})
		data = data[n:]
		at += n
	}
	return chunks
}

// splitLines returns the lines of p without their ends.
func splitLines(p []byte) [][]byte {
	if len(p) == 0 {
		return nil
	}
	if p[len(p)-1] == '\n' {
		p = p[:len(p)-1]
	}
	return bytes.Split(p, []byte{'\n'})
}
