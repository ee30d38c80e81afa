package output

import (
	"encoding/binary"
	"time"
)

// source says who wrote a part of a history.
type source struct {
	pid    int // 0: ganger itself
	stderr bool
	tty    bool
}

// mark says when, and by whom, the bytes from an offset on were written.
type mark struct {
	at   uint64 // counted from the first byte that was ever written
	time int64  // in nanoseconds since 1970
	from source
}

const (
	// markSize is what a mark takes, in a file as on the heap.
	markSize = 24
	// markEvery is how near in time two writes may be to share a mark.
	markEvery = int64(time.Millisecond)

	markStderr = 1 << 0
	markTTY    = 1 << 1
)

// marksOf is how many marks a history of limit bytes has at most: an eighth or
// so of its size.
func marksOf(limit uint64) int { return int(min(max(limit/128, 16), 4096)) }

func (m mark) encode(b []byte) {
	var flags uint32
	if m.from.stderr {
		flags |= markStderr
	}
	if m.from.tty {
		flags |= markTTY
	}
	binary.LittleEndian.PutUint64(b, m.at)
	binary.LittleEndian.PutUint64(b[8:], uint64(m.time))
	binary.LittleEndian.PutUint32(b[16:], uint32(m.from.pid))
	binary.LittleEndian.PutUint32(b[20:], flags)
}

func decodeMark(b []byte) mark {
	flags := binary.LittleEndian.Uint32(b[20:])
	return mark{
		at:   binary.LittleEndian.Uint64(b),
		time: int64(binary.LittleEndian.Uint64(b[8:])),
		from: source{
			pid:    int(int32(binary.LittleEndian.Uint32(b[16:]))),
			stderr: flags&markStderr != 0,
			tty:    flags&markTTY != 0,
		},
	}
}

func (h *history) markAt(i int) mark { return decodeMark(h.marks[i*markSize:]) }

func (h *history) putMark(i int, m mark) { m.encode(h.marks[i*markSize:]) }

// note remembers that what is written next comes from there and then.
func (h *history) note(now int64, from source) {
	if since := now - h.last.time; h.count > 0 && from == h.last.from && since >= 0 && since < markEvery {
		return
	}
	if h.count == marksOf(h.limit) {
		h.thin()
	}
	h.growMarks((h.count + 1) * markSize)
	h.last = mark{h.head, now, from}
	h.putMark(h.count, h.last)
	h.count++
	h.publish()
}

// thin makes room for marks. It forgets those of bytes that are not kept any
// more; if that is not enough, half of the others, so that the older a line is
// the coarser is its time; and where too few have a neighbour from the same
// source, the older half with its bytes.
func (h *history) thin() {
	most, old := h.count, h.covering(h.tail)
	// Whoever reads the file after our end must not see them half moved.
	h.count = 0
	h.publish()
	count := 0
	halve := most-old > most/2
	merged := true // the first stays
	for i := old; i < most; i++ {
		m := h.markAt(i)
		if halve && !merged && m.from == h.markAt(count-1).from {
			merged = true
			continue
		}
		h.putMark(count, m)
		count++
		merged = false
	}
	if count > most*3/4 {
		half := count / 2
		h.tail = max(h.tail, h.markAt(half).at)
		copy(h.marks, h.marks[half*markSize:count*markSize])
		count -= half
	}
	h.count = count
	h.publish()
}

// covering is the last mark that is not after an offset, or the first.
func (h *history) covering(at uint64) int {
	lo, hi := 0, h.count // marks before lo are not after it, those from hi on are
	for lo < hi {
		if mid := (lo + hi) / 2; h.markAt(mid).at <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return max(lo-1, 0)
}

// since is the offset of the first line that was written at t or later.
func (h *history) since(t time.Time) uint64 {
	if t.IsZero() {
		return h.begin()
	}
	from := t.UnixNano()
	for i := h.covering(h.tail); i < h.count; i++ {
		if m := h.markAt(i); m.time >= from {
			return h.lineFrom(m.at)
		}
	}
	return h.head
}
