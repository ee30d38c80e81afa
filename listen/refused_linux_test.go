package listen

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// childVar makes the test binary look at the table where it may open no socket.
const childVar = "LISTEN_TEST_REFUSED"

func TestMain(m *testing.M) {
	if os.Getenv(childVar) == "" {
		os.Exit(m.Run())
	}
	if err := gob.NewEncoder(os.Stdout).Encode(lookWithoutSockets()); err != nil {
		panic(err)
	}
}

// look is what the child found.
type look struct {
	Unfit   string // why it can open sockets after all
	Refused bool   // it could not ask the kernel
	Sockets []Socket
	OK      bool
}

func lookWithoutSockets() (l look) {
	if err := refuseSockets(); err != nil {
		l.Unfit = err.Error()
		return l
	}
	_, err := ask()
	l.Refused = errors.Is(err, unix.EPERM)
	l.Sockets, l.OK = Sockets()
	return l
}

// refuseSockets makes socket(2) fail with EPERM from here on (seccomp(2)), as a
// container's filter does.
func refuseSockets() error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the call's number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_SOCKET},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

// lookOfChild is what a process sees that may open no socket.
func lookOfChild(t *testing.T) (l look) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"=1", "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(bytes.NewReader(out)).Decode(&l); err != nil {
		t.Fatal(err)
	}
	if l.Unfit != "" {
		t.Skip(l.Unfit)
	}
	if !l.Refused || !l.OK {
		t.Fatalf("it was refused: %v, it has the table: %v", l.Refused, l.OK)
	}
	return l
}

// Who may not ask the kernel gets the same answer.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, addr := range []unix.Sockaddr{&unix.SockaddrInet4{Addr: loopback4}, &unix.SockaddrInet6{}} {
		node := inode(t, listening(t, addr))
		var got, want []Socket
		steadily(func() bool {
			all, err := ask()
			if err != nil {
				t.Fatal(err)
			}
			got, want = only(lookOfChild(t).Sockets, node), only(all, node)
			return len(want) == 1 && slices.Equal(got, want)
		})
		if len(want) != 1 || !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
