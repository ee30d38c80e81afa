package portalloc

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func TestHoldersOfOtherProcess(t *testing.T) {
	t.Parallel()
	needHolders(t)
	said := start(t, named(t, child(t, "server"), "shop-server"))
	pid, ports := said[0], said[1:]
	want := Holder{PID: pid, Program: "shop-server", UID: os.Getuid()}
	if runtime.GOOS != "linux" {
		want.Program = filepath.Base(os.Args[0]) // lsof follows the link
	}
	got := Holders(append(ports, 1))
	for _, port := range ports {
		if got[port] != want {
			t.Errorf("port %d: got %+v, want %+v", port, got[port], want)
		}
	}
	if len(got) != len(ports) {
		t.Errorf("got %v for the ports %v", got, ports)
	}
}

// Our own process is a holder like any other.
func TestHoldersOfOurs(t *testing.T) {
	t.Parallel()
	needHolders(t)
	for _, host := range []string{"127.0.0.1", "0.0.0.0", "::1", "::"} {
		_, port := listenOn(t, "tcp", host)
		if got := Holders([]int{port})[port]; got.PID != os.Getpid() {
			t.Errorf("%s port %d: got %+v, want pid %d", host, port, got, os.Getpid())
		}
	}
}

func TestHoldersOfNothing(t *testing.T) {
	t.Parallel()
	if got := Holders(nil); len(got) != 0 {
		t.Errorf("got %v for no ports", got)
	}
	if got := Holders([]int{0, -1, 70000}); len(got) != 0 {
		t.Errorf("got %v for ports that do not exist", got)
	}
}

func needHolders(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "linux" {
		return
	}
	if _, err := exec.LookPath("lsof"); err != nil {
		t.Skip(err)
	}
}

func TestParseLsof(t *testing.T) {
	t.Parallel()
	const out = "p411\ncControlCenter\nu501\nf10\nn*:5000\nf11\nn*:5000\nf12\nn*:7000\n" +
		"p900\ncnginx\nu0\nf6\nn127.0.0.1:8080\nf7\nn[::1]:8080\n" +
		"p901\ncnginx\nu33\nf6\nn127.0.0.1:8080\n"
	want := map[int]Holder{
		5000: {PID: 411, Program: "ControlCenter", UID: 501},
		7000: {PID: 411, Program: "ControlCenter", UID: 501},
		8080: {PID: 900, Program: "nginx", UID: 0},
	}
	if got := parseLsof(out); !maps.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := parseLsof(""); len(got) != 0 {
		t.Errorf("got %v from nothing", got)
	}
}

// What the parser expects is what lsof says.
func TestLsof(t *testing.T) {
	t.Parallel()
	lsof, err := exec.LookPath("lsof")
	if err != nil {
		t.Skip(err)
	}
	_, port := listenOn(t, "tcp", "127.0.0.1")
	out, err := exec.CommandContext(t.Context(), lsof, lsofArgs([]int{port})...).Output()
	if err != nil {
		t.Fatalf("%s %q: %v", lsof, lsofArgs([]int{port}), err)
	}
	got := parseLsof(string(out))[port]
	if got.PID != os.Getpid() || got.UID != os.Getuid() || got.Program == "" {
		t.Errorf("got %+v from %q", got, out)
	}
}
