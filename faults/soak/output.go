package soak

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// said finds the starts that ganger tells of.
var said = regexp.MustCompile(`(t\d+\.\d+) (?:started )?\(pid (\d+)\)`)

// read keeps ganger's last lines, and the pids that it tells.
func (r *run) read(out *os.File) {
	defer out.Close()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		line := lines.Text()
		_, text, _ := strings.Cut(line, " system")
		r.mu.Lock()
		if len(line) < 500 {
			r.keep(line)
		}
		if strings.Contains(text, "started ") {
			for _, found := range said.FindAllStringSubmatch(text, -1) {
				r.first[found[1]], _ = strconv.Atoi(found[2])
			}
		}
		r.mu.Unlock()
	}
}

// keep adds to the last lines; r.mu is held.
func (r *run) keep(line string) {
	r.lines = append(r.lines, line)
	r.lines = r.lines[max(0, len(r.lines)-1000):]
}

// note puts what was done among ganger's lines.
func (r *run) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(fmt.Sprintf(">>> "+format, args...))
}

func (r *run) tail() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines[max(0, len(r.lines)-500):], "\n")
}

// firsts are the first processes of each name's last life, as far as they were
// told.
func (r *run) firsts() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := make(map[string]int, len(r.first))
	for name, pid := range r.first {
		first[name] = pid
	}
	return first
}

// begun reports whether a process was started.
func (r *run) begun() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.first) > 0
}
