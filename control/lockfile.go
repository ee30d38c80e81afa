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

// readFacts reads what a holder wrote. One that is just writing is read again:
// it writes in one go, which is over by the second time at the latest unless it
// writes on and on.
func readFacts(f *os.File) (facts Facts, err error) {
	const tries = 100
	text := make([]byte, maxFacts)
	for range tries {
		n, rerr := f.ReadAt(text, 0)
		if rerr != nil && rerr != io.EOF {
			return Facts{}, rerr
		}
		facts = Facts{}
		if err = json.Unmarshal(text[:n], &facts); err == nil {
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
