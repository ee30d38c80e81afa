//go:build darwin || freebsd

package watch

import "golang.org/x/sys/unix"

// silent names the file system if it does not tell what others change on it.
func silent(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return ""
	}
	switch name := unix.ByteSliceToString(st.Fstypename[:]); name {
	case "nfs", "smbfs", "afpfs", "webdav", "macfuse", "osxfuse", "fusefs", "p9fs", "virtiofs":
		return name
	}
	return ""
}
