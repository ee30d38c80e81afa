package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// fakes are subjects whose samples are given, round by round.
func fakes(samples map[string][]sample, failures map[string]error) []subject {
	var all []subject
	for _, name := range []string{floorName, ours, "fast", "slow"} {
		rounds := samples[name]
		all = append(all, subject{name, func(benchmark) (sample, error) {
			if err := failures[name]; err != nil {
				return sample{}, err
			}
			s := rounds[0]
			rounds = rounds[1:]
			return s, nil
		}})
	}
	return all
}

func values(metric string, all ...float64) []sample {
	var samples []sample
	for _, v := range all {
		samples = append(samples, sample{values: map[string]float64{metric: v}})
	}
	return samples
}

func quiet(string) {}

func TestTables(t *testing.T) {
	speed := benchmark{name: "speed", metrics: []metric{{name: "speed", unit: "MB/s", more: true}}}
	outcomes := measure(context.Background(), speed, fakes(map[string][]sample{
		floorName: values("speed", 1000, 900, 1100),
		ours:      values("speed", 800, 810, 790),
		"fast":    values("speed", 40, 50, 30),
		"slow":    values("speed", 10, 10, 10),
	}, nil), 3, quiet)
	var text strings.Builder
	if err := writeTables(&text, outcomes); err != nil {
		t.Fatal(err)
	}
	const want = `
case   unit                   ganger  floor  of floor  best peer  of best
speed  MB/s (more is better)  800     1000   0.80      fast 40.0  20.00

case   unit  floor  ganger  fast  slow
speed  MB/s  1000   800     40.0  10.0
`
	if got := trimmed(text.String()); got != strings.TrimSpace(want) {
		t.Errorf("the tables are\n%s\nwant\n%s", got, want)
	}
}

// trimmed is text without the padding at the ends of its lines.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func TestAFlawedFigureIsNotTheBest(t *testing.T) {
	speed := benchmark{name: "speed", metrics: []metric{{name: "speed", more: true}}}
	fast := values("speed", 500, 500)
	fast[1].flaw = "3 torn"
	outcomes := measure(context.Background(), speed, fakes(map[string][]sample{
		floorName: values("speed", 1000, 1000),
		ours:      values("speed", 800, 800),
		"fast":    fast,
		"slow":    values("speed", 10, 10),
	}, nil), 2, quiet)
	best, ok := outcomes[0].best(ours)
	if !ok || best.Subject != "slow" {
		t.Errorf("the best peer is %q, want slow", best.Subject)
	}
	var text strings.Builder
	if err := writeTables(&text, outcomes); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"500!", "speed: fast: no figure: 3 torn"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
}

func TestBestIsTheLeastWhereLessIsBetter(t *testing.T) {
	delay := benchmark{name: "delay", metrics: []metric{{name: "delay"}}}
	outcomes := measure(context.Background(), delay, fakes(map[string][]sample{
		floorName: values("delay", 1),
		ours:      values("delay", 2),
		"fast":    values("delay", 3),
		"slow":    values("delay", 4),
	}, nil), 1, quiet)
	if best, _ := outcomes[0].best(ours); best.Subject != "fast" {
		t.Errorf("the best peer is %q, want fast", best.Subject)
	}
}

func TestFailuresAreReasonsAndNotRepeated(t *testing.T) {
	delay := benchmark{name: "delay", metrics: []metric{{name: "delay"}}}
	tries := 0
	subjects := []subject{
		{"slow", func(benchmark) (sample, error) { tries++; return sample{}, os.ErrDeadlineExceeded }},
		{"odd", func(benchmark) (sample, error) { return sample{}, errors.New("it ended early: oops") }},
		{"poor", func(benchmark) (sample, error) { return sample{}, cannotError("it uses no ptys") }},
	}
	outcomes := measure(context.Background(), delay, subjects, 5, quiet)
	if tries != 1 {
		t.Errorf("what took too long was tried %d times", tries)
	}
	var reasons []string
	for _, f := range outcomes[0].Figures {
		reasons = append(reasons, f.Reason)
	}
	if want := []string{"not done in 30 s", "it ended early: oops", "it uses no ptys"}; !slices.Equal(reasons, want) {
		t.Errorf("the reasons are %q, want %q", reasons, want)
	}
}

func TestRoundsBeginWithAnotherSubject(t *testing.T) {
	var order strings.Builder
	var subjects []subject
	for _, name := range []string{"a", "b", "c"} {
		subjects = append(subjects, subject{name, func(benchmark) (sample, error) {
			order.WriteString(name)
			return sample{}, nil
		}})
	}
	measure(context.Background(), benchmark{}, subjects, 3, quiet)
	if got := order.String(); got != "abcbcacab" {
		t.Errorf("the order is %s, want abcbcacab", got)
	}
}
