package process

import "golang.org/x/sys/unix"

// noteExit asks for the wait status in the event as well: NOTE_EXITSTATUS of
// <sys/event.h>.
const noteExit = unix.NOTE_EXIT | 0x04000000
