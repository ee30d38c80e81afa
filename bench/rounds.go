package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
)

const floorName = "the floor"

// A subject is a column of the table: the floor or a manager.
type subject struct {
	name    string
	measure func(benchmark) (sample, error)
}

// subjectsOf are the floor and the managers.
func subjectsOf(l *lab, managers []manager) []subject {
	all := []subject{{floorName, func(b benchmark) (sample, error) {
		if b.floor == nil {
			return sample{}, cannotError("there is none")
		}
		return b.floor(l)
	}}}
	for _, m := range managers {
		all = append(all, subject{m.name, func(b benchmark) (sample, error) { return b.measure(l, m) }})
	}
	return all
}

// A figure is what came out of all rounds of one metric for one subject.
type figure struct {
	Subject string    `json:"subject"`
	Median  float64   `json:"median,omitempty"`
	Rounds  []float64 `json:"rounds,omitempty"`
	Flaw    string    `json:"flaw,omitempty"`   // why the median is no figure
	Reason  string    `json:"reason,omitempty"` // why there is none
	Detail  string    `json:"detail,omitempty"`
}

// counts reports that the figure can be compared.
func (f figure) counts() bool { return f.Flaw == "" && f.Reason == "" && len(f.Rounds) > 0 }

// An outcome is a row of the table.
type outcome struct {
	Case    string   `json:"case"`
	About   string   `json:"about"`
	Metric  string   `json:"metric"`
	Unit    string   `json:"unit"`
	More    bool     `json:"more_is_better"`
	Figures []figure `json:"figures"`
}

// measure runs a case for every subject in rounds. A subject that failed once
// is out: a second time would take as long and say the same.
func measure(ctx context.Context, b benchmark, subjects []subject, rounds int, progress func(string)) []outcome {
	samples := make([][]sample, len(subjects))
	failed := make([]error, len(subjects))
	once := func(round, i int) {
		s, err := subjects[i].measure(b)
		if err != nil {
			failed[i] = err
			return
		}
		samples[i] = append(samples[i], s)
	}
	for round := range rounds {
		if b.together {
			progress(fmt.Sprintf("%s, round %d: all at the same time", b.name, round+1))
		}
		var all sync.WaitGroup
		for turn := range subjects {
			i := (turn + round) % len(subjects)
			if failed[i] != nil || ctx.Err() != nil {
				continue
			}
			if b.together {
				all.Go(func() { once(round, i) })
				continue
			}
			progress(fmt.Sprintf("%s, round %d: %s", b.name, round+1, subjects[i].name))
			once(round, i)
		}
		all.Wait()
	}
	outcomes := make([]outcome, len(b.metrics))
	for i, m := range b.metrics {
		o := outcome{Case: b.name, About: b.about, Metric: m.name, Unit: m.unit, More: m.more}
		for j, s := range subjects {
			o.Figures = append(o.Figures, summary(s.name, m.name, samples[j], failed[j]))
		}
		outcomes[i] = o
	}
	return outcomes
}

// summary is the median of the rounds. One flawed round makes the whole no
// figure, since what loses a line once loses it whenever it likes.
func summary(subject, metric string, samples []sample, failed error) figure {
	f := figure{Subject: subject}
	var cannot cannotError
	switch {
	case errors.As(failed, &cannot):
		f.Reason = cannot.Error()
	case errors.Is(failed, os.ErrDeadlineExceeded):
		f.Reason = notDone
	case failed != nil:
		f.Reason = failed.Error()
	}
	for _, s := range samples {
		if v, ok := s.values[metric]; ok {
			f.Rounds = append(f.Rounds, v)
		}
		if s.flaw != "" {
			f.Flaw = s.flaw
		}
		if s.detail != "" {
			f.Detail = s.detail
		}
	}
	if len(f.Rounds) > 0 {
		f.Median = median(f.Rounds)
	}
	return f
}

var notDone = fmt.Sprintf("not done in %.0f s", limit.Seconds())

// best is the figure of the best of the others: neither the floor nor name.
func (o outcome) best(name string) (best figure, ok bool) {
	limit := math.Inf(1)
	for _, f := range o.Figures {
		if f.Subject == name || f.Subject == floorName || !f.counts() {
			continue
		}
		v := f.Median
		if o.More {
			v = -v
		}
		if v < limit {
			limit, best, ok = v, f, true
		}
	}
	return best, ok
}

// of is the figure of one subject.
func (o outcome) of(name string) (figure, bool) {
	for _, f := range o.Figures {
		if f.Subject == name {
			return f, true
		}
	}
	return figure{}, false
}
