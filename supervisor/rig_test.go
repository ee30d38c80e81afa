package supervisor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"

	"golang.org/x/sys/unix"
)

// rig runs a supervisor whose processes are played by the test. Everything that
// the supervisor does and says is written down, with the time since the begin.
type rig struct {
	*Supervisor
	t     *testing.T
	begin time.Time
	done  chan Result

	mu    sync.Mutex
	plays map[string]*played // the last life of each
	looks map[string]func(Readiness)
	pids  int
	lines []string
	read  int // how many lines were looked at
}

// played is one life of a process.
type played struct {
	r      *rig
	name   string
	notify func(process.Event)
}

// newRig begins a run of the processes, with a jitter that changes nothing.
func newRig(t *testing.T, o Options, procs ...formation.Process) *rig {
	r := &rig{t: t, begin: time.Now(), done: make(chan Result, 1), plays: make(map[string]*played), looks: make(map[string]func(Readiness))}
	o.Start = r.start
	o.Notice = func(n Notice) { r.write("- " + words(n)) }
	o.Probe = r.probe
	o.StopCommand = r.stopCommand
	o.Suspend = func() { r.write("suspend the front") }
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 0.5 }
	}
	r.Supervisor = New(o)
	go func() { r.done <- r.Run(procs) }()
	t.Cleanup(r.end)
	synctest.Wait()
	return r
}

// end lets a run end that a failed test left.
func (r *rig) end() {
	r.Signal(syscall.SIGTERM, false)
	r.mu.Lock()
	left := slices.Collect(maps.Values(r.plays))
	r.mu.Unlock()
	for _, f := range left {
		f.notify(process.NotStarted{})
		f.notify(process.Exited{})
		f.notify(process.Gone{})
	}
}

func (r *rig) start(p formation.Process, notify func(process.Event)) Process {
	f := &played{r: r, name: p.Name, notify: notify}
	r.write(p.Name + " START")
	r.mu.Lock()
	r.plays[p.Name] = f
	r.mu.Unlock()
	return f
}

// probe lets the test say what is found.
func (r *rig) probe(p formation.Process, pid int, tell func(Readiness)) (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks[p.Name] = tell
	return func() { r.write(p.Name + " is not looked at any more") }
}

// gets lets a probe find something.
func (r *rig) gets(name string, is Readiness) {
	r.t.Helper()
	r.mu.Lock()
	tell := r.looks[name]
	r.mu.Unlock()
	if tell == nil {
		r.t.Fatalf("nobody looks at %s", name)
	}
	tell(is)
	synctest.Wait()
}

// stopCommand plays a stop-command, which ends when the test lets it.
func (r *rig) stopCommand(p formation.Process, done func()) (cancel func()) {
	r.write(p.Name + " RUN " + p.Settings.StopCommand)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks["stop "+p.Name] = func(Readiness) { done() }
	return func() { r.write(p.Name + " CANCEL " + p.Settings.StopCommand) }
}

func (r *rig) write(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("%v %s", time.Since(r.begin), line))
}

