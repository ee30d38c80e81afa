package faults

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// childName is the link to the test binary in each case's folder: by it the
// binary knows that it is to play a child, and where it reports.
const childName = "child"

// eventsName is the pipe in the case's folder that children report to.
const eventsName = "events"

// beatsName begins the name of the file in the case's folder that a chain of
// processes makes longer as long as it lives; the rest is its process group.
const beatsName = "beats."

// lifetime ends every child, whatever breaks.
const lifetime = 3 * time.Minute

// child plays a part.
//
//	serve           until TERM or INT; reports each signal
//	deaf            ignores TERM, INT and HUP
//	stay            reports each signal and stays
//	exit N          ends with status N
//	slowexit MS     reports each signal, ends so long after TERM or INT, and
//	                says so
//	with HOW PART -- PART...  starts a child, then does the rest
//	headless        as deaf, but its main thread has ended
//	storm N         starts N deaf children in sessions of their own
//	hops            starts a session that forks and exits on and on, and says so
//	                each time in a file of beats
//	leaps           the same without an exec in between
//	reap N          starts and awaits N children
//	orphans N       leaves N processes behind that end at once
//	closed PART...  closes every descriptor, then plays a part
//	closeout        closes its output and serves
//	burst BYTES     writes one line of so many bytes
//	chat            writes a line every few milliseconds until TERM
func child(args []string) {
	time.AfterFunc(lifetime, func() { os.Exit(99) })
	switch part, rest := args[0], args[1:]; part {
	case "serve":
		serve(part, func(sig os.Signal) bool { return sig == unix.SIGTERM || sig == unix.SIGINT })
	case "stay":
		serve(part, func(os.Signal) bool { return false })
	case "deaf":
		signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
		report("ready", part, os.Getpid())
		select {}
	case "exit":
		n, _ := strconv.Atoi(rest[0])
		report("exit", os.Getpid())
		os.Exit(n)
	case "slowexit":
		ms, _ := strconv.Atoi(rest[0])
		serve(part, func(sig os.Signal) bool {
			if sig == unix.SIGTERM || sig == unix.SIGINT {
				time.AfterFunc(time.Duration(ms)*time.Millisecond, func() {
					report("exit", os.Getpid())
					os.Exit(0)
				})
			}
			return false
		})
	case "with":
		first, then := splitParts(rest[1:])
		start(rest[0], first)
		child(then)
	case "closed": // without any descriptor, then a part
		for fd := range 256 {
			unix.CloseOnExec(fd) // the runtime's own stay until then
		}
		path, _ := os.Executable()
		argv := append([]string{os.Args[0]}, rest...)
		must(syscall.Exec(path, argv, os.Environ()))
	case "headless":
		signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
		headless(func() { report("ready", part, os.Getpid()) })
	case "storm":
		n, _ := strconv.Atoi(rest[0])
		signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
		report("ready", part, os.Getpid())
		for range n {
			c := exec.Command("/bin/sh", "-c", `trap "" TERM INT HUP; sleep 100 & sleep 100`)
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			if c.Start() != nil {
				break // no more processes to be had: as well
			}
		}
		report("stormed", os.Getpid())
		select {}
	case "hops":
		const hop = `printf . >>"$BEATS"; [ $0 = 8000 ] || /bin/sh -c "$HOP" $(($0+1)) &`
		chain("HOP="+hop, `/bin/sh -c "$HOP" 0 & exit`)
	case "leaps":
		const leap = `open my $beats, ">>", $ENV{BEATS} or die;
			for (1..6000) { syswrite $beats, "."; select undef, undef, undef, 0.0005; exit if fork }`
		chain("LEAP="+leap, `perl -e "$LEAP" & exit`)
	case "reap":
		n, _ := strconv.Atoi(rest[0])
		for range n {
			must(exec.Command("/bin/true").Run())
		}
		report("reaped", os.Getpid())
		child([]string{"serve"})
	case "orphans": // N orphans that end at once
		n, _ := strconv.Atoi(rest[0])
		for range n {
			must(exec.Command("/bin/sh", "-c", "/bin/true & exit 0").Run())
		}
		report("orphaned", os.Getpid())
		child([]string{"serve"})
	case "closeout":
		os.Stdout.Close()
		os.Stderr.Close()
		child([]string{"serve"})
	case "chat":
		go func() {
			for n := 0; ; n++ {
				fmt.Println("line", n)
				<-time.After(5 * time.Millisecond)
			}
		}()
		child([]string{"serve"})
	case "burst":
		n, _ := strconv.Atoi(rest[0])
		chunk := []byte(strings.Repeat("x", 1<<16))
		for ; n > 0; n -= len(chunk) {
			_, err := os.Stdout.Write(chunk[:min(n, len(chunk))])
			must(err)
		}
		fmt.Println()
		report("written", os.Getpid())
		child([]string{"serve"})
	default:
		must(fmt.Errorf("no such part: %q", part))
	}
}

