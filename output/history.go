package output

import "bytes"

// ring keeps the last bytes that were written to it. It grows as it fills, so
// that a process that writes little costs little.
type ring struct {
	limit int
	buf   []byte
	start int  // where the oldest byte is once buf has reached its limit
	cut   bool // bytes have been lost, so the first line may lack its beginning
}

func (r *ring) write(p []byte) {
	if len(p) > r.limit {
		r.cut = true
		p = p[len(p)-r.limit:]
	}
	if free := r.limit - len(r.buf); free > 0 {
		n := min(free, len(p))
		r.grow(len(r.buf) + n)
		r.buf = append(r.buf, p[:n]...)
		p = p[n:]
	}
	if len(p) == 0 {
		return
	}
	r.cut = true
	n := copy(r.buf[r.start:], p)
	copy(r.buf, p[n:])
	r.start = (r.start + len(p)) % r.limit
}

// grow doubles up to the limit, where append would overshoot it.
func (r *ring) grow(n int) {
	if n <= cap(r.buf) {
		return
	}
	b := make([]byte, len(r.buf), min(r.limit, max(n, 2*cap(r.buf), 1024)))
	copy(b, r.buf)
	r.buf = b
}

// halves are the kept bytes, older first.
func (r *ring) halves() (older, newer []byte) { return r.buf[r.start:], r.buf[:r.start] }

// bytes returns a copy of what is kept, without a first line that lacks its
// beginning.
func (r *ring) bytes() []byte {
	older, newer := r.halves()
	b := make([]byte, 0, len(r.buf))
	b = append(append(b, older...), newer...)
	if r.cut {
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			b = b[i+1:]
		}
	}
	return b
}

// tail returns a copy of the last n lines; an unfinished one counts.
func (r *ring) tail(n int) []byte {
	if n <= 0 {
		return nil
	}
	older, newer := r.halves()
	i, n := lastLines(newer, n, true)
	if n == 0 {
		return bytes.Clone(newer[i:])
	}
	j, n := lastLines(older, n, len(newer) == 0)
	if n > 0 {
		return r.bytes() // all of them
	}
	b := make([]byte, 0, len(older)-j+len(newer))
	return append(append(b, older[j:]...), newer...)
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
