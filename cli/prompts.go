package cli

import (
	"fmt"
	"strings"

	"ganger/output"
	"ganger/process"
)

// prompted says that a process waits for somebody to type, if it does, and how
// one comes to its terminal.
func (b *back) prompted(p output.Prompt) bool {
	if !b.waitsForInput(p.Process, p.Likely) {
		return false
	}
	b.mu.Lock()
	b.prompts[p.Process] = p.Text
	b.mu.Unlock()
	if !b.keeper.Attached(p.Process) {
		b.say(message{name: "prompt", text: b.promptText(p)}, nil)
	}
	return true
}

// waitsForInput looks what a process does. One that waits for its terminal among
// other things may be a server: then its line has to look like a prompt.
func (b *back) waitsForInput(name string, likely bool) bool {
	switch b.keeper.WaitsForInput(name) {
	case process.Reading:
		return true
	case process.Polling:
		return likely
	}
	return false
}

// promptSize is how much of a prompt is shown, in bytes.
const promptSize = 60

func (b *back) promptText(p output.Prompt) string {
	shown := oneLine(p.Text)
	if len(shown) > promptSize {
		shown = "..." + strings.ToValidUTF8(shown[len(shown)-promptSize:], "")
	}
	text := fmt.Sprintf("%s waits for input (`%s`)", p.Process, shown)
	if b.hold.socket == "" {
		return text
	}
	r := b.wanted.Load()
	name := p.Process
	if r.plan.Counts[p.Type] == 1 {
		name = p.Type
	}
	return text + ": " + r.app.again("attach") + " " + name
}

// prompt is the unfinished line at which a process waits for input now, "" for
// none.
func (b *back) prompt(name string) string {
	b.mu.Lock()
	text := b.prompts[name]
	b.mu.Unlock()
	if text == "" || b.waitsForInput(name, true) {
		return text
	}
	b.mu.Lock()
	delete(b.prompts, name)
	b.mu.Unlock()
	return ""
}
