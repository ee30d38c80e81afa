package control

import "context"

// App is what a server serves. Names in what it is asked have been checked for
// their letters and length alone; whether there is such a process is the app's
// to say. Its errors are best an [*Error]; any other is shown as [CodeFailed].
//
// Every method is called from a goroutine of its own, many at once, and returns
// soon after ctx ends. A callback is to be called from within the call alone. It
// waits for as long as the client does not read, and once it gives an error
// there is no use in calling it again.
type App interface {
	Info(ctx context.Context) (Info, error)

	// Processes gives those that are meant, in the order of the formation. A
	// name that means none is an error.
	Processes(ctx context.Context, q ProcessQuery) ([]Process, error)

	// Environment is that of the process with this very name.
	Environment(ctx context.Context, name string) (Environment, error)

	// Do carries out a command. While it waits for the end it says what
	// happens. When ctx ends it only stops waiting.
	Do(ctx context.Context, c Command, progress func(Progress) error) (Outcome, error)

	Formation(ctx context.Context) ([]Type, error)

	// Logs hands over lines, some at a time; the slice is the caller's again
	// when emit returns. None at all say that the following has begun. Without
	// Follow it returns after what is there; with it, at the end of the app, of
	// which it hands over the last lines though ctx ends with the app as well.
	Logs(ctx context.Context, q LogQuery, emit func([]Line) error) error

	// Events hands over what happens from now on, until the end of the app. The
	// first is of the app itself and says how it is.
	Events(ctx context.Context, emit func(Event) error) error

	// Attach joins the terminal of a process, named by its name or by a type
	// with one process. ctx is for the joining alone: the terminal is left by
	// closing it.
	Attach(ctx context.Context, name string, size Size) (Terminal, error)
}

// Terminal is a process's terminal, as one of those attached to it has it.
// Next is called by one goroutine, the rest by others at the same time.
type Terminal interface {
	// Next waits for what the process writes; the slice is good until the next
	// call. The error is io.EOF after Close, and says otherwise why there is
	// no more: an [*Error] in words.
	Next() (Shown, error)

	// Write types p. It may wait for the process to read, until Close.
	Write(p []byte) (int, error)

	// Resize says how large the client's window is now.
	Resize(Size)

	// Close leaves the terminal. Whoever is in Next or Write returns.
	Close() error
}

// Shown is what a terminal shows: bytes, or a notice that is not the process's.
type Shown struct {
	Data   []byte
	Notice string // a line without its end; set where Data is nil
}

// Size is that of a window, in characters.
type Size struct {
	Cols, Rows int
}
