package formation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ganger/env"
	"ganger/portalloc"
	"ganger/procfile"
)

// planOf is the plan of a Procfile of these lines: each type once but release,
// from the base port 5000, with one variable and a PORT around it.
func planOf(t *testing.T, lines ...string) Plan {
	t.Helper()
	file, err := procfile.Parse("Procfile", []byte(strings.Join(lines, "\n")+"\n"), procfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := Plan{
		Root:     "/srv/app",
		Types:    file.Types,
		Counts:   make(map[string]int),
		Base:     portalloc.BasePort{Port: 5000},
		Env:      env.FromEnviron([]string{"A=around", "PORT=9"}),
		Settings: make(map[string]procfile.Settings),
	}
	for _, typ := range file.Types {
		s := procfile.DefaultSettings()
		for _, set := range typ.Settings {
			if err := s.Set(set.Key, set.Value); err != nil {
				t.Fatal(err)
			}
		}
		p.Settings[typ.Name] = s
		if typ.Name != ReleaseType {
			p.Counts[typ.Name] = 1
		}
	}
	return p
}

// ports are the names and ports of processes: "web.1:5000".
func ports(procs []Process) string {
	var parts []string
	for _, p := range procs {
		parts = append(parts, fmt.Sprintf("%s:%d", p.Name, p.Port))
	}
	return strings.Join(parts, " ")
}

func TestPorts(t *testing.T) {
	lines := []string{"web: a", "worker: b", "# ganger: port=7000", "fixed: c", "# ganger: port=none", "silent: d", "last: e"}
	for _, test := range []struct {
		name   string
		change func(*Plan)
		want   string
	}{
		{"each its hundred", func(p *Plan) {}, "web.1:5000 worker.1:5100 fixed.1:7000 silent.1:0 last.1:5400"},
		{"numbers", func(p *Plan) { p.Counts["web"], p.Counts["fixed"] = 2, 2 }, "web.1:5000 web.2:5001 worker.1:5100 fixed.1:7000 fixed.2:7001 silent.1:0 last.1:5400"},
		{"the place counts, not what runs", func(p *Plan) { p.Counts = map[string]int{"last": 1} }, "last.1:5400"},
		{"another base", func(p *Plan) { p.Base.Port = 6000; p.Counts = map[string]int{"worker": 1, "fixed": 1} }, "worker.1:6100 fixed.1:7000"},
		{"-p none leaves the fixed", func(p *Plan) { p.Base = portalloc.BasePort{None: true} }, "web.1:0 worker.1:0 fixed.1:7000 silent.1:0 last.1:0"},
		{"none at all", func(p *Plan) { p.Counts = nil }, ""},
		{"a type that does not run may have no port", func(p *Plan) { p.Base.Port = 65500; p.Counts = map[string]int{"web": 1} }, "web.1:65500"},
		{"the last port", func(p *Plan) { p.Base.Port = 65535; p.Counts = map[string]int{"web": 1} }, "web.1:65535"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := planOf(t, lines...)
			test.change(&p)
			procs, err := Make(p)
			if err != nil {
				t.Fatal(err)
			}
			if got := ports(procs); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			for _, proc := range procs {
				port, has := proc.Env.Lookup("PORT")
				if has != (proc.Port > 0) || has && port != fmt.Sprint(proc.Port) {
					t.Errorf("%s has PORT=%q (%t) and the port %d", proc.Name, port, has, proc.Port)
				}
				if ps, _ := proc.Env.Lookup("PS"); ps != proc.Name {
					t.Errorf("%s has PS=%q", proc.Name, ps)
				}
			}
		})
	}
}

func TestImpossiblePorts(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines []string
		base  int
		count map[string]int
		want  string
	}{
		{"past the last", []string{"web: a", "worker: b"}, 65500, map[string]int{"worker": 1}, "is past 65535"},
		{"the 37th of 65500", []string{"web: a"}, 65500, map[string]int{"web": 37}, "number 37"},
		{"web.101", []string{"web: a", "worker: b"}, 5000, map[string]int{"web": 101, "worker": 1}, "web.101 and worker.1 would both have port 5100"},
		{"fixed on another's", []string{"web: a", "# ganger: port=5000", "worker: b"}, 5000, map[string]int{"web": 1, "worker": 1}, "web.1 and worker.1 would both have port 5000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := planOf(t, test.lines...)
			p.Base.Port, p.Counts = test.base, test.count
			procs, err := Make(p)
			var pe *portalloc.Error
			if !errors.As(err, &pe) || !strings.Contains(pe.Problem, test.want) || pe.Hint == "" {
				t.Errorf("got %v, error %v; want one with %q", ports(procs), err, test.want)
			}
		})
	}
}

// Every process is told the first port of every type, started or not.
func TestPortsOfTheOthers(t *testing.T) {
	p := planOf(t, "web: a", "my-api: b", "# ganger: port=none", "worker: c")
	p.Counts = map[string]int{"web": 2, "worker": 1}
	procs, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, proc := range procs {
		for name, want := range map[string]string{"GANGER_PORT_WEB": "5000", "GANGER_PORT_MY_API": "5100", "GANGER_PORT_WORKER": ""} {
			if got, _ := proc.Env.Lookup(name); got != want {
				t.Errorf("%s has %s=%q, want %q", proc.Name, name, got, want)
			}
		}
	}
}

