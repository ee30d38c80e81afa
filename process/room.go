package process

import "golang.org/x/sys/unix"

// roomSize is what the front needs at most to end the app: an arena of Go's heap,
// which begins at random in its first and may soon reach the end of it, a few
// buffers, and what a C library and the race detector map for them.
const roomSize = arenaSize + 16<<20

// arenaSize is what Go takes at once on 64-bit systems (heapArenaBytes in
// runtime/malloc.go).
const arenaSize = 64 << 20

// keepRoom keeps a part of the address space, which takes no memory. Where that is
// short (ulimit -v) the back may die of it, and a front that has as little left
// would die as it begins to end the app. free gives it back.
func keepRoom() (free func(), err error) {
	room, err := unix.Mmap(-1, 0, roomSize, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	return func() { _ = unix.Munmap(room) }, nil
}
