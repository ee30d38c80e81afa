package cli

import (
	"context"
	"strconv"
	"sync"
	"time"

	"ganger/control"

	"github.com/spf13/cobra"
)

const listHelp = `Show all running apps of yours: their root, the pid to signal, how long they
have run, how many processes run, and their socket.`

func (m *program) listCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "show all running apps",
		Long:    listHelp,
		Example: "  ganger list\n  ganger list --json",
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return m.list(asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "a JSON array, of an object for each app")
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return cmd
}

// listTime is how long an app has to say how many processes it runs.
const listTime = time.Second

// listed is one running app.
type listed struct {
	Root      string        `json:"root"`
	PID       int           `json:"pid"`
	Since     time.Time     `json:"since"`
	State     control.State `json:"state"`
	Processes *int          `json:"processes,omitempty"` // nil where it does not answer
	Socket    string        `json:"socket,omitempty"`
	Version   string        `json:"version,omitempty"`
}

// list shows the running apps of this user.
func (m *program) list(asJSON bool) error {
	sweep()
	facts, err := control.List(control.DefaultPlaces())
	if err != nil && len(facts) == 0 {
		return (&running{}).explain(err)
	}
	apps := make([]listed, len(facts))
	var wg sync.WaitGroup
	for i, f := range facts {
		apps[i] = listed{f.Root, f.PID, f.Since, f.State, nil, f.Socket, f.Version}
		wg.Go(func() { apps[i].Processes = countProcesses(f.Socket) })
	}
	wg.Wait()
	if asJSON {
		return writeJSON(m.stdout, apps)
	}
	width, color := m.window()
	return writeLines(m.stdout, listTable(apps, time.Now()).lines(width, color))
}

// countProcesses asks an app how many processes run. One that is suspended, or
// has no socket, does not answer.
func countProcesses(socket string) *int {
	if socket == "" {
		return nil
	}
	c := control.Dial(socket)
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), listTime)
	defer cancel()
	info, err := c.Info(ctx)
	if err != nil {
		return nil
	}
	return &info.Processes
}

func listTable(apps []listed, now time.Time) *table {
	t := &table{columns: []column{
		{head: "ROOT"}, {head: "STATE"}, {head: "PID", right: true}, {head: "UPTIME", right: true},
		{head: "PROCESSES", right: true}, {head: "SOCKET"},
	}}
	for _, a := range apps {
		processes, socket := "-", "-"
		if a.Processes != nil {
			processes = strconv.Itoa(*a.Processes)
		}
		if a.Socket != "" {
			socket = a.Socket
		}
		t.rows = append(t.rows, []cell{plain(oneLine(a.Root)), stateCell(control.Process{State: a.State}, now), plain(strconv.Itoa(a.PID)),
			plain(age(now.Sub(a.Since))), plain(processes), plain(oneLine(socket))})
	}
	return t
}
