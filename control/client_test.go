package control

import (
	"context"
	"errors"
	"io"
	"reflect"
	"regexp"
	"testing"
	"time"
)

// What the app says, the client says: it is the same interface.
func TestClientIsTheApp(t *testing.T) {
	app := &fakeApp{}
	r := newRig(t, app)
	ctx := patient(t)
	same := func(what string, got any, gotErr error, want any, wantErr error) {
		t.Helper()
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(gotErr, wantErr) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v, %v", what, got, gotErr, want, wantErr)
		}
	}
	gi, ge := r.client.Info(ctx)
	wi, we := app.Info(ctx)
	same("info", gi, ge, wi, we)
	for _, q := range []ProcessQuery{{}, {Tree: true}, {Names: []string{"web", "worker.1"}}, {Names: []string{"nope"}}} {
		got, ge := r.client.Processes(ctx, q)
		want, we := app.Processes(ctx, q)
		same("processes", got, ge, want, we)
	}
	for _, name := range []string{"web.1", "web.9"} {
		got, ge := r.client.Environment(ctx, name)
		want, we := app.Environment(ctx, name)
		same("environment", got, ge, want, we)
	}
	gf, ge := r.client.Formation(ctx)
	wf, we := app.Formation(ctx)
	same("formation", gf, ge, wf, we)

	for _, c := range []Command{
		{Action: Start, Names: []string{"web"}},
		{Action: Stop, Names: []string{"worker.*"}, Wait: true, Kill: true},
		{Action: Restart, Rolling: true, Wait: true},
		{Action: SendSig, Names: []string{"web.1"}, Signal: "USR1"},
		{Action: Quit, Kill: true},
		{Action: Scale, Counts: map[string]Count{"web": {N: 3}, "worker": {N: 1, Relative: true}, "clock": {N: -2, Relative: true}}, Wait: true},
		{Action: ReloadApp, Wait: true},
		{Action: Stop, Names: []string{"nope"}},
	} {
		var gp, wp []Progress
		got, ge := r.client.Do(ctx, c, func(p Progress) error { gp = append(gp, p); return nil })
		want, we := app.Do(ctx, c, func(p Progress) error { wp = append(wp, p); return nil })
		same(string(c.Action), got, ge, want, we)
		same(string(c.Action)+" progress", gp, nil, wp, nil)
		n := len(app.commands)
		same("command", app.commands[n-2], nil, app.commands[n-1], nil)
	}

	var gl, wl []Line
	q := LogQuery{Names: []string{"web"}, Lines: -1, Since: epoch(), Grep: regexp.MustCompile(`a+ (b|c)&`)}
	ge = r.client.Logs(ctx, q, func(l []Line) error { gl = append(gl, l...); return nil })
	we = app.Logs(ctx, q, func(l []Line) error { wl = append(wl, l...); return nil })
	same("logs", gl, ge, wl, we)
	same("query", app.queries[0], nil, app.queries[1], nil)
	q.Names = []string{"nope"}
	same("logs error", nil, r.client.Logs(ctx, q, nil), nil, app.Logs(ctx, q, nil))

	var gev, wev []Event
	ge = r.client.Events(ctx, func(e Event) error { gev = append(gev, e); return nil })
	we = app.Events(ctx, func(e Event) error { wev = append(wev, e); return nil })
	same("events", gev, ge, wev, we)
}

