package watch

import "golang.org/x/sys/unix"

// silent names the file system if it does not tell what others change on it.
// FUSE is what sshfs and the shared folders of virtual machines and Docker
// Desktop are.
func silent(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return ""
	}
	switch uint32(st.Type) {
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC:
		return "SMB"
	case unix.V9FS_MAGIC: // WSL 2's /mnt/c, and QEMU's
		return "9p"
	case 0x53464846: // drvfs of WSL 1
		return "drvfs"
	case unix.FUSE_SUPER_MAGIC:
		return "FUSE"
	case 0x786f4256:
		return "vboxsf"
	case 0x7c7c6673:
		return "prl_fs"
	case unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC:
		return "AFS"
	case unix.CODA_SUPER_MAGIC:
		return "Coda"
	case unix.CEPH_SUPER_MAGIC:
		return "Ceph"
	}
	return ""
}
