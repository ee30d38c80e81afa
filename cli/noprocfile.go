package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// noProcfile is the error where there is none, with two lines to paste, made
// from what is here.
func noProcfile(cwd, root string) error {
	line := suggestion(root)
	return fileError(fmt.Sprintf("no Procfile in %s, nor above it", cwd),
		fmt.Sprintf("a Procfile says what to run, a line for each type; to begin with:\n  echo '%s' > Procfile\n  ganger start", line))
}

// suggestion is a first line of a Procfile for what is in the folder.
func suggestion(root string) string {
	has := func(name string) bool { return exists(filepath.Join(root, name)) }
	switch {
	case has("package.json"):
		for _, script := range []string{"dev", "start"} {
			if hasScript(filepath.Join(root, "package.json"), script) {
				return "web: npm run " + script
			}
		}
		return "web: node ."
	case has("bin/rails"):
		return "web: bin/rails server -p $PORT"
	case has("manage.py"):
		return "web: python3 manage.py runserver $PORT"
	case has("config.ru"):
		return "web: bundle exec rackup -p $PORT"
	case has("go.mod"):
		return "web: go run ."
	case has("Cargo.toml"):
		return "web: cargo run"
	case has("mix.exs"):
		return "web: mix phx.server"
	}
	return "web: python3 -m http.server $PORT"
}

func hasScript(path, name string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var p struct{ Scripts map[string]string }
	return json.Unmarshal(text, &p) == nil && p.Scripts[name] != ""
}
