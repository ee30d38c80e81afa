// Package process is the room that knows the operating system: the two halves
// of a run, how a child is spawned, its pipe or pty, its group and session,
// signals, exit status, and which processes belong to whom.
//
// A [Keeper] keeps account of every process of a run. Its Start returns at
// once; what happens to the child arrives as events, in this order:
//
//	Started (or NotStarted, and nothing else), Exited, at most one Left, Gone
//
// A child leads a session and a group of its own. When it ends it is kept a
// zombie until the last process of its tree is gone: until then its pid, its
// group and its session cannot be given to anybody else, so signalling them is
// safe. Every other pid is opened (pidfd) and looked at again before it is
// signalled.
//
// [Keeper.Attach] begins a session at the terminal of a process: it types there
// and says how large its window is. [Keeper.WaitsForInput] looks whether a
// process waits for that.
//
// [Front] and [OpenLink] are the two halves. The front is the process that the
// shell knows; it starts the back, which supervises, in a session of its own,
// and relays signals to it. Whichever dies, the other ends the app: the back
// sees its link close and stops gracefully; the front, a child subreaper,
// inherits every orphan and ends them.
package process
