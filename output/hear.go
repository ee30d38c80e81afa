package output

import "bytes"

// hear gives the lines in p to whoever hears them. The desk is held.
func (l *lane) hear(p []byte) {
	for len(p) > 0 && l.copy.line != nil {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.begun = append(l.begun, p...)
			if len(l.begun) >= lineSize {
				l.hearBegun()
				l.begun = l.begun[:0]
			}
			break
		}
		line := p[:i]
		if len(l.begun) > 0 {
			line = append(l.begun, line...)
			l.begun = line[:0]
		}
		l.hearLine(line)
		p = p[i+1:]
	}
	if l.copy.line == nil {
		l.begun = nil
	}
}

// hearBegun gives them what there is of a line that is unfinished.
func (l *lane) hearBegun() {
	if len(l.begun) > 0 && l.copy.line != nil {
		l.hearLine(l.begun)
	}
}

// hearLater settles an unfinished line of which there is nothing to show any
// more. Where somebody hears it, that is done in a while and not at once: each
// time they look at the whole of it again.
func (l *lane) hearLater() {
	if len(l.begun) > 0 && l.copy.line != nil {
		l.wait(promptAfter)
	} else {
		l.settle()
	}
}

func (l *lane) hearLine(line []byte) {
	if !l.copy.line(line) {
		l.copy.line = nil
	}
}
