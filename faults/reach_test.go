package faults

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// orphanClaimed starts what nothing tells whose it is, but that it was born as
// its starter ended, in an app that goes on.
func orphanClaimed(b *bed) {
	b.types("web", "child with bare deaf -- exit 0", "worker", "child serve")
	b.start("--restart", "no")
	b.await("ready serve")
	// The daemon may not live to say that it is ready.
	ended := b.says(`web\.1 exited .*; ending what it left running: .*\(pid \d+\)`)
	for _, m := range regexp.MustCompile(`\(pid (\d+)\)`).FindAllStringSubmatch(ended, -1) {
		b.dead(atoi(m[1]))
	}
	b.saysNot("stopping")
	b.signal(unix.SIGTERM)
	b.nothingLeft()
}

// outOfReach runs what runs as root under a ganger that does not.
func outOfReach(b *bed) {
	rise := b.asUser()
	b.types("web", rise+" --reuid 0 sleep 63 & exec sleep 64") // the test binary may be out of his reach
	b.start()
	high := b.awaitRoot("sleep")
	b.signal(unix.SIGTERM)
	b.endsWith(0)
	b.leftAlone(high)
}

// commandOutOfReach is the same of a stop-command, which nobody can end when its
// time is up.
func commandOutOfReach(b *bed) {
	rise := b.asUser()
	b.types("# ganger: stop-timeout=1s stop-command='exec "+rise+" --reuid 0 sleep 63'\nweb", "exec sleep 64")
	b.start()
	b.says(`web\.1 started`)
	b.signal(unix.SIGTERM)
	high := b.awaitRoot("sleep")
	b.sup.limit += 5 * time.Second // for it has its own time first
	b.endsWith(0)
	b.leftAlone(high)
}

// asUser lets ganger be run by a user who has a program that makes root of him.
func (b *bed) asUser() (rise string) {
	b.needs("setpriv")
	if os.Getuid() != 0 {
		b.skip("needs root, to be another user")
	}
	for _, path := range []string{b.sup.path[:strings.LastIndexByte(b.sup.path, '/')], b.dir} {
		b.check(os.Chmod(path, 0o755))
	}
	const uid = 52100
	b.check(os.Chown(b.dir+"/run", uid, uid))
	setpriv, err := exec.LookPath("setpriv")
	b.check(err)
	program, err := os.ReadFile(setpriv)
	b.check(err)
	rise = b.dir + "/rise"
	b.check(os.WriteFile(rise, program, 0o755))
	b.check(os.Chmod(rise, os.ModeSetuid|0o755))
	b.wrap = func(argv []string) []string {
		return append([]string{setpriv, "--reuid", fmt.Sprint(uid), "--regid", fmt.Sprint(uid), "--clear-groups"}, argv...)
	}
	return rise
}

// awaitRoot waits for a process of that name that has become root's.
func (b *bed) awaitRoot(name string) info {
	var high []info
	if !until(patience, func() bool {
		high = slices.DeleteFunc(marked(b.dir), func(i info) bool { return i.comm != name || !strings.HasPrefix(status(i.pid, "Uid"), "0\t") })
		return len(high) == 1
	}) {
		b.skip("a set-user-ID program does not make root here")
	}
	return high[0]
}

// leftAlone demands that a process lives and was named, and ends it.
func (b *bed) leftAlone(i info) {
	defer kill(i.pid, unix.SIGKILL)
	if !alive(i.pid) {
		b.fail("it was ended")
	}
	b.says(fmt.Sprintf(`%s \(pid %d\)`, i.comm, i.pid))
}
