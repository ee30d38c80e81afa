package ready

import (
	"os"
	"strconv"
	"strings"
)

// sockets calls f with the inode of every socket that the process has open. The
// processes of other users are looked into by root alone.
func sockets(pid int, f func(inode uint64)) {
	path := "/proc/" + strconv.Itoa(pid) + "/fd"
	dir, err := os.Open(path)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		link, _ := os.Readlink(path + "/" + name)
		number, isSocket := strings.CutPrefix(link, "socket:[")
		if !isSocket {
			continue
		}
		if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64); err == nil {
			f(inode)
		}
	}
}
