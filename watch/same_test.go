package watch

import (
	"os"
	"testing"
)

// expectEach waits for one change of each type, in any order.
func (a *app) expectEach(want map[string]string) {
	a.t.Helper()
	got := make(map[string]string)
	for range want {
		c := a.change()
		got[c.Name] = c.File
	}
	for name, file := range want {
		if got[name] != file {
			a.t.Errorf("got %v, want %v", got, want)
			return
		}
	}
}

// A folder that two types reach by two paths is told to both, whichever of
// them goes.
func TestSharedFolder(t *testing.T) {
	t.Parallel()
	for _, gone := range []string{"web", "lib"} {
		a := newApp(t, "shared/sub/a.go")
		a.must(os.Symlink("shared", a.path("link")))
		a.add("web", "link/**/*.go")
		a.add("lib", "shared/**/*.go")
		both := func(file string) map[string]string {
			return map[string]string{"web": "link/" + file, "lib": "shared/" + file}
		}
		a.write("shared/a.go")
		a.expectEach(both("a.go"))
		a.write("shared/sub/a.go")
		a.expectEach(both("sub/a.go"))
		a.write("link/new/b.go")
		a.expectEach(both("new/b.go"))
		a.write("shared/new/b.go")
		a.expectEach(both("new/b.go"))
		a.must(os.RemoveAll(a.path("shared/sub")))
		a.expectEach(both("sub/a.go"))
		a.write("shared/sub/c.go")
		a.expectEach(both("sub/c.go"))

		a.w.Remove(gone)
		want := both("sub/c.go")
		delete(want, gone)
		a.write("shared/sub/c.go")
		a.expectEach(want)
	}
}

// A link that leads elsewhere takes nothing from who watches where it led.
func TestLinkLeadsElsewhere(t *testing.T) {
	t.Parallel()
	a := newApp(t, "one/a.go", "two/a.go")
	a.must(os.Symlink("one", a.path("current")))
	a.add("web", "current/*.go")
	a.add("one", "one/*.go")
	a.write("one/a.go")
	a.expectEach(map[string]string{"web": "current/a.go", "one": "one/a.go"})
	a.must(os.Symlink("two", a.path("next")))
	a.must(os.Rename(a.path("next"), a.path("current")))
	a.expect("web", "current/a.go", 0)
	a.write("two/a.go")
	a.expect("web", "current/a.go", 0)
	a.write("one/a.go")
	a.expect("one", "one/a.go", 0)
}
