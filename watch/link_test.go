package watch

import (
	"os"
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
