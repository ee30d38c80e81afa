// Package faults asks of real supervisors what holds when things go wrong: a
// real run of a real Procfile a case, whose processes are played by the test
// binary. Whatever outlives a case is found by its mark and fails it.
//
//	go test ./faults                  every case, with ganger
//	go test ./faults -long            with ten thousand restarts and children, and loops of a minute
//	go test ./faults -run TestTable -table [-peers DIR] [-readme FILE]
//	                                  the table of ganger and its peers, in the README
//
// Package soak does all this at random for a long time.
package faults