// want compares what was done and said since the last call.
func (r *rig) want(lines string) {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := strings.Join(r.lines[r.read:], "\n")
	r.read = len(r.lines)
	var want []string
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line != "" {
			want = append(want, line)
		}
	}
	if got != strings.Join(want, "\n") {
		r.t.Fatalf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// skip leaves out of the next want what is not its subject.
func (r *rig) skip() {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = len(r.lines)
}

// at lets the time since the begin come.
func (r *rig) at(d time.Duration) {
	r.t.Helper()
	left := d - time.Since(r.begin)
	if left < 0 {
		r.t.Fatalf("%v is over", d)
	}
	time.Sleep(left)
	synctest.Wait()
}

// tell plays an event of a process's last life.
func (r *rig) tell(name string, events ...process.Event) {
	r.t.Helper()
	r.mu.Lock()
	f := r.plays[name]
	r.mu.Unlock()
	if f == nil {
		r.t.Fatalf("%s was not started", name)
	}
	for _, ev := range events {
		f.notify(ev)
	}
	synctest.Wait()
}

// runs lets processes start; their pids are counted.
func (r *rig) runs(names ...string) {
	r.t.Helper()
	for _, name := range names {
		r.pids++
		r.tell(name, process.Started{PID: r.pids, At: time.Now()})
	}
}

// exits lets a process end with its whole tree.
func (r *rig) exits(name string, code int) {
	r.t.Helper()
	r.tell(name, process.Exited{Status: process.Status{Code: code}}, process.Gone{})
}

// dies lets a process end by a signal, with its whole tree.
func (r *rig) dies(name string, sig syscall.Signal) {
	r.t.Helper()
	r.tell(name, process.Exited{Status: process.Status{Signal: sig}}, process.Gone{})
}

func (r *rig) signals(sig syscall.Signal) {
	r.Signal(sig, false)
	synctest.Wait()
}

// ends demands that the run is over, and says with which status.
func (r *rig) ends(status int) Result {
	r.t.Helper()
	synctest.Wait()
	select {
	case result := <-r.done:
		if result.Status() != status {
			r.t.Fatalf("status %d, want %d (%+v)", result.Status(), status, result)
		}
		return result
	default:
		r.t.Fatalf("it still runs:\n%s", strings.Join(r.lines, "\n"))
		return Result{}
	}
}

// goesOn demands that the run is not over.
func (r *rig) goesOn() {
	r.t.Helper()
	synctest.Wait()
	select {
	case result := <-r.done:
		r.t.Fatalf("it ended: %+v", result)
	default:
	}
}

func (f *played) Cancel() { f.r.write(f.name + " CANCEL") }
func (f *played) Kill()   { f.r.write(f.name + " KILL") }

func (f *played) Signal(sig syscall.Signal) error {
	f.r.write(f.name + " " + name(sig) + " to it alone")
	return nil
}

func (f *played) SignalGroup(sig syscall.Signal) error {
	f.r.write(f.name + " " + name(sig) + " to the group")
	return nil
}

func (f *played) SignalRest(sig syscall.Signal, elsewhere bool) {
	whom := " to the rest"
	if elsewhere {
		whom = " to the rest elsewhere"
	}
	f.r.write(f.name + " " + name(sig) + whom)
}

func name(sig syscall.Signal) string { return strings.TrimPrefix(unix.SignalName(sig), "SIG") }

// proc is a process of the formation with the default settings and some others.
func proc(name string, change ...func(*procfile.Settings)) formation.Process {
	typ, _, _ := strings.Cut(name, ".")
	p := formation.Process{Name: name, Type: typ, Number: 1, Settings: procfile.DefaultSettings()}
	for _, c := range change {
		c(&p.Settings)
	}
	return p
}

func restarts(r procfile.Restart) func(*procfile.Settings) {
	return func(s *procfile.Settings) { s.Restart = r }
}

func delays(lo, hi time.Duration) func(*procfile.Settings) {
	return func(s *procfile.Settings) { s.RestartDelay = procfile.Delay{Min: lo, Max: hi} }
}

func timeout(d time.Duration) func(*procfile.Settings) {
	return func(s *procfile.Settings) { s.StopTimeout = d }
}

func stopsBy(sig syscall.Signal) func(*procfile.Settings) {
	return func(s *procfile.Settings) { s.StopSignal = sig }
}

func stopsMain(s *procfile.Settings) { s.StopTo = procfile.StopMain }

// sh and escaped are what a tree may leave behind.
var (
	errNotFound = errors.New("not found")
	sh          = process.Member{PID: 901, Command: "sh"}
	escaped     = process.Member{PID: 902, Command: "daemon", Escaped: true}
)

// words is all that a notice says.
func words(n Notice) string {
	switch n := n.(type) {
	case Started:
		return "started " + who(n.About)
	case Ended:
		text := "ended " + who(n.About) + how(n.Status, n.Lived)
		if n.Err != nil {
			text = fmt.Sprintf("ended %s: %v, %v", who(n.About), n.Err, n.Status.Shell())
		}
		if n.Restart {
			text += fmt.Sprintf(", again in %v, nth %d", n.In, n.Nth)
		}
		return text + flags("asked", n.Asked, "gave up", n.GaveUp, "told", n.Told, "lives", n.Lives)
	case Left:
		return "left by " + who(n.About) + how(n.Status, n.Lived) + ":" + members(n.Members) + flags("asked", n.Asked)
	case Killed:
		if len(n.Members) > 0 {
			return "killed with " + who(n.About) + ":" + members(n.Members)
		}
		return fmt.Sprintf("killed %s after %v%s", who(n.About), n.After, flags("what was left", n.Left))
	case Stopping:
		sigs := ""
		for _, sig := range n.Signals {
			sigs += " " + name(sig)
		}
		return fmt.Sprintf("stopping %d in %v by%s%s", n.Processes, n.Timeout, sigs, cause(n.Cause))
	case StillRunning:
		return "still running" + all(n.Processes)
	case KillingAll:
		return "killing" + all(n.Processes)
	case Forwarded:
		return fmt.Sprintf("forwarded %s to %d", name(n.Signal), n.Processes)
	case Suspended:
		return "suspended" + flags("orphaned", n.Orphaned)
	case Resumed:
		return "resumed"
	case Waits:
		return "waits: " + n.Process.Name + " for" + all(n.For)
	case Unmet:
		return fmt.Sprintf("unmet: %s, since %s %s", n.Process.Name, n.Needed.Process.Name, n.State)
	case Ready:
		return strings.TrimSpace(fmt.Sprintf("ready %s after %v, port %d %s", who(n.About), n.After, n.Port, n.URL))
	case NotReady:
		return fmt.Sprintf("not ready %s after %v: %s", who(n.About), n.After, n.Seen)
	case AllReady:
		return fmt.Sprintf("all ready after %v", n.After)
	case RestartedWith:
		return "restarted: " + n.Process.Name + " with " + n.With.Process.Name
	case Commanded:
		text := opWords[n.Op] + " of" + all(n.Processes)
		if n.Rolling {
			text = "rolling " + text
		}
		if n.Why != "" {
			text = n.Why + ": " + text
		}
		return text
	case Reconciled:
		texts := make([]string, len(n.Changes))
		for i, c := range n.Changes {
			texts[i] = c.String()
		}
		return "reconciled: " + strings.Join(texts, "; ")
	case Held:
		return "held by " + who(n.About) + ":" + all(n.Processes)
	}
	return fmt.Sprintf("%#v", n)
}

var opWords = []string{"start", "stop", "restart", "kill", "signal", "wait"}

func who(a About) string { return fmt.Sprintf("%s/%d pid %d", a.Process.Name, a.Life, a.PID) }

func all(as []About) string {
	text := ""
	for _, a := range as {
		text += " " + a.Process.Name + "/" + fmt.Sprint(a.PID)
	}
	return text
}

func how(s process.Status, lived time.Duration) string {
	return fmt.Sprintf(" with %d after %v", s.Shell(), lived)
}

func members(ms []process.Member) string {
	text := ""
	for _, m := range ms {
		text += " " + m.Command
	}
	return text
}

func flags(pairs ...any) string {
	text := ""
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1].(bool) {
			text += ", " + pairs[i].(string)
		}
	}
	return text
}

func cause(c Cause) string {
	switch c.Kind {
	case CauseSignal:
		return ", since " + name(c.Signal)
	case CauseFrontGone:
		return ", since the front is gone"
	case CauseEnd:
		return ", since " + c.Ended.Process.Name + " ended"
	case CauseRelease:
		return ", since release failed"
	case CauseReader:
		return ", since the reader is gone"
	case CauseOutput:
		return fmt.Sprintf(", since %v", c.Err)
	}
	return ""
}

// said reports whether anything written so far contains text.
func (r *rig) said(text string) bool {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(strings.Join(r.lines, "\n"), text)
}
