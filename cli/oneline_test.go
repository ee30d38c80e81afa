package cli

import (
	"os/exec"
	"testing"
)

// What is shown has no character that a terminal obeys, and what is to be typed
// again means the same.
func TestControlCharacters(t *testing.T) {
	const path = "/tmp/a\x1b[31mb\nc\u009bd\x07\x7f\xff 'e\\n"
	if got, want := oneLine(path), `/tmp/a\e[31mb\nc\xc2\x9bd\x07\x7f`+"\xff 'e\\n"; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	got, err := exec.CommandContext(patient(t), bash, "-c", "printf %s "+shellWord(path)).Output()
	if err != nil || string(got) != path {
		t.Errorf("typed again it is %q, want %q: %v", got, path, err)
	}
}
