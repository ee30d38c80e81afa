// Package output merges what many processes write into one stream of whole,
// labelled lines, at about the speed of a pipe.
//
// # Use
//
//	mux, err := output.New(output.Options{Out: os.Stdout, Timestamps: output.Clock})
//	mux.SetLabels([]string{"web.1", "worker.1"})
//	web := mux.Stream("web.1", "web", false)
//	c := web.Copy(output.Input{PID: pid, Stdout: readEnd})
//	// the process ends:
//	c.Drain()
//	mux.System(output.Event{Name: "exited", Text: "web.1 exited with status 0", After: c})
//	c.Close()
//	err = mux.Close(time.Second)
//
// # Where the bytes go
//
// One goroutine a pipe waits in the runtime's poller and holds no buffer while
// it waits. When there is something to read it joins the round: the one that
// came first reads for all of them in turn. For each batch it takes the desk: a
// lock, one buffer to read into and one to write from, shared by all. It reads once,
// finds the line ends with bytes.IndexByte, copies label and line after label
// and line into the second buffer, and writes that once. So a byte is copied
// twice between two system calls (the second time into the history), both
// buffers stay in the processor's cache however many processes there are, a
// line costs no allocation, and the time of day is asked for once a batch.
// What costs most is the kernel's part: putting reader and writer to sleep and
// waking them. So [Options.Widen] lets the pipe that we write to hold more, and
// that of a process which has filled its own.
//
// The lock is held while the write blocks. That is the back-pressure of a
// pipe: when nobody reads our output, nobody reads the children's either, and
// they wait. Decisions must not wait with them, so nothing that the supervisor
// calls takes the desk: [Mux.System] puts its line in a queue, [Copy.Drain] and
// [Copy.Close] only leave a note for the reading goroutine, and the labels and
// the history have locks of their own that are never held across a write.
//
// [Input.Line] hears each line as it is read, so that none is lost; a pattern
// that says when a process is ready depends on that.
//
// # Who reads later, or elsewhere
//
// Each process name has a history, a ring of its last bytes with marks that say
// when they came and from whom: [Stream.Tail], [Stream.History]. With
// [Options.HistoryDir] the rings are files that are mapped, so that [OpenHistory]
// finds them after any end of ours.
//
// [Mux.Follow] begins with the histories, merged by time, and goes on with what
// is written: one copy of a batch for all followers, into a queue of bounded
// size for each. One whose queue is full is left out, at no cost, until it reads
// again; one that lost lines is served more seldom the more of them there are,
// so that they cannot take the processor from the app.
//
// A process that is started again begins another life ([Input.Life]): nothing of
// it is read before the rest of the one before, and a follower that asks for
// [FollowOptions.Lives] is told between the two.
package output
