package watch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A link to a file that is spelled out stands for the file, wherever that is,
// and however it is written.
func TestLinkedFile(t *testing.T) {
	t.Parallel()
	a := newApp(t, "app/x", "conf/one.yml", "conf/two.yml")
	a.must(os.Symlink("../conf/one.yml", a.path("app/cfg.yml")))
	a.must(os.MkdirAll(a.path("mark"), 0o755))
	a.add("mark", "mark/*")
	a.add("web", "app/cfg.yml")
	a.write("conf/one.yml")
	a.expect("web", "app/cfg.yml", 0)
	a.write("conf/tmp")
	a.must(os.Rename(a.path("conf/tmp"), a.path("conf/one.yml")))
	a.expect("web", "app/cfg.yml", 0)
	a.write("conf/two.yml", "conf/other")
	a.expectNothing()
	// It leads elsewhere now.
	a.must(os.Symlink("../conf/two.yml", a.path("app/next")))
	a.must(os.Rename(a.path("app/next"), a.path("app/cfg.yml")))
	a.expect("web", "app/cfg.yml", 0)
	a.write("conf/two.yml")
	a.expect("web", "app/cfg.yml", 0)
	a.write("conf/one.yml")
	a.expectNothing()
	a.w.Remove("web")
	a.w.Remove("mark")
	if got := a.folders(); len(got) != 0 {
		t.Errorf("still watched: %q", got)
	}
}

// link makes a link, in the place of what is there.
func (a *app) link(to, at string) {
	a.t.Helper()
	a.atOnce(func() error {
		return errors.Join(os.Symlink(to, a.path("next")), os.Rename(a.path("next"), a.path(at)))
	})
}

// rename moves a file or folder.
func (a *app) rename(from, to string) {
	a.t.Helper()
	a.atOnce(func() error { return os.Rename(a.path(from), a.path(to)) })
}

// marked has the watcher hold the folder of expectNothing.
func (a *app) marked() {
	a.t.Helper()
	a.must(os.MkdirAll(a.path("mark"), 0o755))
	a.add("mark", "mark/*")
}

// A link that leads to its file by way of another, as those of a ConfigMap do.
func TestLinkByLink(t *testing.T) {
	t.Parallel()
	for _, config := range []string{"app/..data/config.yml", "current/config.yml"} {
		a := newApp(t, "v1/config.yml", "v2/config.yml", "app/x")
		a.marked()
		inner := filepath.Dir(config)
		a.link(a.path("v1"), inner)
		a.link("../"+config, "app/config.yml")
		a.add("web", "app/config.yml")
		a.write("v1/config.yml")
		a.expect("web", "app/config.yml", 0)
		a.link(a.path("v2"), inner)
		a.expect("web", "app/config.yml", 0)
		a.write("v2/config.yml")
		a.expect("web", "app/config.yml", 0)
		a.write("v1/config.yml")
		a.expectNothing()
		if got := a.folders(); slices.Contains(got, "v1") {
			t.Errorf("still watched: %q", got)
		}
		a.w.Remove("web")
		if got := a.folders(); !slices.Equal(got, []string{".", "mark"}) {
			t.Errorf("still watched: %q", got)
		}
	}
}

// What a link leads to is not there yet, nor the folders that it is to be in.
func TestLinkToWhatComes(t *testing.T) {
	t.Parallel()
	a := newApp(t, "app/x", "conf/x")
	a.marked()
	a.link("../conf/one.yml", "app/one.yml")
	a.link("../new/sub/two.yml", "app/two.yml")
	a.link("../whole", "app/whole")
	a.add("web", "app/one.yml,app/two.yml,app/whole")
	a.write("conf/one.yml")
	a.expect("web", "app/one.yml", 0)
	a.write("new/sub/two.yml")
	a.expect("web", "app/two.yml", 0)
	a.write("new/sub/two.yml")
	a.expect("web", "app/two.yml", 0)
	a.write("whole/a")
	a.expect("web", "app/whole/a", 0)
	a.write("whole/a")
	a.expect("web", "app/whole/a", 0)
	a.expectNothing()
}

// What a link leads to is away for a moment, and something else has the links
// looked at.
func TestLinkToWhatIsAway(t *testing.T) {
	t.Parallel()
	a := newApp(t, "app/x", "app/plain", "conf/one.yml")
	a.link("../conf/one.yml", "app/one.yml")
	a.add("web", "app/one.yml")
	a.add("other", "app/plain")
	a.rename("conf/one.yml", "conf/one.yml.old")
	a.expect("web", "app/one.yml", 0)
	a.atOnce(func() error { return os.Remove(a.path("app/plain")) })
	a.expect("other", "app/plain", 0)
	a.w.Remove("other")
	a.write("conf/one.yml")
	a.expect("web", "app/one.yml", 0)
	a.write("conf/one.yml")
	a.expect("web", "app/one.yml", 0)
}

