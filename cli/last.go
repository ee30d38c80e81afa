package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"ganger/control"
	"ganger/output"
)

// lastLogs shows the histories that the last run has left.
func (m *program) lastLogs(t *target, f logsFlags, q control.LogQuery) error {
	root, err := t.appRoot()
	if err != nil {
		return err
	}
	dir, err := lastHistory(root)
	if err != nil {
		return err
	}
	records, err := output.OpenHistory(dir)
	if err != nil {
		fmt.Fprintf(m.stderr, "warning: %v\n", err)
	}
	lines := recordedLines(records, q)
	if len(lines) == 0 && len(q.Names) > 0 && !slices.ContainsFunc(records, func(r output.Recorded) bool { return named(q.Names, r.Process, r.Type) }) {
		return usageError(fmt.Sprintf("the last run has left nothing of %s", strings.Join(q.Names, " ")), "")
	}
	var procs []control.Process
	for _, r := range records {
		if r.Process != systemName {
			procs = append(procs, control.Process{Name: r.Process, Type: r.Type})
		}
	}
	printer := m.logPrinter(f, root, procs, nil)
	var text []byte
	for _, l := range lines {
		text = printer.Append(text, l)
	}
	_, err = m.stdout.Write(text)
	return writeFailed(err)
}

// systemName is the process that ganger's own lines are of.
const systemName = "system"

// lastHistory is the folder with the histories of the last run. One that was
// killed could not put its own there: then they lie where a run has them.
func lastHistory(root string) (string, error) {
	places := control.DefaultPlaces()
	ended, err := places.Kept(root, lastExt)
	none := new(control.NotRunningError)
	if _, running := control.Find(places, root); errors.As(running, &none) {
		killed, kerr := places.Kept(root, historyExt)
		ended, err = append(ended, killed...), cmp.Or(err, kerr)
	}
	if len(ended) == 0 && err != nil {
		return "", (&running{root: root}).explain(err)
	}
	if len(ended) == 0 {
		return "", fileError("no run has left its output in "+root, "it is kept until the next run ends, or the machine is restarted")
	}
	return slices.MaxFunc(ended, func(a, b string) int { return changed(a).Compare(changed(b)) }), nil
}

func changed(path string) time.Time {
	st, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}

// recordedLines are the lines that are asked for, in the order of time.
func recordedLines(records []output.Recorded, q control.LogQuery) []output.Line {
	var lists [][]output.Chunk
	for _, r := range records {
		if !named(q.Names, r.Process, r.Type) {
			continue
		}
		lines := q.Lines
		if q.Grep != nil {
			lines = -1 // of those that match the last are taken below
		}
		lists = append(lists, r.Chunks(lines, q.Since))
	}
	var all []output.Line
	for _, c := range output.MergeChunks(lists...) {
		for text := range bytes.Lines(c.Data) {
			text = bytes.TrimSuffix(text, []byte{'\n'})
			if q.Grep == nil || q.Grep.Match(output.Plain(text)) {
				all = append(all, output.Line{Time: c.Time, Process: c.Process, Type: c.Type, PID: c.PID, Stderr: c.Stderr, Text: text})
			}
		}
	}
	if q.Lines < 0 {
		return all
	}
	left := make(map[string]int)
	var last []output.Line
	for _, l := range slices.Backward(all) {
		if left[l.Process]++; left[l.Process] <= q.Lines {
			last = append(last, l)
		}
	}
	slices.Reverse(last)
	return last
}

// named reports whether names stand for a process; none stand for all.
func named(names []string, process, typ string) bool {
	return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool {
		byName, _ := path.Match(name, process)
		byType, _ := path.Match(name, typ)
		return name == process || name == typ || byName || byType
	})
}

// withLastHint adds to the error that no app runs where its output is.
func (t *target) withLastHint(err error) error {
	f := new(failure)
	root, rerr := t.appRoot()
	if rerr != nil || !errors.As(err, &f) {
		return err
	}
	_, ferr := control.Find(control.DefaultPlaces(), root)
	none := new(control.NotRunningError)
	if _, lerr := lastHistory(root); lerr != nil || !errors.As(ferr, &none) {
		return err
	}
	return &failure{f.problem, joinHints(f.hint, "ganger logs"+t.typed()+" --last shows what the last run wrote"), f.status}
}
