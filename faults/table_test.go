package faults

import (
	"fmt"
	"os"
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
	printTable(table, all)
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

func printTable(table []row, all []supervisor) {
	titles := []string{"case"}
	held := make([]int, len(all))
	for _, s := range all {
		titles = append(titles, s.name)
	}
	fmt.Printf("| %s |\n|%s\n", strings.Join(titles, " | "), strings.Repeat("---|", len(titles)))
	for _, r := range table {
		fmt.Printf("| %s: %s | %s |\n", r.point, r.name, strings.Join(r.held, " | "))
		for i, cell := range r.held {
			if cell == "yes" {
				held[i]++
			}
		}
	}
	sums := make([]string, len(held))
	for i, n := range held {
		sums[i] = fmt.Sprintf("%d of %d", n, len(table))
	}
	fmt.Printf("| **held** | %s |\n", strings.Join(sums, " | "))
}
