package cli

import (
	"os"
	"os/signal"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// TestMain lets the test binary play all parts: both halves of ganger (the
// front executes this file again as its back) and the programs of a Procfile.
func TestMain(m *testing.M) {
	run := func() { os.Exit(Main()) }
	programs := map[string]func(){
		"ganger":      run,
		"ganger-back": run,
		"child":       child,
	}
	if programs[filepath.Base(os.Args[0])] == nil {
		for _, sig := range []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP} {
			if signal.Ignored(sig) { // under nohup, or in a script's background; it is not to be handed on
				signal.Notify(make(chan os.Signal, 1), sig)
			}
		}
	}
	testscript.Main(m, programs)
}
