package export

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"ganger/env"
	"ganger/export/internal/awkward"
	"ganger/formation"
	"ganger/portalloc"
	"ganger/procfile"
)

// sample is an app to export.
type sample struct {
	procfile string
	env      []Var
	counts   map[string]int
	options  Options
}

// samples are the apps of the golden trees, by name.
func samples() map[string]sample {
	big := make([]string, 0, 6)
	for i := range 6 {
		big = append(big, fmt.Sprintf("type%d: bin/type%d --port $PORT", i, i))
	}
	return map[string]sample{
		"plain": {
			procfile: "web: bin/web --port $PORT\n# ganger: port=none\nworker: bin/worker",
			env:      []Var{{Name: "DATABASE_URL", Value: "postgres://shop@db/shop"}},
			counts:   map[string]int{"web": 2, "worker": 1},
			options:  Options{Location: "/out"},
		},
		"nasty": {
			procfile: "# ganger: stop-signal=INT stop-to=main stop-timeout=90s restart=no 'dir=a$b%i' \"env.OWN=x'y\"\n" +
				"Web_1: A=1 bin/web 'it''s' \"50% $PORT ${HOME} $(id)\" \\; '# ; %i $$ %{x} ${x}' é | tee log\n" +
				"# ganger: restart=on-failure:3 restart-delay=2s..10s stop-timeout=0 tty=always stdin=yes\n" +
				"worker: bin/worker",
			env:     nasty(),
			counts:  map[string]int{"Web_1": 1, "worker": 1},
			options: Options{Name: "My_App", Location: "/out", User: "deploy", LogDir: "/var/log/my app", RunDir: "/run/my_app", Image: "example.com/my/app:1", Namespace: "prod", Harden: true},
		},
		"big": {
			procfile: "# ganger: ready=port\n" + strings.Join(big, "\n"),
			counts:   map[string]int{"type0": 12, "type1": 1, "type2": 3, "type4": 2, "type5": 1},
			options:  Options{Location: "/etc/systemd/system", TemplateUnits: true},
		},
		"order": {
			procfile: "# ganger: ready=port\ndb: bin/db\n# ganger: ready=exit port=none\nsetup: bin/setup\n" +
				"# ganger: stop-signal=QUIT restart=always needs=db,setup \"ready=http:/up?a='b\" restart-with=db\nweb: bin/web\n" +
				"# ganger: needs=web,elsewhere ready=log:ready 'stop-command=bin/drain --now'\nworker: bin/worker $GANGER_PORT_WEB\n" +
				"# ganger: needs=db\nrelease: bin/migrate\nelsewhere: bin/x",
			env:     []Var{{Name: "SECRET", Value: "x"}},
			counts:  map[string]int{"db": 1, "setup": 1, "web": 2, "worker": 1, "release": 1},
			options: Options{Location: "/out", InlineEnv: true},
		},
	}
}

// nasty are values that have to arrive byte for byte.
func nasty() []Var {
	var vars []Var
	for i, value := range awkward.Values() {
		vars = append(vars, Var{Name: fmt.Sprintf("V%d", i), Value: value})
	}
	return vars
}

// app computes the processes as start would, and the app from them.
func (s sample) app(t testing.TB) App {
	t.Helper()
	file, err := procfile.Parse("Procfile", []byte(s.procfile), procfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan := formation.Plan{
		Root: "/srv/shop", Types: file.Types, Counts: s.counts, Base: portalloc.BasePort{Port: 5000},
		Settings: make(map[string]procfile.Settings),
	}
	for _, v := range s.env {
		plan.Env.Set(v.Name, v.Value)
	}
	plan.Env = env.FromEnviron(plan.Env.Environ())
	for _, typ := range file.Types {
		set := procfile.DefaultSettings()
		for _, one := range typ.Settings {
			if err := set.Set(one.Key, one.Value); err != nil {
				t.Fatal(err)
			}
		}
		plan.Settings[typ.Name] = set
	}
	procs, err := formation.Make(plan)
	if err != nil {
		t.Fatal(err)
	}
	options := s.options
	options.Root = plan.Root
	options.Name = cmp.Or(options.Name, "shop")
	return NewApp(procs, options)
}
