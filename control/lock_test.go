package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// childVar tells the test binary to play a part instead of running the tests.
const childVar = "CONTROL_TEST_CHILD"

func TestMain(m *testing.M) {
	if part := os.Getenv(childVar); part != "" {
		child(strings.Fields(part))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child plays a part. It says "ready" and ends with its standard input.
func child(part []string) {
	switch part[0] {
	case "hold": // runtime folder, temp folder, root
		if _, err := Acquire(NewPlaces(os.Geteuid(), part[1:2], part[2:3]), part[3], Facts{PID: os.Getpid(), State: Running}); err != nil {
			fmt.Println(err)
			return
		}
	case "dial": // socket
		conn, err := dialUnix(context.Background(), part[1])
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Fprint(conn, "GET /v1/app HTTP/1.1\r\nHost: ganger\r\n\r\n")
		answer, err := io.ReadAll(io.LimitReader(conn, 12)) // HTTP/1.1 200
		fmt.Printf("%q %v\n", answer, err)
		_, err = Dial(part[1]).Info(context.Background())
		fmt.Printf("%T\n", err)
		return
	case "place": // runtime folder, temp folder
		lock, err := Acquire(NewPlaces(os.Geteuid(), part[1:2], part[2:3]), "/srv/shop", Facts{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(filepath.Dir(lock.path))
		lock.Release()
		return
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

// start starts the test binary in a part, as another user where uid is not 0.
func start(t *testing.T, uid int, part ...string) (cmd *exec.Cmd, line string) {
	t.Helper()
	exe := "/proc/self/exe"
	if _, err := os.Stat(exe); err != nil {
		exe, _ = os.Executable()
	}
	cmd = exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childVar+"="+strings.Join(part, " "), "GORACE=atexit_sleep_ms=0")
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGCONT)
		in.Close()
		if cmd.ProcessState == nil {
			cmd.Wait()
		}
	})
	guard := time.AfterFunc(patience, func() {
		t.Errorf("the child says nothing within %s", patience)
		cmd.Process.Kill()
	})
	defer guard.Stop()
	lines := bufio.NewReader(out)
	line, _ = lines.ReadString('\n')
	if part[0] == "dial" {
		more, _ := lines.ReadString('\n')
		line += more
	}
	return cmd, line
}

// testPlaces are a runtime and a temp folder of the test's own.
func testPlaces(t testing.TB) (p Places, runtimeDir, temp string) {
	t.Helper()
	runtimeDir, temp = t.TempDir(), t.TempDir()
	return NewPlaces(os.Geteuid(), []string{runtimeDir}, []string{temp}), runtimeDir, temp
}

func TestLock(t *testing.T) {
	p, runtimeDir, _ := testPlaces(t)
	root := t.TempDir()
	var no *NotRunningError
	if _, err := Find(p, root); !errors.As(err, &no) || no.Root != root {
		t.Errorf("before: %v", err)
	}
	lock, err := Acquire(p, root, Facts{PID: 42, Since: epoch(), State: Running, Socket: "/s"})
	if err != nil {
		t.Fatal(err)
	}
	if dir := filepath.Dir(lock.SocketPath()); dir != filepath.Join(runtimeDir, "ganger") {
		t.Errorf("the socket belongs to %s", dir)
	}
	want := Facts{PID: 42, Root: root, Since: epoch(), State: Running, Socket: "/s"}
	if got, err := Find(p, root); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	var held *HeldError
	if _, err := Acquire(p, root, Facts{}); !errors.As(err, &held) || held.Facts != want {
		t.Errorf("taken: %v", err)
	}
	if err := lock.Set(func(f *Facts) { f.State = Stopping }); err != nil {
		t.Fatal(err)
	}
	if got, _ := Find(p, root); got.State != Stopping || got.PID != 42 {
		t.Errorf("after Set: %+v", got)
	}
	// Another root has a lock of its own.
	other, err := Acquire(p, t.TempDir(), Facts{PID: 43, State: Running, Since: epoch().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := List(p); err != nil || len(all) != 2 || all[0].PID != 43 || all[1].PID != 42 {
		t.Errorf("%+v, %v", all, err)
	}
	lock.Release()
	other.Release()
	if all, err := List(p); err != nil || len(all) != 0 {
		t.Errorf("after: %+v, %v", all, err)
	}
	if files, _ := os.ReadDir(filepath.Join(runtimeDir, "ganger")); len(files) != 0 {
		t.Errorf("left: %v", files)
	}
}

// A killed run leaves its file and not its lock; a stopped one has it still.
func TestLockOfAnotherProcess(t *testing.T) {
	p, runtimeDir, temp := testPlaces(t)
	root := t.TempDir()
	cmd, line := start(t, 0, "hold", runtimeDir, temp, root)
	if line != "ready\n" {
		t.Fatal(line)
	}
	pid := cmd.Process.Pid
	cmd.Process.Signal(syscall.SIGSTOP)
	if got, err := Find(p, root); err != nil || got.PID != pid {
		t.Errorf("of a stopped one: %+v, %v", got, err)
	}
	var held *HeldError
	if _, err := Acquire(p, root, Facts{}); !errors.As(err, &held) || held.Facts.PID != pid {
		t.Errorf("of a stopped one: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if _, err := Find(p, root); err == nil {
		t.Error("of a killed one: found")
	}
	lock, err := Acquire(p, root, Facts{PID: 7})
	if err != nil {
		t.Fatalf("of a killed one: %v", err)
	}
	defer lock.Release()
	if got, err := Find(p, root); err != nil || got.PID != 7 {
		t.Errorf("after a killed one: %+v, %v", got, err)
	}
}

// The lock is held until the last who has the file is gone.
func TestLockShared(t *testing.T) {
	p, _, _ := testPlaces(t)
	root := t.TempDir()
	lock, err := Acquire(p, root, Facts{PID: 1, State: Running})
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(lock.File().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	lock.file.Close() // as of one that was killed
	if got, err := Find(p, root); err != nil || got.PID != 1 {
		t.Errorf("held by the second: %+v, %v", got, err)
	}
	syscall.Close(fd)
	if _, err := Find(p, root); err == nil {
		t.Error("held by nobody, and found")
	}
}

// Two shells of one user, one of which has no XDG_RUNTIME_DIR.
func TestLockInAnotherPlace(t *testing.T) {
	p, _, _ := testPlaces(t)
	root := t.TempDir()
	lock, err := Acquire(p, root, Facts{PID: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	turned := Places{dirs: []place{p.dirs[1], p.dirs[0]}, uid: p.uid}
	var held *HeldError
	if _, err := Acquire(turned, root, Facts{}); !errors.As(err, &held) || held.Facts.PID != 1 {
		t.Errorf("from the other side: %v", err)
	}
	if got, err := Find(turned, root); err != nil || got.PID != 1 {
		t.Errorf("from the other side: %+v, %v", got, err)
	}
	if files, _ := os.ReadDir(p.dirs[1].dir); len(files) != 0 {
		t.Errorf("the one that gave way left %v", files)
	}
}

// Many want the lock, which is removed each time it is let go: never two have it.
func TestLockIsOne(t *testing.T) {
	p, _, _ := testPlaces(t)
	root := t.TempDir()
	var holders, turns atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx := patient(t); turns.Load() < 200; {
				lock, err := Acquire(p, root, Facts{PID: 1})
				if held := new(HeldError); errors.As(err, &held) && ctx.Err() == nil {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if holders.Add(1) != 1 {
					t.Error("two have the lock")
				}
				turns.Add(1)
				holders.Add(-1)
				lock.Release()
			}
		})
	}
	wg.Wait()
}

// Whoever reads while the facts change reads the ones or the others.
func TestFactsAreWhole(t *testing.T) {
	p, _, _ := testPlaces(t)
	root := t.TempDir()
	lock, err := Acquire(p, root, Facts{PID: 1, State: Running})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				lock.Set(func(f *Facts) { f.Socket = strings.Repeat("s", i%50) })
			}
		}
	})
	for range 2000 {
		if got, err := Find(p, root); err != nil || got.Root != root || strings.Trim(got.Socket, "s") != "" {
			t.Errorf("%+v, %v", got, err)
			break
		}
	}
	close(done)
	wg.Wait()
}
