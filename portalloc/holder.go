package portalloc

// Holder is the process that listens on a port. What the system did not tell is
// left zero.
type Holder struct {
	PID     int    // 0: a process that we may not look at
	Program string // node, as ps names it

	// UID is the user whose process it is, -1 where unknown. It is known
	// even where PID is not.
	UID int

	// Set for a process that belongs to a run of ganger:
	Ganger    string // its app root
	Process   string // web.1
	GangerPID int    // the pid to signal to stop that run
}
