// Command bench measures ganger beside the other Procfile managers that are
// on this machine, in one run.
//
//	go run ./bench                     every case, ganger and every peer on the PATH
//	go run ./bench --runs 9 first      one case, medians of nine
//	go run ./bench --peer nf=/opt/nf/bin/nf --peers nf,forego throughput1
//	go run ./bench --list              the cases
//	go run -race ./bench soak --for 1h what package soak does: no figures, but faults at random
//
// The subjects of a case take turns: a round measures each of them once, and
// the next round begins with another one, so that a busy moment of the machine
// falls on all alike. What is printed is the median of the rounds.
//
// Beside the managers stands the floor: the same work by the least that could
// do it. That is a loop of posix_spawn for starting, kill and wait for
// stopping, `producer | cat | sink` for output, a loop that reads one pty for
// ptys, and for ps a client in C that is sent as much text at once. The
// processes that the managers run are this program again, under other names
// (see roles.go), except the sleepers: those are C where there is a compiler,
// since the start of a Go runtime would be added to every figure.
//
// A throughput is counted in bytes that the processes wrote, labels excluded.
// The sink checks every line; a manager that lost, tore or swapped one gets no
// figure. Every manager runs with its own defaults, except what would open a
// port or a screen; where it is asked something it may open a Unix socket, or a
// port on the loopback address. Shells that a manager leaves between itself and
// a process count as the manager's.
//
// It reads /proc, and so it runs on Linux alone.
package main
