package soak

import (
	"slices"
	"testing"
)

func TestModel(t *testing.T) {
	types := func(names ...string) (all []kind) {
		for _, name := range names {
			all = append(all, kind{name: name})
		}
		return all
	}
	m := &model{types: types("a", "b"), count: map[string]int{"a": 2, "b": 1}, down: map[string]bool{}, given: true}
	for _, step := range []struct {
		what string
		do   func()
		want []string
	}{
		{"begun", func() {}, []string{"a.1", "a.2", "b.1"}},
		{"one stopped", func() { m.stop([]string{"a.2"}) }, []string{"a.1", "b.1"}},
		{"its type scaled up", func() { m.scale("a", 3) }, []string{"a.1", "a.3", "b.1"}},
		{"another type stopped by pattern", func() { m.stop([]string{"b.*"}) }, []string{"a.1", "a.3"}},
		{"scaled away, and back", func() { m.scale("a", 0); m.scale("a", 2) }, []string{"a.1", "a.2"}},
		{"a type more, which the start did not give a number", func() { m.reload(types("c", "a", "b")) }, []string{"a.1", "a.2"}},
		{"that started", func() { m.up([]string{"c"}) }, []string{"c.1", "a.1", "a.2"}},
		{"a type less", func() { m.reload(types("c", "b")) }, []string{"c.1"}},
		{"that again", func() { m.reload(types("c", "b", "a")) }, []string{"c.1"}},
		{"what was stopped started", func() { m.up([]string{"b"}) }, []string{"c.1", "b.1"}},
	} {
		before := m.clone()
		step.do()
		got := slices.DeleteFunc(m.names(), func(name string) bool { return !m.wants(name) })
		if !slices.Equal(got, step.want) {
			t.Errorf("%s: %q should run, want %q (before: %+v)", step.what, got, step.want, before)
		}
	}
}