// The folder of what a link leads to is removed or moved away, and made again.
func TestLinkIntoFolderThatGoes(t *testing.T) {
	t.Parallel()
	a := newApp(t, "app/x", "conf/sub/one.yml")
	a.link("../conf/sub/one.yml", "app/one.yml")
	a.add("web", "app/one.yml")
	a.atOnce(func() error { return os.RemoveAll(a.path("conf")) })
	a.expect("web", "app/one.yml", 0)
	a.write("conf/sub/one.yml")
	a.expect("web", "app/one.yml", 0)
	a.write("conf/sub/one.yml")
	a.expect("web", "app/one.yml", 0)
	a.rename("conf/sub", "away")
	a.expect("web", "app/one.yml", 0)
	a.rename("away", "conf/sub")
	a.expect("web", "app/one.yml", 0)
	a.write("conf/sub/one.yml")
	a.expect("web", "app/one.yml", 0)
	// Another has its name before that is heard.
	a.atOnce(func() error {
		err := os.Rename(a.path("conf/sub"), a.path("away"))
		a.make("conf/sub/one.yml")
		return err
	})
	a.expect("web", "app/one.yml", 0)
	a.write("conf/sub/one.yml")
	a.expect("web", "app/one.yml", 0)
}

// Links that lead to each other, and then to a file.
func TestLinksInCircle(t *testing.T) {
	t.Parallel()
	a := newApp(t, "app/x", "one.yml")
	a.link("b", "app/a")
	a.link("a", "app/b")
	a.add("web", "app/a")
	a.link("../one.yml", "app/b")
	a.expect("web", "app/a", 0)
	a.write("one.yml")
	a.expect("web", "app/a", 0)
}

// A link to a file is in a folder that is reached by a link.
func TestLinkInLinkedFolder(t *testing.T) {
	t.Parallel()
	a := newApp(t, "app/x", "v1/x", "v2/x", "conf1/one.yml", "conf2/one.yml")
	a.marked()
	a.link("../conf1/one.yml", "v1/cfg.yml")
	a.link("../conf2/one.yml", "v2/cfg.yml")
	a.link("../v1", "app/current")
	a.add("web", "app/current/cfg.yml")
	a.write("conf1/one.yml")
	a.expect("web", "app/current/cfg.yml", 0)
	a.link("../v2", "app/current")
	a.expect("web", "app/current/cfg.yml", 0)
	a.write("conf2/one.yml")
	a.expect("web", "app/current/cfg.yml", 0)
	a.write("conf1/one.yml")
	a.expectNothing()
}

// Files that are written lead nowhere else, so that no link is read for them.
func TestLinksAfterWrite(t *testing.T) {
	t.Parallel()
	a := newApp(t, "app/plain", "one.yml")
	a.link("../one.yml", "app/cfg.yml")
	a.add("web", "app/cfg.yml,app/plain")
	unread := func() (unread bool) {
		a.must(a.w.do(func() { unread = a.w.links["unread"] != nil }))
		return unread
	}
	a.must(a.w.do(func() { a.w.links["unread"] = []string{} }))
	for _, file := range []string{"app/plain", "one.yml"} {
		a.atOnce(func() error { return appendTo(a.path(file)) })
		a.change()
		if !unread() {
			t.Errorf("the links were read after a write of %s", file)
		}
	}
	a.atOnce(func() error { return os.Remove(a.path("app/plain")) })
	a.change()
	if unread() {
		t.Error("no link was read after a file was removed")
	}
}

// A link in a folder that is looked at each second.
func TestLinkPolled(t *testing.T) {
	t.Parallel()
	a := newApp(t, "app/x", "app/three.yml", "conf/one.yml", "new/two.yml")
	a.marked()
	a.must(a.w.do(func() {
		a.w.silent = func(dir string) string {
			if dir == a.path("app") {
				return "NFS"
			}
			return ""
		}
	}))
	a.link("../conf/one.yml", "app/cfg.yml")
	a.add("web", "app/cfg.yml")
	a.link("../new/two.yml", "app/cfg.yml")
	a.expect("web", "app/cfg.yml", 0)
	a.write("new/two.yml")
	a.expect("web", "app/cfg.yml", 0)
	a.link("three.yml", "app/cfg.yml")
	a.expect("web", "app/cfg.yml", 0)
	// Had the look above taken no note of three.yml, the next would tell of it.
	a.must(a.w.do(func() { a.w.pollAll() }))
	a.expectNothing()
	a.must(os.WriteFile(a.path("app/three.yml"), []byte("longer than before"), 0o644))
	a.expect("web", "app/cfg.yml", 0)
}

// Folders that nobody wants any more are let go, however many paths they have.
func TestPruneShared(t *testing.T) {
	t.Parallel()
	a := newApp(t, "src/a.go")
	var patterns []string
	for i := range 50 {
		link := fmt.Sprint("link", i)
		a.must(os.Symlink("src", a.path(link)))
		patterns = append(patterns, link+"/*.go")
	}
	a.add("web", strings.Join(patterns, ","))
	a.w.Remove("web")
	if got := a.folders(); len(got) != 0 {
		t.Errorf("still watched: %q", got)
	}
}
