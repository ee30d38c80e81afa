package faults

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// clockFaults: the machine's clock is everybody's, so no case sets it.
func clockFaults() []fault {
	return []fault{{point: "clocks", name: "in a time namespace, whose machine was started years ago", run: func(b *bed) {
		prefix := []string{"unshare", "--time", "--fork", "--kill-child", "--monotonic", "100000000", "--boottime", "200000000"}
		if exec.Command(prefix[0], append(prefix[1:], "true")...).Run() != nil {
			b.skip("no time namespace to be had")
		}
		b.wrap = func(argv []string) []string { return append(prefix, argv...) }
		b.types("web", "child with daemon deaf", "crash", "child exit 3")
		b.start("--restart-delay", "10ms..20ms")
		b.awaitAll("ready deaf", "ready serve")
		b.says(`\(3rd time\)`)
		kill(b.pidOne(), unix.SIGTERM)
		b.nothingLeft()
	}}}
}

// The supervisor, which decides, measures time by differences of time.Now and by timers, which
// follow the monotonic clock (package time); a clock on the wall that is set
// forward or back changes what lines say and nothing else. These calls leave the
// monotonic clock behind.
func TestDecisionsAreNotByTheWallClock(t *testing.T) {
	wall := []string{"Unix", "UnixMilli", "UnixMicro", "UnixNano", "Round", "Truncate", "AddDate", "CLOCK_REALTIME", "Gettimeofday"}
	paths, err := filepath.Glob("../supervisor/*.go")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d files: %v", len(paths), err)
	}
	for _, path := range paths {
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(wall, s.Sel.Name) {
				t.Errorf("%s: %s leaves the monotonic clock behind", files.Position(s.Pos()), s.Sel.Name)
			}
			return true
		})
	}
}
