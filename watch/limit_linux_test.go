package watch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestLimits runs itself again in a user namespace, where the limits may be set
// low for it alone (user_namespaces(7)).
func TestLimits(t *testing.T) {
	const inside = "WATCH_TEST_LIMIT"
	if setting := os.Getenv(inside); setting != "" {
		testLimit(t, setting)
		return
	}
	t.Parallel()
	for _, setting := range []string{"max_inotify_watches=3", "max_inotify_instances=0"} {
		cmd := exec.CommandContext(patient(t), os.Args[0], "-test.run=^TestLimits$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"="+setting, "GORACE=atexit_sleep_ms=0")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		out, err := cmd.CombinedOutput()
		switch {
		case errors.Is(err, syscall.EPERM), strings.Contains(string(out), "--- SKIP"):
			t.Skipf("%v %s", err, out)
		case err != nil:
			t.Errorf("%s: %v\n%s", setting, err, out)
		}
	}
}

func testLimit(t *testing.T, setting string) {
	name, value, _ := strings.Cut(setting, "=")
	if err := os.WriteFile("/proc/sys/user/"+name, []byte(value), 0); err != nil {
		t.Skip(err)
	}
	var files []string
	for i := range 6 {
		files = append(files, fmt.Sprintf("src/%d/a.go", i))
	}
	a := newApp(t, files...)
	a.add("web", "src/**")
	var le *LimitError
	if err := receive(t, a.polling, "why it polls"); !errors.As(err, &le) {
		t.Fatalf("told: %v", err)
	}
	want := map[string]string{
		"max_inotify_watches":   "fs.inotify.max_user_watches",
		"max_inotify_instances": "fs.inotify.max_user_instances",
	}[name]
	if le.Setting != want || !strings.HasPrefix(le.Hint, "sudo sysctl "+want+"=") {
		t.Errorf("told %+v, want %s", le, want)
	}
	if text := le.Error(); !strings.Contains(text, "of this user are used up") {
		t.Errorf("told %q", text)
	}
	for _, file := range files {
		a.must(appendTo(a.path(file)))
	}
	a.expectFiles("web", len(files))
	if len(a.polling) > 0 {
		t.Errorf("told again: %v", <-a.polling)
	}
}
