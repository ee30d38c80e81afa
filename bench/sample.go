package main

// A metric is one figure that a case yields.
type metric struct {
	name string
	unit string
	more bool // the more the better
}

// A sample is what one round of a case measured.
type sample struct {
	values map[string]float64 // by the metric's name
	flaw   string             // why the values are no figures
	detail string             // what stands behind them
}

// A benchmark is one case.
type benchmark struct {
	name    string
	about   string
	metrics []metric
	// together: it is about managers that do nothing, and it takes long, so
	// all are measured at the same time.
	together bool
	floor    func(*lab) (sample, error) // nil: there is none
	measure  func(*lab, manager) (sample, error)
}

// benchmarks are all cases, in the order in which they are measured.
func benchmarks() []benchmark {
	all := []benchmark{
		starting("first", 1, "exec of the manager to the first instruction of its process"),
		starting("start100", 100, "exec of the manager until 100 processes run"),
		starting("start1000", 1000, "exec of the manager until 1000 processes run"),
		halves(),
		stopping(100),
		memory(100),
		idle(),
	}
	all = append(all, throughputs()...)
	return append(all, latency(), listing(50), following(200))
}
