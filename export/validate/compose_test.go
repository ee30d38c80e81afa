package validate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"ganger/export"
	"ganger/export/internal/awkward"
)

// load reads a compose file as docker compose does: its schema, what it
// replaces, what has to be consistent, the env files.
func load(t *testing.T, file string) *types.Project {
	t.Helper()
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  filepath.Dir(file),
		ConfigFiles: []types.ConfigFile{{Filename: file}},
		// What a value must not be replaced with.
		Environment: types.Mapping{"HOME": "REPLACED", "PORT": "REPLACED", "V0": "REPLACED", "a": "REPLACED"},
	}, func(o *loader.Options) { o.ResolvePaths = true })
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeFiles(t *testing.T) {
	for _, file := range golden(t, "compose", "compose.yaml") {
		t.Run(file, func(t *testing.T) {
			if project := load(t, file); len(project.Services) == 0 {
				t.Error("no services")
			}
		})
	}
}

func TestComposeValues(t *testing.T) {
	for _, inline := range []bool{false, true} {
		t.Run(fmt.Sprint("inline=", inline), func(t *testing.T) {
			dir := t.TempDir()
			a := newApp(t, export.Options{Location: dir, InlineEnv: inline}, awkward.Arguments)
			_, out := render(t, "compose", a)
			for _, f := range out.Files {
				if err := os.WriteFile(filepath.Join(dir, f.Path), f.Text, f.Mode); err != nil {
					t.Fatal(err)
				}
			}
			web := load(t, filepath.Join(dir, "compose.yaml")).Services["web"]
			a.run(t, web.Command)
			a.compare(t, func(name string) (string, bool) {
				value := web.Environment[name]
				if value == nil {
					return "", false
				}
				return *value, true
			})
		})
	}
}
