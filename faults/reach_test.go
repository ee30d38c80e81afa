package faults

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"

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

// outOfReach runs ganger as a user who has a program that makes root of him.
func outOfReach(b *bed) {
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
	rise := b.dir + "/rise"
	b.check(os.WriteFile(rise, program, 0o755))
	b.check(os.Chmod(rise, os.ModeSetuid|0o755))
	b.wrap = func(argv []string) []string {
		return append([]string{setpriv, "--reuid", fmt.Sprint(uid), "--regid", fmt.Sprint(uid), "--clear-groups"}, argv...)
	}
	b.types("web", rise+" --reuid 0 sleep 63 & exec sleep 64") // the test binary may be out of his reach
	b.start()
	var high []info
	if !until(patience, func() bool {
		high = slices.DeleteFunc(marked(b.dir), func(i info) bool { return i.comm != "sleep" || !strings.HasPrefix(status(i.pid, "Uid"), "0\t") })
		return len(high) == 1
	}) {
		b.skip("a set-user-ID program does not make root here")
	}
	b.signal(unix.SIGTERM)
	b.endsWith(0)
	if !alive(high[0].pid) {
		b.fail("it was ended")
	}
	b.says(fmt.Sprintf(`sleep \(pid %d\)`, high[0].pid))
	kill(high[0].pid, unix.SIGKILL)
}
