package portalloc

import (
	"strconv"
	"strings"
)

// lsofArgs asks for the processes that listen on these ports, one field a line.
func lsofArgs(ports []int) []string {
	list := make([]string, len(ports))
	for i, port := range ports {
		list[i] = strconv.Itoa(port)
	}
	return []string{
		"-nPw",     // no names for hosts and ports, no warnings
		"+c", "15", // commands of up to 15 characters, not 9
		"-iTCP:" + strings.Join(list, ","),
		"-sTCP:LISTEN",
		"-Fpcun",
	}
}

// parseLsof reads the output of lsof -F: a field is a letter and its value, and
// a process's own fields (p, c, u) stand before those of its descriptors (n).
// Processes are listed by rising pid, so of several that share a port the first
// is taken: as a rule the server that forked the others.
func parseLsof(out string) map[int]Holder {
	holders := make(map[int]Holder)
	var h Holder
	for line := range strings.Lines(out) {
		value := strings.TrimSuffix(line[1:], "\n")
		switch line[0] {
		case 'p':
			pid, _ := strconv.Atoi(value)
			h = Holder{PID: pid, UID: -1}
		case 'c':
			h.Program = value
		case 'u':
			if uid, err := strconv.Atoi(value); err == nil {
				h.UID = uid
			}
		case 'n':
			port, err := strconv.Atoi(value[strings.LastIndexByte(value, ':')+1:])
			if _, known := holders[port]; err == nil && !known {
				holders[port] = h
			}
		}
	}
	return holders
}
