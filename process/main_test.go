//go:build linux

package process

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// childVar tells the test binary to play a child, testVar marks all children of
// one test so that those left over are found in /proc.
const (
	backVar    = "PROCESS_TEST_BACK"    // what the back's one process plays
	exeVar     = "PROCESS_TEST_EXE"     // its program, where it is not the test binary
	undeadVar  = "PROCESS_TEST_UNDEAD"  // the back's threads live on when it has ended
	timeoutVar = "PROCESS_TEST_TIMEOUT" // how long the back's stop may take
	childVar   = "PROCESS_TEST_CHILD"
	testVar    = "PROCESS_TEST_MARK"
)

// given are the descriptors from 3 up that this test binary was started with
// and hands on.
func given() map[string]bool {
	open := make(map[string]bool)
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, e := range fds {
		fd, _ := strconv.Atoi(e.Name())
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			open[e.Name()] = true
		}
	}
	return open
}

func init() {
	if os.Getenv(undeadVar) != "" {
		runtime.LockOSThread() // the main one, for good
	}
}

func TestMain(m *testing.M) {
	if link := OpenLink(); link != nil {
		back(os.Getenv(backVar), link)
	}
	if part := os.Getenv(childVar); part != "" {
		child(part)
		os.Exit(0)
	}
	// Every test starts a Keeper of its own in this process, so it is adopted
	// orphans' parent throughout.
	code := m.Run()
	os.Exit(code)
}

// child plays a part: a word and its arguments.
func child(part string) {
	word, rest, _ := strings.Cut(part, " ")
	switch word {
	case "exit":
		n, _ := strconv.Atoi(rest)
		os.Exit(n)
	case "sleep": // until it is ended
		fmt.Println("ready")
		time.Sleep(time.Hour) // an empty select would be a deadlock to the runtime
	case "root": // becomes root for good, where its file is setuid
		if err := syscall.Setresuid(0, 0, 0); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("ready")
		time.Sleep(time.Hour)
	case "stubborn": // ignores what can be ignored
		signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
		fmt.Println("ready")
		time.Sleep(time.Hour) // an empty select would be a deadlock to the runtime
	case "polite": // says which signals it gets, ends at the first TERM
		c := make(chan os.Signal, 10)
		signal.Notify(c, unix.SIGTERM, unix.SIGINT, unix.SIGUSR1)
		fmt.Println("ready")
		for sig := range c {
			fmt.Println("got", SignalName(sig.(syscall.Signal)))
			if sig == unix.SIGTERM {
				return
			}
		}
	case "escape": // start a child that leaves the group, then do the rest
		how, then, _ := strings.Cut(rest, " ")
		escape(how)
		child(then)
	case "trace": // a debugger, where there is one
		pid, _ := strconv.Atoi(rest)
		trace(pid)
	case "read":
		fmt.Println("ready")
		text, err := io.ReadAll(os.Stdin)
		fmt.Printf("read %q %v\n", text, err)
	case "terminal": // says how large its terminal is, and what is typed
		c := make(chan os.Signal, 10)
		signal.Notify(c, unix.SIGWINCH)
		go func() {
			for range c {
				fmt.Println("size", terminalSize())
			}
		}()
		fmt.Println("ready", terminalSize())
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			fmt.Printf("got %q\n", lines.Text())
		}
	case "status":
		text, _ := os.ReadFile("/proc/self/status")
		fmt.Print(string(text))
	case "fds":
		fds, _ := os.ReadDir("/proc/self/fd")
		for _, fd := range fds {
			to, _ := os.Readlink("/proc/self/fd/" + fd.Name())
			fmt.Println(fd.Name(), to)
		}
	case "storm": // start sessions of two as fast as it can, up to a bound
		fmt.Println("ready")
		for range 300 {
			c := exec.Command("/bin/sh", "-c", `trap "" TERM; sleep 1000 & sleep 1000`)
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			if err := c.Start(); err != nil {
				panic(err)
			}
		}
		time.Sleep(time.Hour) // an empty select would be a deadlock to the runtime
	case "host": // starts a shell that carries no mark, then becomes the front
		c := exec.Command("/bin/sh", "-c", rest)
		c.Env = []string{"PATH=" + os.Getenv("PATH")}
		if err := c.Start(); err != nil {
			panic(err)
		}
		fmt.Println(c.Process.Pid)
		exe, _ := os.Executable()
		os.Setenv(childVar, "front")
		panic(syscall.Exec(exe, os.Args, os.Environ()))
	case "guest": // starts a process that carries no mark, then becomes the front
		child("host exec sleep 60")
	case "threads": // has a busy time twice, the second when it has settled
		go staySettled(newSettling(time.Millisecond, 20*time.Millisecond))
		for range 2 {
			makeThreads(30)
			for threads() >= 10 {
				time.Sleep(time.Millisecond)
			}
			fmt.Println("few")
		}
	case "impatient": // a front that gives a hung back little time
		hungAfter = 300 * time.Millisecond
		child("front")
	case "front":
		os.Exit(Front(os.Args[1:], os.Stderr))
	}
}

func terminalSize() string {
	ws, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%dx%d", ws.Row, ws.Col)
}

