package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ganger/control"
	"ganger/output"
)

// wordsTime bounds the wait for last lines: an error is not to be kept back for
// what is said beside it.
const wordsTime = 10 * time.Second

// lastWords is a hint with the last lines of a process, "" where it has written
// none.
func (r *running) lastWords(process string) string {
	var lines []string
	ctx, cancel := context.WithTimeout(context.Background(), wordsTime)
	defer cancel()
	err := r.Logs(ctx, lastLines(process), func(some []control.Line) error {
		for _, l := range some {
			lines = append(lines, l.Text)
		}
		return nil
	})
	no := new(control.Error)
	switch {
	case errors.As(err, &no) && no.Code != control.CodeStopping:
		return "" // it runs on, and does not tell
	case err != nil:
		return r.leftWords(process)
	}
	return quote(r.again("logs "+process), lines)
}

// leftWords is lastWords where the app has ended, or is about to.
func (r *running) leftWords(process string) string {
	ctx, cancel := context.WithTimeout(context.Background(), wordsTime)
	defer cancel()
	if err := awaitGone(ctx, control.Info{Root: r.root, PID: r.facts.PID, Socket: r.facts.Socket}); err != nil {
		return ""
	}
	dir, err := lastHistory(r.root)
	if err != nil {
		return ""
	}
	records, _ := output.OpenHistory(dir) // what can be read of it
	var lines []string
	for _, l := range recordedLines(records, lastLines(process)) {
		lines = append(lines, string(l.Text))
	}
	return quote(r.again("logs "+process)+" --last", lines)
}

func lastLines(process string) control.LogQuery {
	return control.LogQuery{Names: []string{process}, Lines: tailLines}
}

// quote is a hint with lines that the command shows with all the others.
func quote(command string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	printer := output.NewPrinter(output.PrinterOptions{NoPrefix: true, Timestamps: output.Off})
	var b strings.Builder
	fmt.Fprintf(&b, "%s shows all; it ends with", command)
	for _, l := range lines {
		b.WriteString("\n  ")
		b.WriteString(strings.TrimSuffix(string(printer.Append(nil, output.Line{Text: []byte(l)})), "\n"))
	}
	return b.String()
}
