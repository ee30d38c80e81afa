package output

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// logFile is DIR/NAME.log: unlabelled lines, appended. The desk guards it.
type logFile struct {
	file    *os.File
	failed  bool   // said already; tried again after ReopenLogs
	pending bool   // a CR of a terminal was held back: it may belong to a CRLF
	scratch []byte // lines of a terminal, with LF for CRLF
}

// write appends p. A file that cannot be written is said once, as a line of
// ganger's own, and never stops the processes or the stream.
func (f *logFile) write(s *Stream, p []byte, from *lane) {
	if f.failed {
		return
	}
	var err error
	if f.file == nil {
		name := filepath.Join(s.mux.opts.LogDir, s.name+".log")
		f.file, err = os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	}
	if err == nil {
		if from != nil && from.copy.tty {
			p = f.unix(p)
		}
		_, err = f.file.Write(p)
	}
	if err != nil {
		f.failed = true
		s.mux.System(Event{Name: "log-failed", Process: s.name, Text: fmt.Sprintf("cannot write the log file: %v", err)})
	}
}

// unix returns p with LF for each CRLF, also where a CRLF is cut in two.
func (f *logFile) unix(p []byte) []byte {
	b := f.scratch[:0]
	if f.pending && p[0] != '\n' {
		b = append(b, '\r')
	}
	f.pending = p[len(p)-1] == '\r'
	if f.pending {
		p = p[:len(p)-1]
	}
	for {
		i := bytes.Index(p, []byte("\r\n"))
		if i < 0 {
			break
		}
		b = append(b, p[:i]...)
		p = p[i+1:]
	}
	f.scratch = append(b, p...)
	return f.scratch
}

func (f *logFile) close() {
	if f.file != nil {
		_ = f.file.Close()
	}
	*f = logFile{}
}

// ReopenLogs closes the log files; each is opened again by its next line. It is
// for a tool that has moved them away. It returns at once, and acts when no
// write is under way.
func (m *Mux) ReopenLogs() {
	if m.opts.LogDir != "" {
		go m.closeLogs()
	}
}

func (m *Mux) closeLogs() {
	m.desk.mu.Lock()
	defer m.desk.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.streams {
		s.log.close()
	}
}