// escape starts a process that outlives its parent: "setsid" leads a session,
// "daemon" has forked twice, "bare" has besides cleared its environment. After a
// colon stands what it plays, if that is not "stubborn".
func escape(how string) {
	how, plays, _ := strings.Cut(how, ":")
	if plays == "" {
		plays = "stubborn"
	}
	part := plays
	switch how {
	case "daemon":
		part = "escape setsid:" + plays + " exit 0" // the one between ends at once
	case "bare":
		part = "escape clear:" + plays + " exit 0"
	}
	c := self(part, true)
	if how == "clear" {
		c.Env = []string{childVar + "=" + plays, testVar + "=" + os.Getenv(testVar)}
	}
	out, err := c.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := c.Start(); err != nil {
		panic(err)
	}
	if part == plays { // it is what it is from its first line on
		_, _ = bufio.NewReader(out).ReadString('\n')
	} else {
		_ = c.Wait()
	}
}

func self(part string, setsid bool) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), childVar+"="+part)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: setsid}
	return c
}

// back is the other half in the tests of both: a Keeper with one process. It
// stops as a supervisor would, and ends with status 7.
func back(part string, link *Link) {
	timeout, err := time.ParseDuration(os.Getenv(timeoutVar))
	if err != nil {
		timeout = 300 * time.Millisecond
	}
	if path := os.Getenv(shareVar); path != "" {
		defer shareLock(path, link).Close()
	}
	k, _ := NewKeeper(Size{24, 80})
	gone, copied := make(chan struct{}), make(chan struct{})
	exe, _ := os.Executable()
	if other := os.Getenv(exeVar); other != "" {
		exe = other
	}
	os.Setenv(childVar, part) // of two, the program would see the first
	p := k.Start(Spec{Name: "web.1", Argv: []string{exe}, Dir: ".", Env: os.Environ()}, func(e Event) {
		switch e := e.(type) {
		case Started:
			go func() { _, _ = io.Copy(os.Stdout, e.Stdout); close(copied) }()
		case Gone:
			close(gone)
		}
	})
	link.Promise(timeout, nil)
	resized := false
	link.Listen(func(e LinkEvent) bool {
		switch {
		case e.Gone || e.Signal == unix.SIGTERM:
			_ = p.SignalGroup(unix.SIGTERM)
			time.AfterFunc(timeout, p.Kill)
		case e.Signal == unix.SIGTSTP:
			link.Stopped()
		case e.Signal == unix.SIGWINCH && !resized:
			resized = true // the front sends one at the start
		default:
			fmt.Println("link", SignalName(e.Signal))
		}
		return true
	})
	<-gone
	k.Close(timeout, nil, nil)
	if os.Getenv(exeVar) == "" {
		<-copied // nobody holds the other end any more, but for one that is out of reach
	}
	link.Bye(7)
	if os.Getenv(undeadVar) != "" {
		_, _, _ = unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0) // of the main thread alone
	}
	os.Exit(7)
}

// bed is one test's Keeper and what its processes say.
type bed struct {
	t    *testing.T
	k    *Keeper
	mark string
}

func newBed(t *testing.T) *bed {
	t.Helper()
	k, err := NewKeeper(Size{24, 80})
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{t: t, k: k, mark: fmt.Sprintf("%s-%d", t.Name(), time.Now().UnixNano())}
	t.Cleanup(func() {
		if b.k != nil {
			b.k.Close(0, nil, nil)
		}
		if left := marked(b.mark); len(left) > 0 {
			t.Errorf("left over: pids %v", left)
			for _, pid := range left {
				_ = unix.Kill(pid, unix.SIGKILL)
			}
		}
	})
	return b
}

// marked are the living processes that carry a test's mark.
func marked(mark string) []int {
	var pids []int
	for _, m := range processTable() {
		if v, ok := environOf(m.pid, testVar); ok && v == mark && !m.zombie {
			pids = append(pids, m.pid)
		}
	}
	return pids
}

// run is a started process with its events and its output.
type run struct {
	t      *testing.T
	p      *Process
	events chan Event
	lines  chan string
	files  sync.WaitGroup
}

func (b *bed) spec(part string) Spec {
	dir := b.t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	if !filepath.IsAbs(exe) {
		b.t.Fatal("no absolute path of the test binary")
	}
	return Spec{
		Name: "web.1",
		Argv: []string{exe},
		Dir:  dir,
		// Without the race detector's second of sleep at an exit.
		Env: append(os.Environ(), childVar+"="+part, testVar+"="+b.mark, "GORACE=atexit_sleep_ms=0"),
	}
}

func (b *bed) start(s Spec) *run {
	r := &run{t: b.t, events: make(chan Event, 100), lines: make(chan string, 10000)}
	r.p = b.k.Start(s, func(e Event) {
		if s, ok := e.(Started); ok {
			r.files.Add(1)
			go r.read(s.Stdout)
		}
		r.events <- e
	})
	return r
}

func (r *run) read(f *os.File) {
	defer r.files.Done()
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		r.lines <- strings.TrimSuffix(lines.Text(), "\r")
	}
}

// patience bounds what a test waits for something that must come.
const patience = 20 * time.Second

func (r *run) event() Event {
	r.t.Helper()
	select {
	case e := <-r.events:
		return e
	case <-time.After(patience):
		r.t.Fatal("no event came")
		return nil
	}
}

// until returns the first event of a kind.
func until[E Event](r *run) E {
	r.t.Helper()
	for {
		if e, ok := r.event().(E); ok {
			return e
		}
	}
}

func (r *run) line() string {
	r.t.Helper()
	select {
	case l := <-r.lines:
		return l
	case <-time.After(patience):
		r.t.Fatal("no line came")
		return ""
	}
}

func (r *run) ready() {
	r.t.Helper()
	if l := r.line(); l != "ready" {
		r.t.Fatalf("got line %q, want ready", l)
	}
}
