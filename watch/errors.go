package watch

import (
	"errors"
	"fmt"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// LimitError says that the system has no more watches for us.
type LimitError struct {
	Setting string // the sysctl that sets the limit; "" where it is no sysctl
	Hint    string // how to raise it
	Err     error
}

func (e *LimitError) Error() string {
	why := e.Err.Error()
	switch path.Ext(e.Setting) { // the system's own text would speak of a full disk
	case ".max_user_watches":
		why = "the inotify watches of this user are used up"
	case ".max_user_instances":
		why = "the inotify instances of this user are used up"
	}
	return fmt.Sprintf("no more files can be watched, since %s: the rest is looked at each second", why)
}

func (e *LimitError) Unwrap() error { return e.Err }

// SilentError says that a file system does not tell of all changes.
type SilentError struct {
	Folder     string // the first that was found there
	FileSystem string // "NFS"
}

func (e *SilentError) Error() string {
	return fmt.Sprintf("%s (%s) does not tell of changes: it is looked at each second", e.Folder, e.FileSystem)
}

// limitReached returns nil for any other error. instance is set where it was
// the queue of events that could not be had.
func limitReached(err error, instance bool) *LimitError {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return sysctl("fs.inotify.max_user_watches", 524288, err)
	case errors.Is(err, syscall.EMFILE) && instance && runtime.GOOS == "linux":
		return sysctl("fs.inotify.max_user_instances", 1024, err)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		// kqueue holds a descriptor for each file of a folder.
		return &LimitError{Hint: "raise the limit of open files: ulimit -n 65536", Err: err}
	}
	return nil
}

// sysctl advises the value that is usual, or twice what was not enough.
func sysctl(setting string, usual int, err error) *LimitError {
	text, _ := os.ReadFile("/proc/sys/" + strings.ReplaceAll(setting, ".", "/"))
	now, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return &LimitError{setting, fmt.Sprintf("sudo sysctl %s=%d", setting, max(usual, 2*now)), err}
}

// warn tells once why something is polled.
func (w *Watcher) warn(what string, err error) {
	if w.told[what] {
		return
	}
	w.told[what] = true
	if w.opts.Polling != nil {
		w.tell(func() { w.opts.Polling(err) })
	}
}
