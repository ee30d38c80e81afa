package cli

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary play all parts: both halves of ganger (the
// front executes this file again as its back) and the programs of a Procfile.
func TestMain(m *testing.M) {
	run := func() { os.Exit(Main()) }
	testscript.Main(m, map[string]func(){
		"ganger":      run,
		"ganger-back": run,
		"child":       child,
	})
}
