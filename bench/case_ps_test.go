package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// The floor and the managers are asked in one way, and believed when there is a
// line for each process.
func TestAsk(t *testing.T) {
	l, err := newLab()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	l.scale = 10
	dir := t.TempDir()
	socket := filepath.Join(dir, controlSocket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go tell(listener, strings.Repeat("web running\n", 3))
	argv := append(l.asker[:len(l.asker):len(l.asker)], socket)
	if l.helpers == "Go" {
		argv = []string{"/bin/sh", "-c", "yes | head -n 3"} // the test is no bench that plays roles
	}
	if took, err := l.ask(argv, dir, "", 3); err != nil || took <= 0 {
		t.Errorf("%v ms, %v", took, err)
	}
	if _, err := l.ask(argv, dir, "", 4); err == nil {
		t.Error("three lines were taken for four processes")
	}
	if _, err := l.ask([]string{"/bin/false"}, dir, "", 0); err == nil {
		t.Error("a command that failed was taken")
	}
}
