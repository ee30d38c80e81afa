//go:build linux

package process

import (
	"os/exec"
	"slices"
	"testing"
	"time"
)

// awaits looks until the process waits as it should.
func (r *run) awaits(want InputWait) {
	r.t.Helper()
	var got InputWait
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); runtimeYield() {
		if got = r.p.k.WaitsForInput("web.1"); got == want {
			return
		}
	}
	r.t.Fatalf("waits %d, want %d", got, want)
}

func TestWaitsForInput(t *testing.T) {
	for name, c := range map[string]struct {
		argv []string
		want InputWait
	}{
		"read":                {[]string{"/bin/sh", "-c", "echo ready; read line"}, Reading},
		"read of /dev/tty":    {[]string{"/bin/sh", "-c", "echo ready; read line </dev/tty"}, Reading},
		"of a descendant":     {[]string{"/bin/sh", "-c", "echo ready; (/bin/sh -c 'read line'; true); true"}, Reading},
		"python, input":       {[]string{"python3", "-c", "print('ready'); input('Name: ')"}, Reading},
		"python, line editor": {[]string{"python3", "-c", "import readline; print('ready'); input('Name: ')"}, Polling},
		"python, poll":        {[]string{"python3", "-c", "import select; print('ready'); p = select.poll(); p.register(0, select.POLLIN); p.poll()"}, Polling},
		"node, line editor":   {[]string{"node", "-e", "console.log('ready'); require('readline').createInterface({input: process.stdin, output: process.stdout}).question('Name: ', () => {})"}, Polling},
		"bash":                {[]string{"bash", "-c", "echo ready; read -e -p 'Name: ' line"}, Polling},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(c.argv[0]); err != nil {
				t.Skip(err)
			}
			b := newBed(t)
			r := b.start(b.onTerminal(c.argv...))
			r.say("ready")
			r.awaits(c.want)
		})
	}
}

// Who waits for something else does not wait for input.
func TestWaitsForSomethingElse(t *testing.T) {
	for name, argv := range map[string][]string{
		"sleep":      {"/bin/sh", "-c", "echo ready; sleep 1000"},
		"a pipe":     {"/bin/sh", "-c", "echo ready; sleep 1000 | (read line; true); true"},
		"background": {"/bin/sh", "-c", "set -m; (sleep 1000; read line) & echo ready; wait"},
		"node":       {"node", "-e", "console.log('ready'); setTimeout(() => {}, 1e6)"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(argv[0]); err != nil {
				t.Skip(err)
			}
			b := newBed(t)
			r := b.start(b.onTerminal(argv...))
			r.say("ready")
			for range 20 {
				if got := b.k.WaitsForInput("web.1"); got != NotWaiting {
					t.Fatalf("waits %d", got)
				}
			}
		})
	}
	b := newBed(t)
	r := b.start(b.spec("read")) // of a pipe
	r.ready()
	if got := b.k.WaitsForInput("web.1"); got != NotWaiting {
		t.Errorf("on pipes: %d", got)
	}
}

func TestTrees(t *testing.T) {
	b := newBed(t)
	lone := b.spec("sleep")
	lone.Name = "lone.1"
	l := b.start(lone)
	l.ready()
	r := b.start(b.spec("escape daemon stubborn"))
	r.ready()
	trees := b.k.Trees()
	if want := []int{l.p.PID()}; !slices.Equal(trees["lone.1"], want) {
		t.Errorf("lone: %v, want %v", trees["lone.1"], want)
	}
	if got := trees["web.1"]; len(got) != 2 || got[0] != r.p.PID() {
		t.Errorf("web: %v, first %d", got, r.p.PID())
	}
	if len(trees) != 2 {
		t.Errorf("%d trees", len(trees))
	}
}

func TestParseSyscall(t *testing.T) {
	call, args := parseSyscall("0 0x5 0x7ffc8d 0x1 0x0 0x0 0xffffffffffffffff 0x7ffc 0x7f3d\n")
	if call != 0 || args != [6]uint64{5, 0x7ffc8d, 1, 0, 0, 1<<64 - 1} {
		t.Errorf("%d %x", call, args)
	}
	for _, text := range []string{"", "running\n", "-1 0x7ffc 0x7f3d\n", "x 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n"} {
		if call, _ := parseSyscall(text); call != -1 {
			t.Errorf("%q: %d", text, call)
		}
	}
}
