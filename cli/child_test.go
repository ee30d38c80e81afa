package cli

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ganger/formation"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// child is a program for a Procfile. Its first argument says what it does;
// what waits says "ready PID" when it can take signals, and each signal it gets.
func child() {
	// Nothing may hang for ever, whatever breaks.
	time.AfterFunc(10*time.Minute, func() { os.Exit(99) })
	switch what, args := os.Args[1], os.Args[2:]; what {
	case "serve": // until TERM or INT, or USR2 from the test
		serve(signals(), func(sig syscall.Signal) bool {
			return sig == unix.SIGTERM || sig == unix.SIGINT || sig == unix.SIGUSR2
		})
	case "stubborn": // until KILL, or USR2 from the test
		serve(signals(), func(sig syscall.Signal) bool { return sig == unix.SIGUSR2 })
	case "orphan": // leaves a process behind, and with "away" in a session of its own, without its environment
		orphan(args)
	case "tty":
		sizes()
	case "keys": // each byte that is typed, until TERM
		keys()
	case "paint": // does to its terminal what an editor does, until TERM
		fmt.Print("\x1b[?1049h\x1b[?25l\x1b[?1002h\x1b[?2004h\x1b[31m")
		serve(signals(), func(sig syscall.Signal) bool { return sig == unix.SIGTERM })
	case "listen": // on PORT, or the port that is given, with "ok" for every request, until TERM
		listen(append(args, os.Getenv("PORT"))[0])
	case "dial": // the first process of a type: ends with 1 if that does not listen
		dial(args[0])
	case "reach": // says "ok" if somebody listens on the port
		conn, err := net.Dial("tcp", "localhost:"+args[0])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_ = conn.Close()
		fmt.Println("ok")
	case "flood":
		line := []byte(strings.Repeat("x", 100) + "\n")
		for {
			if _, err := os.Stdout.Write(line); err != nil {
				return
			}
		}
	case "argv":
		fmt.Printf("%q\n", args)
	case "env":
		for _, name := range args {
			value, ok := os.LookupEnv(name)
			fmt.Printf("%s=%q %t\n", name, value, ok)
		}
	case "cat": // what stdin gives, to its end
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			fmt.Println("read " + lines.Text())
		}
		fmt.Println("end of input")
	case "status":
		n, _ := strconv.Atoi(args[0])
		os.Exit(n)
	default:
		fmt.Fprintln(os.Stderr, "no such part: "+what)
		os.Exit(98)
	}
}

// signals takes those that come from here on. Who is seen to do anything has
// called it before.
func signals() <-chan os.Signal {
	sigs := make(chan os.Signal, 16)
	signal.Notify(sigs, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2, unix.SIGQUIT)
	return sigs
}

// serve tells each signal until last says that it was the last.
func serve(sigs <-chan os.Signal, last func(syscall.Signal) bool) {
	fmt.Println("ready", os.Getpid())
	for sig := range sigs {
		fmt.Println("got", unix.SignalName(sig.(syscall.Signal)))
		if last(sig.(syscall.Signal)) {
			return
		}
	}
}

// listen says "listening PORT" when it does.
func listen(port string) {
	sigs := signals()
	l, err := net.Listen("tcp", "localhost:"+port)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	}()
	fmt.Println("listening", port)
	serve(sigs, func(sig syscall.Signal) bool { return sig == unix.SIGTERM || sig == unix.SIGINT })
}

// dial says "connected" and serves.
func dial(typ string) {
	sigs := signals()
	conn, err := net.Dial("tcp", "localhost:"+os.Getenv(formation.PortVar(typ)))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_ = conn.Close()
	fmt.Println("connected")
	serve(sigs, func(sig syscall.Signal) bool { return sig == unix.SIGTERM })
}

// orphan ends when the process that it leaves behind is ready.
func orphan(args []string) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self, "serve")
	cmd.Args[0] = "child"
	cmd.Stderr = os.Stderr
	if len(args) > 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		panic(err)
	}
	fmt.Print("left behind: " + line)
}

// sizes tells whether its output is a terminal, and its size now and whenever
// that changes.
func sizes() {
	sigs := make(chan os.Signal, 16)
	signal.Notify(sigs, unix.SIGWINCH, unix.SIGTERM, unix.SIGINT)
	say := func(word string) {
		cols, rows, err := term.GetSize(1)
		fmt.Println(word, term.IsTerminal(1), cols, rows, err == nil)
	}
	say("size")
	for sig := range sigs {
		if sig != unix.SIGWINCH {
			fmt.Println("got", unix.SignalName(sig.(syscall.Signal)))
			return
		}
		say("resized")
	}
}

// keys tells each byte that comes from the terminal, as it is typed.
func keys() {
	state, err := term.MakeRaw(0)
	if err != nil {
		panic(err)
	}
	defer term.Restore(0, state)
	fmt.Print("ready\r\n")
	for b := make([]byte, 1); ; {
		if _, err := os.Stdin.Read(b); err != nil {
			return
		}
		fmt.Printf("key %q\r\n", b)
	}
}
