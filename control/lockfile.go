package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// flock locks a file, or gives EWOULDBLOCK.
func flock(f *os.File, how int) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	cerr := raw.Control(func(fd uintptr) {
		for {
			if err = unix.Flock(int(fd), how|unix.LOCK_NB); err != unix.EINTR {
				return
			}
		}
	})
	return errors.Join(cerr, err)
}

func sameFile(f *os.File, path string) bool {
	own, err := f.Stat()
	if err != nil {
		return false
	}
	st, err := os.Lstat(path)
	return err == nil && os.SameFile(own, st)
}

// readFacts reads what a holder wrote. One that is just writing is read again.
func readFacts(f *os.File) (facts Facts, err error) {
	for range 3 {
		var text []byte
		text, err = io.ReadAll(io.NewSectionReader(f, 0, maxFacts))
		if err == nil {
			facts = Facts{}
			err = json.Unmarshal(text, &facts)
		}
		if err == nil {
			return facts, nil
		}
	}
	return Facts{}, err
}

// writeFacts writes in one go over all that is there, because a reader takes no
// lock: with spaces over what was longer. To cut the file would leave it empty
// for a moment, and ext4 would write it to the disk when it is closed, which
// takes milliseconds.
func writeFacts(f *os.File, text []byte) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if more := min(int(st.Size()), maxFacts) - len(text); more > 0 {
		text = append(text, bytes.Repeat([]byte{' '}, more)...)
	}
	if len(text) == 0 {
		return nil
	}
	_, err = f.WriteAt(text, 0)
	return err
}
