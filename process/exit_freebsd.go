package process

import "golang.org/x/sys/unix"

// noteExit: FreeBSD puts the wait status in the event of itself (kqueue(2)).
const noteExit = unix.NOTE_EXIT
