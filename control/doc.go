// Package control is how a running app takes commands: HTTP and JSON over a
// Unix socket, a lock that says who runs, and a client. API.md shows the API
// with curl, openapi.yaml is the whole of it; a server hands out the latter at
// /v1/openapi.yaml.
//
// # The app's side
//
//	lock, err := control.Acquire(control.DefaultPlaces(), root, control.Facts{PID: pid, Since: now})
//	listener, err := control.Listen(lock.SocketPath())
//	server := control.NewServer(app, control.Options{})
//	go server.Serve(listener)
//	...
//	server.Close()
//	lock.Release()
//
// app is an [App]: the server knows nothing of what it serves.
//
// # The command's side
//
//	facts, err := control.Find(control.DefaultPlaces(), root)
//	client := control.Dial(facts.Socket)
//	processes, err := client.Processes(ctx, control.ProcessQuery{})
//
// A [Client] is an App too, at a distance. Its errors are [*Error] where the
// app said no, [*NotRunningError], [*RefusedError] and [*LostError].
//
// # Who may
//
// The folder of the sockets is the user's own, with mode 0700, a socket has
// mode 0600, and the uid at the other end of a connection is asked of the
// kernel: it has to be our own or root's. Everything that a client sends has a
// limit in size and time; see limits.go.
package control
