package process

import "os"

// Stdin is what a child reads.
type Stdin uint8

const (
	StdinOpen Stdin = iota // the pty, else a pipe that nobody writes: never EOF
	StdinOurs              // descriptor 0 of ganger
	StdinNull              // /dev/null
)

// A Spec is what to run.
type Spec struct {
	Name     string // web.1: its mark in the environment is GANGER_PROCESS
	Argv     []string
	Dir      string
	Env      []string
	Stdin    Stdin
	TTY      bool     // a pty for its streams
	Separate bool     // two pipes, for stdout and stderr apart; not with TTY
	Direct   bool     // no streams but ganger's own
	Leave    []string // programs that are let go at a stop once they left the group
}

// Size is a terminal's, in character cells.
type Size struct{ Rows, Cols uint16 }

// streams are the files of one child: what it gets as 0, 1 and 2, and our ends.
type streams struct {
	child  [3]*os.File
	out    *os.File // a pipe's read end or a pty's master; nil where they are ganger's own
	err    *os.File // nil where both share out
	tty    bool
	closer []*os.File // the child's ends that we opened for this child alone
}

// handedOver closes the ends that the child has now, or that nobody needs.
func (s *streams) handedOver() {
	for _, f := range s.closer {
		f.Close()
	}
}

// drop closes everything: the child was not started.
func (s *streams) drop() {
	s.handedOver()
	if s.out != nil {
		s.out.Close()
	}
	if s.err != nil {
		s.err.Close()
	}
}
