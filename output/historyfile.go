package output

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// A history file holds the history of one process name:
//
//	header | marks, in the order of their times | data, a ring of limit bytes
//
// All numbers are little-endian. The file is mapped and shared, so that what we
// wrote is in it however we end. Its owner alone may read it.
const (
	historyMagic   = "ganger-h"
	historyVersion = 1
	historySuffix  = ".history"

	headMagic   = 0  // 8 bytes
	headVersion = 8  // uint32
	headFlags   = 12 // uint32
	headLimit   = 16 // uint64: how many bytes of data are kept
	headTail    = 24 // uint64: offset of the oldest byte that is kept
	headHead    = 32 // uint64: offset of the next byte
	headCount   = 40 // uint32: how many marks there are
	headName    = 64 // a length, then so many bytes
	headType    = headName + 256
	headSize    = 1024

	// filePage is a multiple of the page size of all machines but a few,
	// for which nothing depends on it.
	filePage = 4096

	// flagLeft: what came later did not fit into the file.
	flagLeft = 1 << 0
)

// historyFile is the file of a history and where it is mapped.
type historyFile struct {
	file  *os.File // nil once all of it may be touched
	mem   []byte
	data  int    // where the data begins in mem
	ready [2]int // how far mem may be touched before the data, and from there on
	clean runtime.Cleanup
}

// dataOffset is where the data begins in the file.
func dataOffset(limit uint64) int {
	return roundUp(headSize + marksOf(limit)*markSize)
}

func roundUp(n int) int { return (n + filePage - 1) &^ (filePage - 1) }

// newHistoryFile makes the file of h in its folder, with nothing in it.
func newHistoryFile(h *history) (*historyFile, error) {
	if len(h.name) > 255 || len(h.typ) > 255 || filepath.Base(h.name) != h.name {
		return nil, fmt.Errorf("%q cannot be a file's name", h.name)
	}
	path := filepath.Join(h.dir, h.name+historySuffix)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	f := &historyFile{file: file, data: dataOffset(h.limit)}
	f.ready = [2]int{0, f.data}
	if err := f.mmap(f.data + int(h.limit)); err != nil {
		_ = file.Close()
		_ = os.Remove(path)
		return nil, err
	}
	copy(f.mem[headMagic:], historyMagic)
	binary.LittleEndian.PutUint32(f.mem[headVersion:], historyVersion)
	binary.LittleEndian.PutUint64(f.mem[headLimit:], h.limit)
	putString(f.mem[headName:], h.name)
	putString(f.mem[headType:], h.typ)
	return f, nil
}

// mmap maps a file of that size, of which the first page may be touched.
func (f *historyFile) mmap(size int) error {
	if err := f.file.Truncate(int64(size)); err != nil {
		return err
	}
	if err := f.allocate(0, headSize); err != nil {
		return err
	}
	raw, err := f.file.SyscallConn()
	if err != nil {
		return err
	}
	var mapErr error
	err = raw.Control(func(fd uintptr) {
		f.mem, mapErr = unix.Mmap(int(fd), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	})
	if mapErr != nil {
		return &os.PathError{Op: "mmap", Path: f.file.Name(), Err: mapErr}
	}
	f.clean = runtime.AddCleanup(f, func(mem []byte) { _ = unix.Munmap(mem) }, f.mem)
	return err
}

func putString(b []byte, s string) {
	b[0] = byte(len(s))
	copy(b[1:], s)
}

// allocate makes sure that the part of mem up to end may be touched; 0 is the
// part before the data, 1 the data. A page of a file system that is full would
// be a SIGBUS; writing zeros there is an error.
func (f *historyFile) allocate(part, end int) error {
	begin := f.ready[part]
	if end <= begin {
		return nil
	}
	if end = roundUp(end); f.mem != nil {
		end = min(end, len(f.mem))
	}
	if _, err := f.file.WriteAt(make([]byte, end-begin), int64(begin)); err != nil {
		return err
	}
	f.ready[part] = end
	if f.ready == [2]int{f.data, len(f.mem)} {
		_ = f.file.Close()
		f.file = nil
	}
	return nil
}

// growData returns the data with room for at least n bytes.
func (f *historyFile) growData(n uint64) ([]byte, error) {
	err := f.allocate(1, f.data+int(n))
	return f.mem[f.data:f.ready[1]], err
}

// growMarks returns the marks with room for at least n bytes.
func (f *historyFile) growMarks(n int) ([]byte, error) {
	err := f.allocate(0, headSize+n)
	return f.mem[headSize:f.ready[0]], err
}

func (f *historyFile) close() {
	if f.file != nil {
		_ = f.file.Close()
	}
	f.clean.Stop()
	_ = unix.Munmap(f.mem)
}

// enterFile begins the file with the first byte.
func (h *history) enterFile() {
	f, err := newHistoryFile(h)
	h.dir = ""
	if err != nil {
		h.err = err
		return
	}
	h.file = f
	h.marks = f.mem[headSize:f.ready[0]]
}

// leaveFile goes on on the heap: the file system is full. What the file has
// stays there.
func (h *history) leaveFile(err error) {
	h.err = err
	f := h.file
	h.file = nil
	binary.LittleEndian.PutUint32(f.mem[headFlags:], flagLeft)
	h.data, h.marks = bytes.Clone(h.data), bytes.Clone(h.marks)
	f.close()
}

// publish writes into the file what is in it. In this order whoever reads it
// after our end finds nothing that is not there.
func (h *history) publish() {
	if h.file == nil {
		return
	}
	mem := h.file.mem
	binary.LittleEndian.PutUint64(mem[headTail:], h.tail)
	binary.LittleEndian.PutUint32(mem[headCount:], uint32(h.count))
	binary.LittleEndian.PutUint64(mem[headHead:], h.head)
}
