package main

import (
	"fmt"
	"testing"
)

// numbered is line n of a writer, 20 bytes long.
func numbered(writer byte, n int) string {
	p := payload(writer, 20)
	setLineNumber(p, n)
	return string(p)
}

func TestCheckerVerdicts(t *testing.T) {
	a := func(n int) string { return "web.1 | " + numbered('a', n) }
	b := func(n int) string { return "\x1b[36mweb.2 | \x1b[0m" + numbered('b', n) + "\r" }
	for _, test := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"whole", []string{a(0), b(0), "web.1 | started", b(1), a(1), b(2), a(2)}, ""},
		{"one lost", []string{a(0), a(2), b(0), b(1), b(2)}, "1 lost"},
		{"the last lost", []string{a(0), a(1), b(0), b(1), b(2)}, "1 lost"},
		{"all of one lost", []string{a(0), a(1), a(2)}, "3 lost"},
		{"swapped", []string{a(0), a(2), a(1), b(0), b(1), b(2)}, "1 out of order"},
		{"twice", []string{a(0), a(0), a(1), a(2), b(0), b(1), b(2)}, "1 out of order"},
		{"cut in two", []string{a(0), a(1)[:15], a(1)[15:], a(2), b(0), b(1), b(2)}, "1 lost, 2 torn"},
		{"two on one line", []string{a(0), a(1) + b(0), a(2), b(1), b(2)}, "2 lost, 1 torn"},
		{"one within another", []string{a(0), a(1)[:20] + b(0) + a(1)[20:], a(2), b(1), b(2)}, "2 lost, 1 torn"},
		{"a byte changed", []string{a(0), a(1), "web.1 | " + numbered('a', 2)[:17] + "y~", b(0), b(1), b(2)}, "1 lost, 1 torn"},
		{"an unknown writer", []string{a(0), a(1), a(2), numbered('c', 0), b(0), b(1), b(2)}, "1 torn"},
		{"nothing", nil, "6 lost"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChecker(2, 3, 20)
			for _, line := range test.lines {
				c.line([]byte(line))
			}
			if got := c.verdict(); got != test.want {
				t.Errorf("verdict %q, want %q", got, test.want)
			}
		})
	}
}

func TestCheckerIsDoneWithTheLastPayload(t *testing.T) {
	c := newChecker(1, 2, 20)
	c.line([]byte(numbered('a', 0)))
	if c.done() {
		t.Error("done after one line of two")
	}
	c.line([]byte(numbered('a', 1)))
	if !c.done() {
		t.Error("not done after both lines")
	}
}

func TestAdvanceCounts(t *testing.T) {
	p := payload('a', minPayload)
	for want := range 1101 {
		if got, ok := lineNumber(p); !ok || got != want {
			t.Fatalf("after %d steps the number is %d (%v) in %q", want, got, ok, p)
		}
		advance(p)
	}
	if got, want := string(p), fmt.Sprintf("~a%012d~", 1101); got != want {
		t.Errorf("the payload is %q, want %q", got, want)
	}
}