// chain starts a session that forks and exits on and on, then serves. Its length
// is bounded, should nobody end it: who adopts it has to reap as many.
func chain(env, first string) {
	beats := filepath.Join(filepath.Dir(os.Args[0]), beatsName)
	c := exec.Command("/bin/sh", "-c", `trap "" TERM INT HUP; BEATS=$BEATS$$; export BEATS; `+first)
	c.Env = append(os.Environ(), env, "BEATS="+beats)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	must(c.Run())
	until(patience, func() bool { return sizeOf(beats+strconv.Itoa(c.Process.Pid)) > 20 })
	child([]string{"serve"})
}

// splitParts cuts at the last "--", so that "with" can be nested in the part
// that the child plays.
func splitParts(args []string) (first, then []string) {
	for i := len(args) - 1; i >= 0; i-- {
		if args[i] == "--" {
			return args[:i], args[i+1:]
		}
	}
	return args, []string{"serve"}
}

// serve reports each signal until one is the last.
func serve(part string, last func(os.Signal) bool) {
	sigs := make(chan os.Signal, 64)
	signal.Notify(sigs, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGCONT, unix.SIGWINCH)
	report("ready", part, os.Getpid())
	for sig := range sigs {
		report("got", unix.SignalName(sig.(unix.Signal)), os.Getpid())
		if last(sig) {
			return
		}
	}
}

// start starts a child that leaves its parent in some way.
//
//	plain     it does not
//	setpgid   leads a group of its own
//	setsid    leads a session of its own
//	daemon    has forked twice, in a session of its own
//	bare      has, besides, cleared its environment
//	group     has forked twice within the group
func start(how string, part []string) {
	attr := &syscall.SysProcAttr{}
	env := os.Environ()
	between := false
	switch how {
	case "plain":
	case "setpgid":
		attr.Setpgid = true
	case "setsid":
		attr.Setsid = true
	case "daemon":
		part, between = append(append([]string{"with", "setsid"}, part...), "--", "exit", "0"), true
	case "group":
		part, between = append(append([]string{"with", "plain"}, part...), "--", "exit", "0"), true
	case "bare":
		part, between = append(append([]string{"with", "cleared"}, part...), "--", "exit", "0"), true
	case "cleared":
		attr.Setsid, env = true, []string{}
	}
	c := exec.Command(os.Args[0], part...)
	c.Env, c.SysProcAttr = env, attr
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	must(c.Start())
	if between {
		must(c.Wait())
	}
}

// report writes a line to the case. It opens the pipe each time, so that it
// works without any descriptor. Nobody may listen any more: then it is lost.
func report(words ...any) {
	f, err := os.OpenFile(filepath.Join(filepath.Dir(os.Args[0]), eventsName), os.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteString(fmt.Sprintln(words...))
}

func must(err error) {
	if err != nil {
		report("broken", err)
		os.Exit(98)
	}
}
