package control

import "time"

// State is what a process does.
type State string

// The states of a process, and of an app: that is running, suspended or
// stopping.
const (
	Waiting    State = "waiting" // for what it needs
	Starting   State = "starting"
	Running    State = "running"
	Ready      State = "ready"
	BackingOff State = "backing off" // until NextRestart
	Stopping   State = "stopping"
	Stopped    State = "stopped"
	Failed     State = "failed" // for good, with Status
	Done       State = "done"   // ended with 0, and no restart follows
	Suspended  State = "suspended"
)

// Info is what there is to say of an app as a whole.
type Info struct {
	Root      string    `json:"root"`
	PID       int       `json:"pid"` // the one to signal
	Since     time.Time `json:"since"`
	State     State     `json:"state"`            // running, suspended or stopping
	Reason    string    `json:"reason,omitempty"` // why it is stopping
	Version   string    `json:"version"`          // of the ganger that runs it
	Socket    string    `json:"socket"`
	Processes int       `json:"processes"` // how many run
	Formation []Type    `json:"formation"` // in the order of the Procfile
}

// Type is a type's part in the formation.
type Type struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Port  int    `json:"port,omitempty"` // of its first process, 0: none
}

// Process is one process of the formation. Times that are not known are left
// out, and so are numbers that mean nothing in its state.
type Process struct {
	Name     string    `json:"name"` // web.1
	Type     string    `json:"type"`
	Number   int       `json:"number"`
	State    State     `json:"state"`
	PID      int       `json:"pid,omitempty"`  // of its first process, 0: none runs
	Port     int       `json:"port,omitempty"` // its PORT, 0: none
	Since    time.Time `json:"since,omitzero"` // when this life began, or the last one ended
	Restarts int       `json:"restarts"`       // how often it was started again, asked or not
	Command  string    `json:"command"`        // as the Procfile has it
	Ready    string    `json:"ready,omitempty"`
	WaitsFor []string  `json:"waits_for,omitempty"` // types
	// NextRestart is when one that backs off is started again.
	NextRestart time.Time `json:"next_restart,omitzero"`
	// Status is that of its last end: 128+n for a signal.
	Status *int `json:"status,omitempty"`
	// Terminal says that it has one, so that one can attach.
	Terminal bool `json:"terminal"`
	// Prompt is the unfinished line at which it waits for input.
	Prompt string `json:"prompt,omitempty"`

	// Tree is there when it was asked for and the process runs.
	Tree *Tree `json:"tree,omitempty"`
}

// Tree is what was measured of a process and its descendants.
type Tree struct {
	Listens    []int   `json:"listens"`     // the TCP ports it listens on
	CPUSeconds float64 `json:"cpu_seconds"` // used by those that run
	CPU        float64 `json:"cpu"`         // percent of one processor, since the start
	RSS        int64   `json:"rss"`         // bytes, the sum of all
	PIDs       []int   `json:"pids"`
}

// ProcessQuery chooses processes.
type ProcessQuery struct {
	Names []string // names, types or patterns; nil: all
	Tree  bool     // measure their trees too
}

// Environment is the environment of a process.
type Environment struct {
	// Values says that the values are there. They are for the user who runs
	// the app alone; root gets the names.
	Values    bool       `json:"values"`
	Variables []Variable `json:"variables"`
}

// Variable is one of an environment.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

// Action is what a command does.
type Action string

// The actions. Quit stops the app, Stop only processes of it.
const (
	Start     Action = "start"
	Stop      Action = "stop"
	Restart   Action = "restart"
	SendSig   Action = "signal"
	Quit      Action = "quit"
	Scale     Action = "scale"
	ReloadApp Action = "reload"
	AwaitApp  Action = "wait" // until processes are ready; without Wait it only tells how far they are
)

// Command is something to do. What an action has no use for is left zero.
type Command struct {
	Action  Action           `json:"-"`                 // the path says it
	Names   []string         `json:"names,omitempty"`   // names, types or patterns: start, stop, restart, signal, wait; none: all
	Wait    bool             `json:"wait,omitempty"`    // answer when it is so, not when it was asked
	Rolling bool             `json:"rolling,omitempty"` // restart: the next process of a type when the last is up
	Kill    bool             `json:"kill,omitempty"`    // stop, restart, quit: at once, with KILL
	Signal  string           `json:"signal,omitempty"`  // signal: TERM, SIGTERM or 15
	Counts  map[string]Count `json:"counts,omitempty"`  // scale: by type
}

// Progress is one thing that happened while a command was waited for: one of
// its fields is set.
type Progress struct {
	// Changes is what scale or reload is about to do. It comes first, and once.
	Changes []Change `json:"changes,omitempty"`
	Event   *Event   `json:"event,omitempty"`
}

// Outcome is the end of a command.
type Outcome struct {
	// OK says that it was done; without Wait, that it was begun.
	OK        bool     `json:"ok"`
	Processes []Result `json:"processes"`
}

// Result is what a command did to one process.
type Result struct {
	Process string `json:"process"`
	// Result is started, already running, stopped, was not running, restarted,
	// removed, signalled, still stopped, failed, finished, overtaken, skipped, waits
	// (for what was stopped by command), or asked where nobody waited; of wait it
	// is ready, not ready, late (past its ready-timeout), not started, waits,
	// stopped or failed.
	Result  string `json:"result"`
	PID     int    `json:"pid,omitempty"`
	Status  *int   `json:"status,omitempty"`  // of one that ended
	Message string `json:"message,omitempty"` // why it failed
	// WaitsFor are the types that are to be started before it can.
	WaitsFor []string `json:"waits_for,omitempty"`
}

// Change is what a reload or a scale does to one process.
type Change struct {
	Process string   `json:"process"`
	Kind    string   `json:"kind"`              // added, removed or changed
	Reasons []string `json:"reasons,omitempty"` // what changed: names, never values
}

// Event is something that happened in the app.
type Event struct {
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"` // state of a process, or app: of the whole
	Process string    `json:"process,omitempty"`
	Type    string    `json:"type,omitempty"`
	State   State     `json:"state"`
	PID     int       `json:"pid,omitempty"`
	Status  *int      `json:"status,omitempty"` // of one that ended
	Message string    `json:"message,omitempty"`
	// Missed is how many events were lost just before this one, because the
	// reader did not keep up.
	Missed int `json:"missed,omitempty"`
}

// The kinds of an Event.
const (
	KindState = "state"
	KindApp   = "app"
)
