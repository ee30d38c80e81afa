package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// ours is the manager that the ratios are about.
const ours = "ganger"

// writeTables prints the outcomes: first ours as ratios, then all in absolute
// values, then what the marks in them stand for.
func writeTables(w io.Writer, outcomes []outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	for _, table := range []func(io.Writer, []outcome){ratios, absolutes, notes} {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		table(t, outcomes)
		if err := t.Flush(); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return nil
}

func ratios(w io.Writer, outcomes []outcome) {
	fmt.Fprintf(w, "case\tunit\t%s\tfloor\tof floor\tbest peer\tof best\t\n", ours)
	for _, o := range outcomes {
		us, _ := o.of(ours)
		floor, _ := o.of(floorName)
		best, _ := o.best(ours)
		peer := cell(best)
		if best.counts() {
			peer = best.Subject + " " + peer
		}
		unit := o.Unit
		if o.More {
			unit += " (more is better)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", o.Metric, unit, cell(us), cell(floor), ratio(us, floor), peer, ratio(us, best))
	}
}

func absolutes(w io.Writer, outcomes []outcome) {
	fmt.Fprint(w, "case\tunit\t")
	for _, f := range outcomes[0].Figures {
		fmt.Fprintf(w, "%s\t", strings.TrimPrefix(f.Subject, "the "))
	}
	fmt.Fprintln(w)
	for _, o := range outcomes {
		fmt.Fprintf(w, "%s\t%s\t", o.Metric, o.Unit)
		for _, f := range o.Figures {
			fmt.Fprintf(w, "%s\t", cell(f))
		}
		fmt.Fprintln(w)
	}
}

// notes say why a cell is empty or marked, and what a value is the sum of.
// What holds for several managers is said once.
func notes(w io.Writer, outcomes []outcome) {
	type note struct{ about, text string }
	var order []note
	subjects := make(map[note][]string)
	for _, o := range outcomes {
		for _, f := range o.Figures {
			n := note{o.Case, f.note()}
			if n.text == "" || f.Subject == floorName || slices.Contains(subjects[n], f.Subject) {
				continue
			}
			if subjects[n] == nil {
				order = append(order, n)
			}
			subjects[n] = append(subjects[n], f.Subject)
		}
	}
	for _, n := range order {
		fmt.Fprintf(w, "%s: %s: %s\n", n.about, strings.Join(subjects[n], ", "), n.text)
	}
}

func (f figure) note() string {
	switch {
	case f.Reason != "":
		return f.Reason
	case f.Flaw != "":
		return "no figure: " + f.Flaw
	}
	return f.Detail
}

// cell is a median, `-` where there is none, and marked `!` where it is none.
func cell(f figure) string {
	switch {
	case f.Reason != "" || len(f.Rounds) == 0:
		return "-"
	case f.Flaw != "":
		return number(f.Median) + "!"
	}
	return number(f.Median)
}

func ratio(a, b figure) string {
	if !a.counts() || !b.counts() || b.Median == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a.Median/b.Median)
}
