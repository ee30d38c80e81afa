// Package say prints the lines of the demo, with a little colour on a terminal,
// and asks the environment for what a program needs.
package say

import (
	"fmt"
	"os"
	"time"
)

// Line prints one line.
func Line(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// Good is the text of something that went well.
func Good(text any) string { return tint("32", text) }

// Warn is the text of something to look at.
func Warn(text any) string { return tint("33", text) }

// Bold is the text that matters in its line.
func Bold(text any) string { return tint("1", text) }

func tint(code string, text any) string {
	if !coloured() {
		return fmt.Sprint(text)
	}
	return fmt.Sprintf("\x1b[%sm%v\x1b[0m", code, text)
}

func coloured() bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Fail prints why the program cannot go on, and ends it with status 1.
func Fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

// Need returns a variable of the environment that the program cannot do without.
func Need(name string) string {
	value := os.Getenv(name)
	if value == "" {
		Fail("%s is not set", name)
	}
	return value
}

// NeedInterval is Need for a time above zero, as 4s.
func NeedInterval(name string) time.Duration {
	interval, err := time.ParseDuration(Need(name))
	if err != nil || interval <= 0 {
		Fail("%s is not a time such as 4s: %q", name, os.Getenv(name))
	}
	return interval
}
