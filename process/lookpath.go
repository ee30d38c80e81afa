package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// An ExecError says why a command cannot be executed, and the status that a
// shell would report for it: 127 where something is not there, else 126.
type ExecError struct {
	Reason string
	Status int
}

func (e *ExecError) Error() string { return e.Reason }

func notFound(format string, args ...any) error {
	return &ExecError{fmt.Sprintf(format, args...), StatusNotFound}
}

func notExecutable(format string, args ...any) error {
	return &ExecError{fmt.Sprintf(format, args...), StatusNotExecutable}
}

// defaultPath is where a child without PATH is looked for, as execvp does.
const defaultPath = "/usr/local/bin:/usr/bin:/bin"

// LookPath finds program as execvp would in a child whose folder is dir and
// whose environment is env: in the child's PATH, not in ours. The result may
// be relative to dir. The error is an *ExecError.
func LookPath(program, dir string, env []string) (string, error) {
	if program == "" {
		return "", notFound("%q: not found", program)
	}
	if strings.Contains(program, "/") {
		return program, executable(program, dir)
	}
	path, ok := lookup(env, "PATH")
	if !ok {
		path = defaultPath
	}
	var denied error
	for _, folder := range filepath.SplitList(path) {
		file := filepath.Join(folder, program)
		if folder == "" || folder == "." {
			file = "./" + program // without a slash it would be looked up again
		}
		err := executable(file, dir)
		if err == nil {
			return file, nil
		}
		var ee *ExecError
		if denied == nil && errors.As(err, &ee) && ee.Status == StatusNotExecutable {
			denied = err
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", notFound("%s: not found on PATH", program)
}

// executable asks of a path what execve would ask, in its order.
func executable(path, dir string) error {
	full := under(dir, path)
	st, err := os.Stat(full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return notFound("%s: not found", path)
	case err != nil:
		return notExecutable("%s: %v", path, reason(err))
	case st.IsDir():
		return notExecutable("%s: permission denied (it is a folder)", path)
	case unix.Access(full, unix.X_OK) != nil:
		return notExecutable("%s: permission denied (chmod +x?)", path)
	}
	return nil
}

// explain turns an error of the spawn itself into words. path was found and is
// executable, so ENOENT speaks of its interpreter or of the folder.
func explain(err error, path, dir string) error {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return notExecutable("%s: %v", path, err)
	}
	if st, serr := os.Stat(dir); serr != nil {
		return notFound("folder %s: %v", dir, reason(serr))
	} else if !st.IsDir() {
		return notExecutable("folder %s: not a folder", dir)
	}
	switch errno {
	case syscall.ENOENT:
		if line := interpreter(under(dir, path)); line != "" {
			return notExecutable("%s: bad interpreter: %s: not found", path, line)
		}
		return notFound("%s: not found, or its loader is missing", path)
	case syscall.EACCES:
		if line := interpreter(under(dir, path)); line != "" {
			return notExecutable("%s: bad interpreter: %s: permission denied", path, line)
		}
	case syscall.EAGAIN:
		return notExecutable("%s: no process to be had (ulimit -u, or the pids limit of the cgroup)", path)
	case syscall.EMFILE, syscall.ENFILE:
		return notExecutable("%s: no descriptors left (ulimit -n)", path)
	case syscall.E2BIG:
		return notExecutable("%s: arguments and environment are too long", path)
	}
	return notExecutable("%s: %v", path, errno)
}

// interpreter is what stands behind #! in the file's first line, "" for none.
func interpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 256)
	n, _ := f.Read(head)
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return ""
	}
	return strings.TrimSpace(rest)
}

// reason is the bare cause of a *PathError, whose path the caller names.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// lookup finds name in an environment; of two the first counts, as in getenv.
func lookup(env []string, name string) (string, bool) {
	for _, entry := range env {
		if v, ok := strings.CutPrefix(entry, name); ok && strings.HasPrefix(v, "=") {
			return v[1:], true
		}
	}
	return "", false
}
