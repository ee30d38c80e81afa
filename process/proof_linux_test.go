package process

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// A pid that has been given to another process since the table was read is not
// signalled.
func TestProofBeforeSignal(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan *os.ProcessState, 1)
	go func() { _ = cmd.Wait(); ended <- cmd.ProcessState }()
	m, ok := readStat(cmd.Process.Pid, make([]byte, 1024))
	if !ok {
		t.Fatal("it is not in the table")
	}
	before := m
	before.start--
	before.signal(unix.SIGKILL) // meant for who had the pid before
	m.signal(unix.SIGTERM)
	if status := (<-ended).Sys(); status.(interface{ Signal() unix.Signal }).Signal() != unix.SIGTERM {
		t.Errorf("it ended by %v, which was another's", status)
	}
}
