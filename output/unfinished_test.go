package output

import (
	"context"
	"testing"
)

// What there is of unfinished lines comes when it is asked for, once, and the
// rest as the line's continuation.
func TestUnfinished(t *testing.T) {
	g := newRig(t, Options{})
	_, w := g.pipe("web.1")
	_, other := g.pipe("worker.1")
	put(t, w, "whole\nhal")
	g.await("hal")
	put(t, other, "(Pdb) ")
	g.await("(Pdb) ")
	f := g.Follow(FollowOptions{Names: []string{"w*"}, Lines: 1})
	if got := f.Unfinished(); got != nil {
		t.Errorf("before anything was read: %+v", got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := f.Next(ended); err == nil {
		t.Errorf("no line is whole, and there is %+v", got)
	}
	got := f.Unfinished()
	if len(got) != 2 || !got[0].Partial || !got[1].Partial || string(got[0].Data)+string(got[1].Data) != "hal(Pdb) " {
		t.Errorf("got %+v", got)
	}
	if again := f.Unfinished(); again != nil {
		t.Errorf("twice: %+v", again)
	}
	put(t, w, "f\nmore")
	g.await("more")
	if got, _ := next(t, f); got != "web.1:f\n" {
		t.Errorf("got %+v", got)
	}
	if got := f.Unfinished(); len(got) != 1 || string(got[0].Data) != "more" {
		t.Errorf("got %+v", got)
	}
	g.close()
	if got, want := rest(t, f), "web.1:\nworker.1:\n"; got != want && got != "worker.1:\nweb.1:\n" {
		t.Errorf("at the end: %q, want the ends of both lines: %q", got, want)
	}
}
