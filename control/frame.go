package control

import (
	"encoding/binary"
	"fmt"
	"io"
)

// attachProtocol is what an attach upgrades to. From then on both sides send
// frames: a byte for the kind, four for the length of what follows, the most
// significant first, and that many bytes.
const attachProtocol = "ganger-attach"

// The kinds of a frame.
const (
	frameInput  = 'i' // client: bytes to type
	frameSize   = 's' // client: columns and rows, two bytes each
	frameLeave  = 'l' // client: nothing; it leaves
	frameOutput = 'o' // server: bytes to show
	frameNotice = 'n' // server: a line that is not the process's
	frameEnd    = 'e' // server: it is over; nothing, or an error as JSON
)

// frameMax is the longest that a frame may be, without its head of frameHead.
const (
	frameMax  = 64 << 10
	frameHead = 5
)

// appendFrame appends a frame. p is at most frameMax long.
func appendFrame(b []byte, kind byte, p []byte) []byte {
	b = append(b, kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
	return append(b, p...)
}

// readFrame reads a frame into buf, which has room for the longest. An end
// between two frames is io.EOF.
func readFrame(r io.Reader, buf []byte) (kind byte, p []byte, err error) {
	if _, err := io.ReadFull(r, buf[:frameHead]); err != nil {
		return 0, nil, err
	}
	kind, n := buf[0], binary.BigEndian.Uint32(buf[1:])
	if n > frameMax {
		return 0, nil, fmt.Errorf("a frame of %d bytes is over %d", n, frameMax)
	}
	if _, err := io.ReadFull(r, buf[:n]); err != nil {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return kind, buf[:n], nil
}

// writeFrames writes p, in as many frames as it takes.
func writeFrames(w io.Writer, kind byte, p []byte) error {
	for first := true; first || len(p) > 0; first = false {
		part := p[:min(len(p), frameMax)]
		p = p[len(part):]
		if _, err := w.Write(appendFrame(make([]byte, 0, frameHead+len(part)), kind, part)); err != nil {
			return err
		}
	}
	return nil
}

func (s Size) encode() []byte {
	p := binary.BigEndian.AppendUint16(nil, uint16(s.Cols))
	return binary.BigEndian.AppendUint16(p, uint16(s.Rows))
}

func decodeSize(p []byte) (Size, error) {
	if len(p) != 4 {
		return Size{}, fmt.Errorf("a size of %d bytes", len(p))
	}
	return Size{int(binary.BigEndian.Uint16(p)), int(binary.BigEndian.Uint16(p[2:]))}, nil
}
