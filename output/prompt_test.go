package output

import (
	"testing"

	"github.com/creack/pty"
)

func TestPromptIsAsked(t *testing.T) {
	type ask struct {
		Prompt
		answer chan bool
	}
	asks := make(chan ask)
	ended := make(chan struct{})
	g := newRig(t, Options{Prompt: func(p Prompt) bool {
		a := ask{p, make(chan bool)}
		select {
		case asks <- a:
			return <-a.answer
		case <-ended:
			return true
		}
	}})
	t.Cleanup(func() { close(ended) })
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	g.Stream("web.1", "web", false).Copy(Input{PID: 7, Stdout: master, TTY: true})
	asked := func(want string, likely, answer bool) {
		t.Helper()
		for {
			a := receive(t, asks, "the question "+want)
			if a.Text == "50%" && want != "50%" {
				a.answer <- false // a third time, while we were not there
				continue
			}
			if a.Process != "web.1" || a.Type != "web" || a.PID != 7 || a.Text != want || a.Likely != likely {
				t.Errorf("%+v, want %q, likely %v", a.Prompt, want, likely)
			}
			a.answer <- answer
			return
		}
	}
	put(t, slave, "a line\n50%")
	asked("50%", false, false)
	asked("50%", false, false) // it may read later
	put(t, slave, "\r\x1b[K\x1b[31m(Pdb)\x1b[0m ")
	asked("(Pdb) ", true, true)
	put(t, slave, "next") // the same line: not asked again
	put(t, slave, "\nNow? ")
	asked("Now? ", true, true)
	g.await("Now? ")
}

func TestLikelyPrompt(t *testing.T) {
	for text, want := range map[string]bool{
		"(Pdb) ": true, "debug> ": true, "Name: ": true, "[y/n]": true, "$ ": true, "❯ ": true, "Sure? ": true,
		"": false, " ": false, "loading 50%": false, "...": false, "building": false,
	} {
		if likelyPrompt(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
