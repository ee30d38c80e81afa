package process

import (
	"os"
	"syscall"
)

// Exec replaces this process by a command, in dir where it is not empty. It
// returns only if that cannot be: an *ExecError says why.
func Exec(argv []string, dir string, env []string) error {
	where := dir
	if where == "" {
		where = "."
	} else if err := os.Chdir(dir); err != nil {
		return notFound("folder %s: %v", dir, reason(err))
	}
	path, err := LookPath(argv[0], where, env)
	if err != nil {
		return err
	}
	err = syscall.Exec(path, argv, env)
	if err == syscall.ENOEXEC {
		// A script without #! : a shell runs it itself, so do we.
		err = syscall.Exec("/bin/sh", append([]string{"/bin/sh", path}, argv[1:]...), env)
	}
	return explain(err, path, ".")
}
