package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ganger/control"
)

// A thousand commands from eight clients at once: each gets its answer, and in
// the end the formation is what the last ones said.
func TestStorm(t *testing.T) {
	leakCheck(t)
	const clients, commands = 8, 125
	dir := folder(t)
	var lines []string
	for i := range clients {
		lines = append(lines, fmt.Sprintf("t%d: sleep 1000", i))
	}
	write(t, dir, "Procfile", strings.Join(lines, "\n")+"\n")
	s := launch(t, dir, "start", "-p", "none", "-t", "10", "--history", "16k")
	s.await(`\| started t0\.1`)
	socket := socketOf(t, s)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var all sync.WaitGroup
	parties := make([]*party, clients)
	for i := range parties {
		p := &party{
			t:      t,
			client: control.Dial(socket),
			rand:   rand.New(rand.NewPCG(seed, uint64(i))),
			typ:    fmt.Sprintf("t%d", i),
			up:     map[string]bool{fmt.Sprintf("t%d.1", i): true},
		}
		parties[i] = p
		all.Go(func() {
			defer p.client.Close()
			for range commands {
				p.step()
			}
		})
	}
	all.Wait()
	c := control.Dial(socket)
	defer c.Close()
	want := make(map[string]control.State)
	for _, p := range parties {
		for name, up := range p.up {
			want[name] = control.Stopped
			if up {
				want[name] = control.Running
			}
		}
	}
	got := make(map[string]control.State)
	if !until(func() bool {
		procs, err := c.Processes(patient(t), control.ProcessQuery{Tree: true})
		if err != nil {
			t.Fatal(err)
		}
		clear(got)
		for _, p := range procs {
			got[p.Name] = p.State
		}
		return maps.Equal(got, want)
	}) {
		t.Errorf("the formation is %v, want %v", got, want)
	}
	if _, err := c.Do(patient(t), control.Command{Action: control.Quit, Wait: true}, func(control.Progress) error { return nil }); err != nil {
		t.Error(err)
	}
	s.ends(0)
}

// socketOf is the socket of a run, once it is there.
func socketOf(t *testing.T, s *session) string {
	t.Helper()
	var found []string
	if !until(func() bool {
		for _, v := range s.cmd.Env {
			if dir, ok := strings.CutPrefix(v, "XDG_RUNTIME_DIR="); ok {
				found, _ = filepath.Glob(filepath.Join(dir, "ganger", "*.sock"))
			}
		}
		return len(found) == 1
	}) {
		t.Fatalf("no socket:\n%s", s.text())
	}
	return found[0]
}

// party is one client, which alone starts and stops processes of its type.
type party struct {
	t      *testing.T
	client *control.Client
	rand   *rand.Rand
	typ    string
	up     map[string]bool // the processes, and whether they are to run
}

// step gives a random command, and keeps what has to come of it.
func (p *party) step() {
	names := slices.Sorted(maps.Keys(p.up))
	some := []string{p.typ}
	if len(names) > 0 && p.rand.IntN(2) == 0 {
		some = []string{names[p.rand.IntN(len(names))]}
	}
	switch p.rand.IntN(9) {
	case 0, 1:
		n := p.rand.IntN(4)
		if p.do(control.Command{Action: control.Scale, Counts: map[string]control.Count{p.typ: {N: n}}}, false) {
			p.count(n)
		}
	case 2:
		if p.do(control.Command{Action: control.Stop, Names: some, Kill: p.rand.IntN(4) == 0}, len(names) == 0) {
			p.set(some[0], false)
		}
	case 3:
		if p.do(control.Command{Action: control.Start, Names: some}, false) {
			p.count(max(len(names), 1))
			p.set(some[0], true)
		}
	case 4:
		if p.do(control.Command{Action: control.Restart, Names: some, Rolling: p.rand.IntN(3) == 0, Kill: p.rand.IntN(4) == 0}, len(names) == 0) {
			p.set(some[0], true)
		}
	case 5:
		p.do(control.Command{Action: control.ReloadApp}, false)
	case 6:
		p.do(control.Command{Action: control.SendSig, Names: []string{"*"}, Signal: "CONT"}, true)
	case 7:
		ctx, cancel := context.WithTimeout(p.t.Context(), patience)
		defer cancel()
		if _, err := p.client.Processes(ctx, control.ProcessQuery{Tree: p.rand.IntN(2) == 0}); err != nil {
			p.t.Errorf("ps: %v", err)
		}
	case 8:
		ctx, cancel := context.WithTimeout(p.t.Context(), patience)
		defer cancel()
		err := p.client.Logs(ctx, control.LogQuery{Lines: 5}, func([]control.Line) error { return nil })
		if err != nil {
			p.t.Errorf("logs: %v", err)
		}
	}
}

// do gives a command and reports whether it was carried out. unknown says that
// there may be no process of the name.
func (p *party) do(c control.Command, unknown bool) bool {
	c.Wait = c.Action != control.SendSig && p.rand.IntN(6) == 0
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	_, err := p.client.Do(ctx, c, func(control.Progress) error { return nil })
	no := new(control.Error)
	switch {
	case err == nil:
		return true
	case !errors.As(err, &no) || no.Code != control.CodeUnknown || !unknown:
		p.t.Errorf("%s %v: %v", c.Action, c.Names, err)
	}
	return false
}

// count makes the type have n processes, of which the new ones run.
func (p *party) count(n int) {
	for i := 1; i <= max(n, len(p.up)); i++ {
		name := fmt.Sprintf("%s.%d", p.typ, i)
		if _, ok := p.up[name]; !ok {
			p.up[name] = true
		}
	}
	for name := range p.up {
		var i int
		_, _ = fmt.Sscanf(name[len(p.typ):], ".%d", &i)
		if i > n {
			delete(p.up, name)
		}
	}
}

// set notes whether those of a name are to run.
func (p *party) set(name string, up bool) {
	for n := range p.up {
		if n == name || name == p.typ {
			p.up[n] = up
		}
	}
}