// An error after the first progress comes as the last line of the stream.
func TestErrorWithinAStream(t *testing.T) {
	no := &Error{Code: CodeFailed, Message: "it broke", Hint: "mend it"}
	app := &fakeApp{
		do: func(_ context.Context, _ Command, progress func(Progress) error) (Outcome, error) {
			return Outcome{}, errors.Join(progress(Progress{Event: &Event{Kind: KindApp}}), no)
		},
		logs: func(_ context.Context, _ LogQuery, emit func([]Line) error) error {
			return errors.Join(emit([]Line{{Text: "a"}}), no)
		},
		events: func(_ context.Context, emit func(Event) error) error {
			return errors.Join(emit(Event{Kind: KindApp}), no)
		},
	}
	r := newRig(t, app)
	ctx := patient(t)
	seen := 0
	_, err := r.client.Do(ctx, Command{Action: ReloadApp}, func(Progress) error { seen++; return nil })
	check := func(what string, err error) {
		t.Helper()
		if !reflect.DeepEqual(err, error(no)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("do", err)
	check("logs", r.client.Logs(ctx, LogQuery{}, func([]Line) error { seen++; return nil }))
	check("events", r.client.Events(ctx, func(Event) error { seen++; return nil }))
	if seen != 3 {
		t.Errorf("seen %d, not 3", seen)
	}
}

func TestNobodyAnswers(t *testing.T) {
	dir := shortTemp(t)
	c := Dial(dir + "/none")
	defer c.Close()
	_, err := c.Info(patient(t))
	var no *NotRunningError
	if !errors.As(err, &no) || no.Socket != dir+"/none" {
		t.Errorf("no socket: %v", err)
	}
	l, err := Listen(dir + "/s")
	if err != nil {
		t.Fatal(err)
	}
	l.unix.Close() // leaves the file
	c = Dial(dir + "/s")
	defer c.Close()
	if _, err := c.Info(patient(t)); !errors.As(err, &no) {
		t.Errorf("stale socket: %v", err)
	}
	if _, err := c.Attach(patient(t), "web", Size{}); !errors.As(err, &no) {
		t.Errorf("stale socket: %v", err)
	}
}

// The end of the app is a good end of lines that are followed, and none of those
// that were asked for and have not come.
func TestLogsAtTheEnd(t *testing.T) {
	for _, follow := range []bool{false, true} {
		asked := make(chan struct{})
		app := &fakeApp{logs: func(ctx context.Context, _ LogQuery, _ func([]Line) error) error {
			close(asked)
			<-ctx.Done()
			return ctx.Err()
		}}
		r := newRig(t, app, unhurried)
		errs := make(chan error, 1)
		go func() {
			errs <- r.client.Logs(patient(t), LogQuery{Follow: follow}, func([]Line) error { return nil })
		}()
		receive(t, asked, "the request")
		r.server.Close()
		err := receive(t, errs, "the end of the lines")
		var no *Error
		if follow && err != nil || !follow && (!errors.As(err, &no) || no.Code != CodeStopping) {
			t.Errorf("follow %v: %v", follow, err)
		}
	}
}

// A request that comes as the server begins to close is told that the app ends,
// and not that it is no request.
func TestAskedAtTheEnd(t *testing.T) {
	r := newRig(t, &fakeApp{})
	r.answers(t)
	r.server.mu.Lock()
	r.server.closed = true // the first that Close does
	r.server.mu.Unlock()
	var no *Error
	if _, err := r.client.Info(patient(t)); !errors.As(err, &no) || no.Code != CodeStopping {
		t.Errorf("at the end of the app: %v", err)
	}
}

// The app ends while a client waits.
func TestLost(t *testing.T) {
	asked := make(chan struct{}, 3)
	app := &fakeApp{do: func(ctx context.Context, _ Command, _ func(Progress) error) (Outcome, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return Outcome{}, ctx.Err()
	}}
	r := newRig(t, app, unhurried)
	errs := make(chan error, 1)
	go func() {
		_, err := r.client.Do(patient(t), Command{Action: Restart, Wait: true}, nil)
		errs <- err
	}()
	receive(t, asked, "the request")
	r.server.Close()
	var no *Error
	if err := receive(t, errs, "the answer"); !errors.As(err, &no) || no.Code != CodeStopping {
		t.Errorf("at the end of the app: %v", err)
	}

	// One that is there and says nothing.
	l, err := Listen(shortTemp(t) + "/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.unix.Accept()
		if err == nil {
			c.Close()
		}
	}()
	c := Dial(l.path)
	defer c.Close()
	var lost *LostError
	if _, err := c.Info(patient(t)); !errors.As(err, &lost) {
		t.Errorf("a connection that breaks: %v", err)
	}
}

// A stopped app takes connections, and says nothing.
func TestNoAnswer(t *testing.T) {
	l, err := Listen(shortTemp(t) + "/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := Dial(l.path)
	defer c.Close()
	c.answer = time.Millisecond
	_, err = c.Info(patient(t))
	_, derr := c.Do(patient(t), Command{Action: Stop}, nil)
	for _, err := range []error{err, derr} {
		var lost *LostError
		if !errors.As(err, &lost) || lost.Err.Error() != "no answer within 1ms" {
			t.Errorf("%v", err)
		}
	}
}

func TestContextEnds(t *testing.T) {
	app := &fakeApp{}
	r := newRig(t, app)
	ctx, cancel := context.WithCancel(context.Background())
	err := r.client.Logs(ctx, LogQuery{Follow: true}, func([]Line) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("logs: %v", err)
	}
	stop := errors.New("enough")
	if err := r.client.Logs(patient(t), LogQuery{Follow: true}, func([]Line) error { return stop }); err != stop {
		t.Errorf("logs: %v", err)
	}
}

func TestAttach(t *testing.T) {
	app := &fakeApp{}
	r := newRig(t, app)
	_, err := r.client.Attach(patient(t), "worker.1", Size{80, 24})
	var no *Error
	if !errors.As(err, &no) || no.Code != CodeConflict || no.Hint == "" {
		t.Fatalf("attach to pipes: %v", err)
	}
	term, err := r.client.Attach(patient(t), "web.1", Size{80, 24})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := next(t, term); err != nil || s.Notice != "ctrl-] leaves" {
		t.Fatalf("first: %+v, %v", s, err)
	}
	term.Resize(Size{100, 50})
	big := make([]byte, 3*frameMax+17)
	for i := range big {
		big[i] = byte('a' + i%26)
	}
	if _, err := term.Write(big); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(big); {
		s, err := next(t, term)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Data {
			if want := byte('A' + n%26); c != want {
				t.Fatalf("byte %d is %q, not %q", n, c, want)
			}
			n++
		}
	}
	if app.sizes[0] != (Size{80, 24}) || app.sizes[1] != (Size{100, 50}) {
		t.Errorf("sizes %v", app.sizes)
	}
	term.Close()
	if _, err := next(t, term); err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
}

// slowEcho takes what is typed later than the client leaves.
type slowEcho struct {
	*echo
	typed chan string
}

func (e slowEcho) Write(p []byte) (int, error) {
	select {
	case e.typed <- string(p):
		return len(p), nil
	case <-e.closed:
		return 0, io.ErrClosedPipe
	}
}

// What was typed just before the client left is not lost.
func TestAttachLastKeys(t *testing.T) {
	typed := make(chan string)
	app := &fakeApp{}
	app.attach = func(_ string, size Size) (Terminal, error) {
		return slowEcho{newEcho(app, size), typed}, nil
	}
	r := newRig(t, app, unhurried)
	term, err := r.client.Attach(patient(t), "web.1", Size{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := term.Write([]byte("quit")); err != nil {
		t.Fatal(err)
	}
	term.Close()
	if got := receive(t, typed, "what was typed"); got != "quit" {
		t.Errorf("typed %q", got)
	}
}

// leftEcho is one whose process writes once the client has left.
type leftEcho struct {
	slowEcho
	gone chan struct{}
}

func (e leftEcho) Next() (Shown, error) {
	select {
	case <-e.gone:
		return Shown{Data: []byte("more")}, nil
	case <-e.closed:
		return Shown{}, io.EOF
	}
}

// The same, where what the process writes finds the client gone first.
func TestAttachLastKeysWhileItWrites(t *testing.T) {
	e := leftEcho{slowEcho{newEcho(&fakeApp{}, Size{}), make(chan string)}, make(chan struct{})}
	r := newRig(t, &fakeApp{attach: func(string, Size) (Terminal, error) { return e, nil }}, unhurried)
	term, err := r.client.Attach(patient(t), "web.1", Size{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := term.Write([]byte("quit")); err != nil {
		t.Fatal(err)
	}
	term.Close()
	close(e.gone)
	select {
	case <-e.closed:
		t.Fatal("the terminal is given up, with what was typed")
	case <-time.After(100 * time.Millisecond): // or it would not have been yet
	}
	if got := receive(t, e.typed, "what was typed"); got != "quit" {
		t.Errorf("typed %q", got)
	}
}

// Close brings a terminal to its end in good order.
func TestAttachAtTheEnd(t *testing.T) {
	r := newRig(t, &fakeApp{}, unhurried)
	term, err := r.client.Attach(patient(t), "web.1", Size{})
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	if _, err := next(t, term); err != nil {
		t.Fatal(err)
	}
	r.server.Close()
	var no *Error
	if _, err := next(t, term); !errors.As(err, &no) || no.Code != CodeStopping {
		t.Errorf("at the end of the app: %v", err)
	}
}
