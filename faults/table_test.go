package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestTable asks every supervisor of every case that needs no more than a
// Procfile, and prints a table in Markdown. What a peer does not hold is no
// failure of the test.
func TestTable(t *testing.T) {
	if !*tableFlag {
		t.Skip("only with -table")
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	all := append([]supervisor{ganger(path)}, peers(*peersFlag)...)
	if *onlyFlag != "" {
		all = slices.DeleteFunc(all, func(s supervisor) bool {
			return !slices.Contains(strings.Split(*onlyFlag, ","), s.name)
		})
	}
	table := make([]row, 0, len(faults()))
	for _, f := range faults() {
		if f.peers {
			table = append(table, row{f, make([]string, len(all))})
		}
	}
	ask(table, all, func(r row) bool { return !r.alone }, 16)
	ask(table, all, func(r row) bool { return r.alone }, 1)
	text := inMarkdown(table, all)
	fmt.Print(text)
	if *readmeFlag != "" {
		if err := replaceTable(*readmeFlag, text); err != nil {
			t.Error(err)
		}
	}
}

type row struct {
	fault
	held []string
}

// ask fills the cells of those rows, so many at a time.
func ask(table []row, all []supervisor, which func(row) bool, together int) {
	var wg sync.WaitGroup
	free := make(chan struct{}, together)
	for _, r := range table {
		for i, s := range all {
			if !which(r) {
				continue
			}
			free <- struct{}{}
			wg.Go(func() {
				defer func() { <-free }()
				switch got := try(r.fault, s); {
				case got.skipped != "":
					r.held[i] = "-"
				case got.err != nil:
					r.held[i] = "no"
					fmt.Fprintf(os.Stderr, "%s: %s/%s: %.300s\n", s.name, r.point, r.name, got.err)
				default:
					r.held[i] = "yes"
				}
			})
		}
	}
	wg.Wait()
}

// inMarkdown is the table, and a last row that counts.
func inMarkdown(table []row, all []supervisor) string {
	var text strings.Builder
	titles := []string{"Case"}
	for _, s := range all {
		titles = append(titles, s.name)
	}
	fmt.Fprintf(&text, "| %s |\n|%s\n", strings.Join(titles, " | "), strings.Repeat("---|", len(titles)))
	held := make([]int, len(all))
	point := ""
	for _, r := range table {
		if r.point != point {
			point = r.point
			fmt.Fprintf(&text, "| **%s** |%s\n", point, strings.Repeat(" |", len(all)))
		}
		fmt.Fprintf(&text, "| %s | %s |\n", r.name, strings.Join(r.held, " | "))
		for i, cell := range r.held {
			if cell == "yes" {
				held[i]++
			}
		}
	}
	fmt.Fprintf(&text, "| **held, of %d** |", len(table))
	for _, n := range held {
		fmt.Fprintf(&text, " %d |", n)
	}
	return text.String() + "\n"
}

// The table stands between these lines of a file.
const tableBegin, tableEnd = "<!-- faults:begin -->\n", "<!-- faults:end -->\n"

// replaceTable puts the table into a file in place of the one that is there.
func replaceTable(path, table string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), tableBegin)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !found || !closed {
		return fmt.Errorf("%s: no line %q, or none %q after it", path, strings.TrimSpace(tableBegin), strings.TrimSpace(tableEnd))
	}
	return os.WriteFile(path, []byte(before+tableBegin+table+tableEnd+after), 0o644)
}

func TestReplaceTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a\n" + tableBegin + "old\n" + tableEnd + "b\n")
	if err := replaceTable(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "a\n"+tableBegin+"new\n"+tableEnd+"b\n" {
		t.Errorf("the file is %q", got)
	}
	for _, text := range []string{"", "a\n" + tableBegin, tableEnd + tableBegin} {
		write(text)
		if replaceTable(path, "new\n") == nil {
			t.Errorf("a table was put into %q", text)
		}
	}
}