func TestTwinVariables(t *testing.T) {
	p := planOf(t, "a-b: x", "a_b: y")
	want := "the types a-b and a_b would both have the variable GANGER_PORT_A_B"
	_, err1 := Make(p)
	_, err2 := OneOff(p, "a-b")
	_, err3 := AppEnv(p)
	for _, err := range []error{err1, err2, err3} {
		var fe *Error
		if !errors.As(err, &fe) || fe.Problem != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A type's own variables and folder, over the app's, and nobody else's.
func TestTypeSettings(t *testing.T) {
	p := planOf(t, "# ganger: env.A=mine dir=sub", "web: a", "# ganger: dir=/abs", "worker: b", "plain: c")
	procs, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ a, dir string }{{"mine", "/srv/app/sub"}, {"around", "/abs"}, {"around", "/srv/app"}}
	for i, proc := range procs {
		if a, _ := proc.Env.Lookup("A"); a != want[i].a || proc.Dir != want[i].dir {
			t.Errorf("%s: A=%q in %s, want %v", proc.Name, a, proc.Dir, want[i])
		}
	}
	if a, _ := p.Env.Lookup("A"); a != "around" {
		t.Errorf("the plan's own environment was changed: A=%q", a)
	}
}

// Processes share no environment that one could change for the other.
func TestEnvironmentsAreTheirOwn(t *testing.T) {
	p := planOf(t, "web: a")
	p.Counts["web"] = 2
	procs, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	procs[0].Env.Set("A", "changed")
	if a, _ := procs[1].Env.Lookup("A"); a != "around" {
		t.Errorf("web.2 has A=%q", a)
	}
}

func TestOneOff(t *testing.T) {
	p := planOf(t, "web: a", "worker: run it", "release: r")
	proc, err := OneOff(p, "worker")
	if err != nil {
		t.Fatal(err)
	}
	ps, _ := proc.Env.Lookup("PS")
	port, _ := proc.Env.Lookup("PORT")
	web, _ := proc.Env.Lookup("GANGER_PORT_WEB")
	if proc.Name != "worker.run" || ps != "worker.run" || port != "5100" || web != "5000" || proc.Dir != "/srv/app" {
		t.Errorf("got %+v with PS=%s PORT=%s GANGER_PORT_WEB=%s", proc, ps, port, web)
	}
	if want := []string{"run", "it"}; !slices.Equal(proc.Command.Argv, want) {
		t.Errorf("runs %q, want %q", proc.Command.Argv, want)
	}
	if _, err := OneOff(p, "nope"); err == nil {
		t.Error("a type that is not there")
	}
}

// The environment of a command that is no type's has no port of ours, and the
// one that surrounds us stays.
func TestAppEnv(t *testing.T) {
	p := planOf(t, "web: a")
	vars, err := AppEnv(p)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := vars.Lookup("PORT")
	web, _ := vars.Lookup("GANGER_PORT_WEB")
	if _, has := vars.Lookup("PS"); has || port != "9" || web != "5000" {
		t.Errorf("PORT=%s GANGER_PORT_WEB=%s PS %t", port, web, has)
	}
	p.Base.Port = 65535 // a type whose port cannot be is no reason not to run a command
	p.Types = append(p.Types, procfile.Type{Name: "more", Command: "b"})
	p.Settings["more"] = procfile.DefaultSettings()
	if vars, err = AppEnv(p); err != nil {
		t.Fatal(err)
	}
	if v, has := vars.Lookup("GANGER_PORT_MORE"); has {
		t.Errorf("GANGER_PORT_MORE=%s", v)
	}
}

// The release step is run once, whatever a setting says.
func TestReleaseIsNotRestarted(t *testing.T) {
	p := planOf(t, "# ganger: restart=always", "release: a")
	p.Counts[ReleaseType] = 1
	procs, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	if !procs[0].Release() || procs[0].Settings.Restart.Policy != procfile.Never {
		t.Errorf("restart %v", procs[0].Settings.Restart)
	}
}

func TestClaims(t *testing.T) {
	p := planOf(t, "web: a", "# ganger: port=7000", "fixed: b", "# ganger: port=none", "worker: c")
	p.Counts["web"] = 2
	claims, err := Claims(p, 6000)
	if err != nil {
		t.Fatal(err)
	}
	want := []portalloc.Claim{{Process: "web.1", Port: 6000}, {Process: "web.2", Port: 6001}, {Process: "fixed.1", Port: 7000, Fixed: true}, {Process: "worker.1"}}
	if !slices.Equal(claims, want) {
		t.Errorf("got %v, want %v", claims, want)
	}
	if _, err := Claims(p, 65535); err == nil {
		t.Error("web.2 has a port past the last")
	}
}

// What cannot be started in any order, or never be ready, is no formation.
func TestImpossibleNeeds(t *testing.T) {
	for _, test := range []struct{ lines, want string }{
		{"# ganger: needs=db|web: a|# ganger: needs=web|db: b", "needs in a circle: web -> db -> web"},
		{"# ganger: ready=port port=none|web: a", "web is to be ready=port and has no port"},
		{"# ganger: ready=http:/up port=none|web: a", "web is to be ready=http:/up and has no port"},
	} {
		_, err := Make(planOf(t, strings.Split(test.lines, "|")...))
		var fe *Error
		if !errors.As(err, &fe) || fe.Problem != test.want || fe.Hint == "" {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}
