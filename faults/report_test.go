package faults

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (b *bed) output() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// await returns the next report that begins with these words, and leaves out
// those before it.
func (b *bed) await(words string) []string {
	line, err := b.next(words, patience)
	b.check(err)
	return line
}

var errNoReport = errors.New("no such report came")

func (b *bed) next(words string, limit time.Duration) ([]string, error) {
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		select {
		case line := <-b.events:
			b.seen = append(b.seen, line)
			if strings.HasPrefix(line, "broken ") {
				return nil, errors.New("a child: " + line)
			}
			if line == words || strings.HasPrefix(line, words+" ") {
				return strings.Fields(line), nil
			}
		case <-end.C:
			return nil, fmt.Errorf("%w: %q after %q", errNoReport, words, b.seen)
		}
	}
}

// awaitAll waits for all of these, in any order.
func (b *bed) awaitAll(words ...string) {
	missing := slices.Clone(words)
	for len(missing) > 0 {
		line := b.await("ready")
		if i := slices.Index(missing, line[0]+" "+line[1]); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		}
	}
}

// pid awaits a part's report and gives its pid.
func (b *bed) pid(words string) int {
	line := b.await(words)
	n, err := strconv.Atoi(line[len(line)-1])
	b.check(err)
	return n
}

// collect gives all reports that have come and are still to come until the
// supervisor's processes are gone.
func (b *bed) collect() []string {
	for {
		select {
		case line := <-b.events:
			b.seen = append(b.seen, line)
		default:
			return b.seen
		}
	}
}

// says waits until the supervisor has written something.
func (b *bed) says(pattern string) string {
	re := regexp.MustCompile(pattern)
	var found string
	if !until(patience, func() bool { found = re.FindString(b.output()); return found != "" }) {
		b.fail("it does not say %q", pattern)
	}
	return found
}

func (b *bed) saysNot(pattern string) {
	if found := regexp.MustCompile(pattern).FindString(b.output()); found != "" {
		b.fail("it says %q", found)
	}
}
