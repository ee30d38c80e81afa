package supervisor

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ganger/process"
	"ganger/procfile"
)

// The tables below speak of states, inputs and actions by these words.
var (
	phaseWords  = []string{"idle", "waiting", "starting", "running", "stopping", "clearing", "backing-off", "over"}
	inputWords  = []string{"start", "turn", "give-up", "hold", "hold-anew", "stop", "restart", "kill", "Started", "NotStarted", "Exited", "Left", "Gone", "deadline", "backoff"}
	actionWords = []string{"START", "CANCEL", "SIGNAL", "END-REST", "END-ELSEWHERE", "KILL", "SET-DEADLINE", "SET-BACKOFF", "DISARM"}
	wantWords   = []string{"", "down", "again"}
	endWords    = []string{"", "succeeded", "failed", "asked"}
)

// String is a state without its counts: "stopping again ended killed".
func (s state) String() string {
	words := []string{phaseWords[s.phase], wantWords[s.want]}
	if s.phase == over || s.phase == idle {
		words[1] = endWords[s.end]
	} else if s.phase != backingOff {
		words = append(words, when(s.ended, "ended"), when(s.left, "left"), when(s.killed, "killed"))
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

func when(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

// outcome is a state and what led to it: "stopping down: SIGNAL SET-DEADLINE".
func outcome(s state, actions []action) string {
	if len(actions) == 0 {
		return s.String()
	}
	words := make([]string, len(actions))
	for i, a := range actions {
		words[i] = actionWords[a]
	}
	return s.String() + ": " + strings.Join(words, " ")
}

func inputOf(t *testing.T, word string) input {
	t.Helper()
	i := slices.Index(inputWords, word)
	if i < 0 {
		t.Fatalf("no input %q", word)
	}
	return input(i)
}

// parseEvent reads an input, and for an end how it was: "Exited:3",
// "Exited:SIGKILL", "Exited:3:lasting".
func parseEvent(t *testing.T, text string) event {
	t.Helper()
	parts := strings.Split(text, ":")
	e := event{in: inputOf(t, parts[0])}
	for _, p := range parts[1:] {
		switch p {
		case "lasting":
			e.lasting = true
		case "SIGKILL":
			e.status.Signal = syscall.SIGKILL
		default:
			if _, err := fmt.Sscan(p, &e.status.Code); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	}
	return e
}

var (
	never     = procfile.Restart{Policy: procfile.Never}
	always    = procfile.Restart{Policy: procfile.Always}
	onFailure = procfile.Restart{Policy: procfile.OnFailure}
	thrice    = procfile.Restart{Policy: procfile.OnFailure, Max: 3}
)

// TestStories are whole lives: each line an input and what comes of it. Inputs
// on one line lead to the outcome together.
func TestStories(t *testing.T) {
	for _, story := range []struct {
		name   string
		policy procfile.Restart
		lines  string
	}{
		{"stop during restart: the process that was to come again does not", onFailure, `
			start turn Started     -> running
			restart                -> stopping again: SIGNAL SET-DEADLINE
			stop                   -> stopping down
			Exited:0               -> stopping down ended
			Gone                   -> over asked: DISARM`},
		{"stop during a restart whose start is pending", onFailure, `
			start turn Started restart Exited:0 -> stopping again ended
			Gone                   -> waiting: DISARM
			turn                   -> starting: START
			stop                   -> starting down: CANCEL
			NotStarted             -> over asked`},
		{"restart during a pending start: what is pending is taken back", onFailure, `
			start turn             -> starting: START
			restart                -> starting again: CANCEL
			restart                -> starting again
			NotStarted             -> waiting
			turn                   -> starting: START`},
		{"restart during a pending start that could not be taken back", onFailure, `
			start turn restart     -> starting again: CANCEL
			Started                -> stopping again: SIGNAL SET-DEADLINE
			Exited:0 Gone          -> waiting: DISARM`},
		{"stop while a restart backs off", onFailure, `
			start turn Started Exited:1 -> clearing ended
			Gone                   -> backing-off: DISARM SET-BACKOFF
			stop                   -> over asked: DISARM
			backoff                -> over asked`},
		{"stop during a pending start that is taken back", onFailure, `
			start turn             -> starting: START
			stop                   -> starting down: CANCEL
			NotStarted             -> over asked`},
		{"stop during a pending start that could not be taken back", onFailure, `
			start turn             -> starting: START
			stop                   -> starting down: CANCEL
			Started                -> stopping down: SIGNAL SET-DEADLINE
			Exited:0 Gone          -> over asked: DISARM`},
		{"exit during stop, with a failure: no restart, no failure", onFailure, `
			start turn Started     -> running
			stop                   -> stopping down: SIGNAL SET-DEADLINE
			Exited:1               -> stopping down ended
			Gone                   -> over asked: DISARM`},
		{"stop between the exit and the end of the tree", onFailure, `
			start turn Started Exited:1 -> clearing ended
			stop                   -> clearing down ended
			Left                   -> clearing down ended left: END-REST SET-DEADLINE
			Gone                   -> over asked: DISARM`},

		{"start during stop", never, `
			start turn Started stop -> stopping down: SIGNAL SET-DEADLINE
			start                  -> stopping again
			Exited:0               -> stopping again ended
			Gone                   -> waiting: DISARM`},
		{"start during a pending start that is being taken back", never, `
			start turn stop        -> starting down: CANCEL
			start                  -> starting again
			NotStarted             -> waiting`},
		{"the same, but it was too late to take it back", never, `
			start turn stop start  -> starting again
			Started                -> stopping again: SIGNAL SET-DEADLINE
			Exited:0 Gone          -> waiting: DISARM`},
		{"start, stop and start again before anything happened: one cancel is enough", never, `
			start turn stop        -> starting down: CANCEL
			start                  -> starting again
			stop                   -> starting down
			NotStarted             -> over asked`},
		{"start while the rest of the tree is being ended", never, `
			start turn Started Exited:0 Left -> clearing ended left: END-REST SET-DEADLINE
			start                  -> clearing again ended left
			Gone                   -> waiting: DISARM`},
		{"restart during backoff: at once", onFailure, `
			start turn Started Exited:1 Gone -> backing-off: DISARM SET-BACKOFF
			restart                -> waiting: DISARM`},
		{"kill during stop", onFailure, `
			start turn Started stop -> stopping down: SIGNAL SET-DEADLINE
			kill                   -> stopping down killed: DISARM KILL
			deadline               -> stopping down killed
			Exited:SIGKILL Gone    -> over asked: DISARM`},
		{"kill during a restart", onFailure, `
			start turn Started restart -> stopping again: SIGNAL SET-DEADLINE
			kill                   -> stopping down killed: DISARM KILL
			Exited:SIGKILL Gone    -> over asked: DISARM`},
		{"kill during a pending start that could not be taken back", onFailure, `
			start turn             -> starting: START
			kill                   -> starting down killed: CANCEL KILL
			Started                -> stopping down killed
			Exited:SIGKILL Gone    -> over asked: DISARM`},
		{"restart, and the deadline passes", onFailure, `
			start turn Started restart -> stopping again: SIGNAL SET-DEADLINE
			deadline               -> stopping again killed: KILL
			Exited:SIGKILL         -> stopping again ended killed
			Gone                   -> waiting: DISARM`},

		{"what is left at a stop is ended elsewhere, within the time of the stop", onFailure, `
			start turn Started stop -> stopping down: SIGNAL SET-DEADLINE
			Exited:0               -> stopping down ended
			Left                   -> stopping down ended left: END-ELSEWHERE
			deadline               -> stopping down ended left killed: KILL
			Gone                   -> over asked: DISARM`},
		{"what is left after an exit is ended before the restart", onFailure, `
			start turn Started Exited:1 -> clearing ended
			Left                   -> clearing ended left: END-REST SET-DEADLINE
			deadline               -> clearing ended left killed: KILL
			Gone                   -> backing-off: DISARM SET-BACKOFF
			backoff                -> waiting`},
		{"what is left of a tree that was killed needs no signal", onFailure, `
			start turn Started kill -> stopping down killed: DISARM KILL
			Exited:SIGKILL Left    -> stopping down ended killed
			Gone                   -> over asked: DISARM`},

		{"it could not be started, and that is a failure like another", onFailure, `
			start turn             -> starting: START
			NotStarted:127         -> backing-off: SET-BACKOFF
			backoff                -> waiting`},
		{"it could not be started, and nothing follows", never, `
			start turn             -> starting: START
			NotStarted:127         -> over failed`},

		{"no: success", never, "start turn Started Exited:0 Gone -> over succeeded: DISARM"},
		{"no: failure", never, "start turn Started Exited:1 Gone -> over failed: DISARM"},
		{"no: signal", never, "start turn Started Exited:SIGKILL Gone -> over failed: DISARM"},
		{"on-failure: success", onFailure, "start turn Started Exited:0 Gone -> over succeeded: DISARM"},
		{"on-failure: failure", onFailure, "start turn Started Exited:1 Gone -> backing-off: DISARM SET-BACKOFF"},
		{"on-failure: signal", onFailure, "start turn Started Exited:SIGKILL Gone -> backing-off: DISARM SET-BACKOFF"},
		{"always: success", always, "start turn Started Exited:0 Gone -> backing-off: DISARM SET-BACKOFF"},
		{"always: failure", always, "start turn Started Exited:1 Gone -> backing-off: DISARM SET-BACKOFF"},

		{"on-failure:3 has two restarts: the third failure is final", thrice, `
			start turn Started Exited:1 Gone   -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:SIGKILL Gone -> backing-off: DISARM SET-BACKOFF
			backoff turn                       -> starting: START
			NotStarted:127                     -> over failed`},
		{"on-failure:3 counts a row: a lasting life begins another", thrice, `
			start turn Started Exited:1 Gone      -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone         -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1:lasting Gone -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone         -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone         -> over failed: DISARM`},
		{"on-failure:3 counts a row: a restart by request begins another", thrice, `
			start turn Started Exited:1 Gone -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone    -> backing-off: DISARM SET-BACKOFF
			backoff turn Started restart Exited:1 Gone -> waiting: DISARM
			turn Started Exited:1 Gone       -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone    -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone    -> over failed: DISARM`},
		{"on-failure:3 counts a row: so does a start by request while it waits", thrice, `
			start turn Started Exited:1 Gone -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone -> backing-off: DISARM SET-BACKOFF
			backoff start                    -> waiting
			turn Started Exited:1 Gone       -> backing-off: DISARM SET-BACKOFF`},
		{"on-failure:3 after it failed for good, and a start by request", thrice, `
			start turn Started Exited:1 Gone -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone    -> backing-off: DISARM SET-BACKOFF
			backoff turn Started Exited:1 Gone    -> over failed: DISARM
			start                            -> waiting
			turn                             -> starting: START
			Started Exited:1 Gone            -> backing-off: DISARM SET-BACKOFF`},
	} {
		t.Run(story.name, func(t *testing.T) {
			var s state
			for line := range strings.Lines(strings.TrimSpace(story.lines)) {
				inputs, want, _ := strings.Cut(strings.TrimSpace(line), "->")
				var actions []action
				for word := range strings.FieldsSeq(inputs) {
					s, actions = step(s, parseEvent(t, word), story.policy)
				}
				if got, want := outcome(s, actions), strings.TrimSpace(want); got != want {
					t.Fatalf("%s:\n got %s\nwant %s", strings.TrimSpace(inputs), got, want)
				}
			}
		})
	}
}

// everyPair is the whole policy: for each state all inputs that mean something
// there, and what comes of them where no restart follows an end. An input that
// is not named changes nothing.
const everyPair = `
idle
	start       waiting
	restart     waiting
	stop        idle asked
	kill        idle asked

idle asked
	start       waiting
	restart     waiting

waiting
	turn        starting: START
	give-up     over failed
	stop        over asked
	kill        over asked

starting
	restart     starting again: CANCEL
	stop        starting down: CANCEL
	kill        starting down killed: CANCEL KILL
	Started     running
	NotStarted  over failed

starting down
	start       starting again
	restart     starting again
	kill        starting down killed: CANCEL KILL
	Started     stopping down: SIGNAL SET-DEADLINE
	NotStarted  over asked

starting again
	stop        starting down
	kill        starting down killed: CANCEL KILL
	Started     stopping again: SIGNAL SET-DEADLINE
	NotStarted  waiting

starting down killed
	start       starting again killed
	restart     starting again killed
	Started     stopping down killed
	NotStarted  over asked

starting again killed
	stop        starting down killed
	kill        starting down killed
	Started     stopping again killed
	NotStarted  waiting

running
	hold        running down
	hold-anew   running again
	stop        stopping down: SIGNAL SET-DEADLINE
	restart     stopping again: SIGNAL SET-DEADLINE
	kill        stopping down killed: DISARM KILL
	Exited      clearing ended

running again
	hold        running down
	stop        stopping down: SIGNAL SET-DEADLINE
	restart     stopping again: SIGNAL SET-DEADLINE
	kill        stopping down killed: DISARM KILL
	Exited      clearing again ended

running down
	hold-anew   running again
	start       running
	stop        stopping down: SIGNAL SET-DEADLINE
	restart     stopping again: SIGNAL SET-DEADLINE
	kill        stopping down killed: DISARM KILL
	Exited      clearing down ended

stopping down
	start       stopping again
	restart     stopping again
	kill        stopping down killed: DISARM KILL
	Exited      stopping down ended
	Gone        over asked: DISARM
	deadline    stopping down killed: KILL

stopping again
	stop        stopping down
	kill        stopping down killed: DISARM KILL
	Exited      stopping again ended
	Gone        waiting: DISARM
	deadline    stopping again killed: KILL

stopping down killed
	start       stopping again killed
	restart     stopping again killed
	Exited      stopping down ended killed
	Gone        over asked: DISARM

stopping again killed
	stop        stopping down killed
	kill        stopping down killed
	Exited      stopping again ended killed
	Gone        waiting: DISARM

stopping down ended
	start       stopping again ended
	restart     stopping again ended
	kill        stopping down ended killed: DISARM KILL
	Left        stopping down ended left: END-ELSEWHERE
	Gone        over asked: DISARM
	deadline    stopping down ended killed: KILL

stopping again ended
	stop        stopping down ended
	kill        stopping down ended killed: DISARM KILL
	Left        stopping again ended left: END-ELSEWHERE
	Gone        waiting: DISARM
	deadline    stopping again ended killed: KILL

stopping down ended left
	start       stopping again ended left
	restart     stopping again ended left
	kill        stopping down ended left killed: DISARM KILL
	Gone        over asked: DISARM
	deadline    stopping down ended left killed: KILL

stopping again ended left
	stop        stopping down ended left
	kill        stopping down ended left killed: DISARM KILL
	Gone        waiting: DISARM
	deadline    stopping again ended left killed: KILL

stopping down ended killed
	start       stopping again ended killed
	restart     stopping again ended killed
	Gone        over asked: DISARM

stopping again ended killed
	stop        stopping down ended killed
	kill        stopping down ended killed
	Gone        waiting: DISARM

stopping down ended left killed
	start       stopping again ended left killed
	restart     stopping again ended left killed
	Gone        over asked: DISARM

stopping again ended left killed
	stop        stopping down ended left killed
	kill        stopping down ended left killed
	Gone        waiting: DISARM

clearing ended
	start       clearing again ended
	restart     clearing again ended
	stop        clearing down ended
	kill        stopping down ended killed: DISARM KILL
	Left        clearing ended left: END-REST SET-DEADLINE
	Gone        over failed: DISARM
	deadline    clearing ended killed: KILL

clearing down ended
	start       clearing again ended
	restart     clearing again ended
	kill        stopping down ended killed: DISARM KILL
	Left        clearing down ended left: END-REST SET-DEADLINE
	Gone        over asked: DISARM
	deadline    clearing down ended killed: KILL

clearing again ended
	stop        clearing down ended
	kill        stopping down ended killed: DISARM KILL
	Left        clearing again ended left: END-REST SET-DEADLINE
	Gone        waiting: DISARM
	deadline    clearing again ended killed: KILL

clearing ended left
	start       clearing again ended left
	restart     clearing again ended left
	stop        clearing down ended left
	kill        stopping down ended left killed: DISARM KILL
	Gone        over failed: DISARM
	deadline    clearing ended left killed: KILL

clearing down ended left
	start       clearing again ended left
	restart     clearing again ended left
	kill        stopping down ended left killed: DISARM KILL
	Gone        over asked: DISARM
	deadline    clearing down ended left killed: KILL

clearing again ended left
	stop        clearing down ended left
	kill        stopping down ended left killed: DISARM KILL
	Gone        waiting: DISARM
	deadline    clearing again ended left killed: KILL

clearing ended left killed
	start       clearing again ended left killed
	restart     clearing again ended left killed
	stop        clearing down ended left killed
	kill        clearing down ended left killed
	Gone        over failed: DISARM

clearing down ended left killed
	start       clearing again ended left killed
	restart     clearing again ended left killed
	Gone        over asked: DISARM

clearing again ended left killed
	stop        clearing down ended left killed
	kill        clearing down ended left killed
	Gone        waiting: DISARM

backing-off
	start       waiting: DISARM
	restart     waiting: DISARM
	stop        over asked: DISARM
	kill        over asked: DISARM
	backoff     waiting

over succeeded
	start       waiting
	restart     waiting
	stop        over asked
	kill        over asked

over failed
	start       waiting
	restart     waiting
	stop        over asked
	kill        over asked

over asked
	start       waiting
	restart     waiting
`

// TestEveryPair holds step to the table, for every input in every state.
func TestEveryPair(t *testing.T) {
	table := make(map[string]map[string]string)
	var from string
	for line := range strings.Lines(everyPair) {
		text := strings.TrimSpace(line)
		switch {
		case text == "":
		case line[0] != '\t':
			from = text
			table[from] = make(map[string]string)
		default:
			word, want, _ := strings.Cut(text, " ")
			inputOf(t, word)
			table[from][word] = strings.TrimSpace(want)
		}
	}
	for from, rows := range table {
		s := parseState(t, from)
		for in, word := range inputWords {
			want, named := rows[word]
			if !named {
				want = from
			}
			next, actions := step(s, event{in: input(in), status: process.Status{Code: 3}}, never)
			if got := outcome(next, actions); got != want {
				t.Errorf("%s, %s:\n got %s\nwant %s", from, word, got, want)
			}
			if !named && next != s {
				t.Errorf("%s, %s: an input without a meaning changed %+v to %+v", from, word, s, next)
			}
		}
	}
	for s := range reachable() {
		if table[s.String()] == nil && s.lawful() {
			t.Errorf("the table does not speak of: %s", s)
		}
	}
}

// lawful leaves out what no process can come to: the deadline of a stop that
// was not begun.
func (s state) lawful() bool {
	return s.phase != clearing || !s.killed || s.left
}

func parseState(t *testing.T, text string) state {
	t.Helper()
	s := state{status: process.Status{Code: 3}}
	for i, word := range strings.Fields(text) {
		if i == 0 {
			s.phase = phase(slices.Index(phaseWords, word))
			continue
		}
		switch word {
		case "ended":
			s.ended = true
		case "left":
			s.left = true
		case "killed":
			s.killed = true
		default:
			if w := slices.Index(wantWords, word); w >= 0 {
				s.want = want(w)
			} else if e := slices.Index(endWords, word); e >= 0 {
				s.end = end(e)
			} else {
				t.Fatalf("no state %q", text)
			}
		}
	}
	if s.String() != text {
		t.Fatalf("state %q is read as %q", text, s)
	}
	return s
}

// allEvents are the inputs with every way to end that makes a difference.
func allEvents() []event {
	var all []event
	for in := range inputWords {
		switch in := input(in); in {
		case inGiveUp:
			all = append(all, event{in: in, status: process.Status{Code: 1}})
		case inExited, inNotStarted:
			for _, code := range []int{0, 3} {
				all = append(all, event{in: in, status: process.Status{Code: code}},
					event{in: in, status: process.Status{Code: code}, lasting: in == inExited})
			}
		default:
			all = append(all, event{in: in})
		}
	}
	return all
}

// reachable is every state that any inputs in any order lead to, under any
// policy; counts that grow without end are cut off.
func reachable() map[state]bool {
	const enough = 4
	seen := map[state]bool{{}: true}
	events := allEvents()
	for todo := []state{{}}; len(todo) > 0; {
		s := todo[0]
		todo = todo[1:]
		for _, policy := range []procfile.Restart{never, always, onFailure, thrice} {
			for _, e := range events {
				next, _ := step(s, e, policy)
				if !seen[next] && next.fails < enough && next.starts < enough {
					seen[next] = true
					todo = append(todo, next)
				}
			}
		}
	}
	return seen
}

// TestRepeatedEvents: an event that comes twice does nothing the second time.
// A start that was answered begins another life, whose events the loop tells
// apart, so what follows START is not repeated here.
func TestRepeatedEvents(t *testing.T) {
	for s := range reachable() {
		for _, policy := range []procfile.Restart{never, always, onFailure, thrice} {
			for _, e := range allEvents() {
				once, actions := step(s, e, policy)
				if e.in == inNotStarted && slices.Contains(actions, doStart) {
					continue
				}
				twice, more := step(once, e, policy)
				if twice != once || len(more) > 0 {
					t.Fatalf("%s of %s: %s, and once more: %s", inputWords[e.in], s, outcome(once, actions), outcome(twice, more))
				}
			}
		}
	}
}

// TestOver: an end for good says how, and what is not over says nothing.
func TestOver(t *testing.T) {
	for s := range reachable() {
		if s.phase == over && s.end == notOver || s.phase.active() && s.end != notOver {
			t.Errorf("%+v", s)
		}
	}
}
