package cli

import (
	"context"
	"path"
	"slices"
	"time"

	"ganger/control"
	"ganger/formation"
	"ganger/supervisor"
	"ganger/treestat"
)

// Processes implements [control.App].
func (l *live) Processes(ctx context.Context, q control.ProcessQuery) ([]control.Process, error) {
	shot, err := l.b.sup.Snapshot(ctx)
	if err != nil {
		return nil, answer(err)
	}
	for _, name := range q.Names {
		if !slices.ContainsFunc(shot.Processes, func(p supervisor.ProcessView) bool { return means(name, p.Process) }) {
			return nil, noProcess(name, shot.Processes)
		}
	}
	var trees map[string]*control.Tree
	if q.Tree {
		trees = l.measure(shot.Processes)
	}
	procs := []control.Process{}
	for _, v := range shot.Processes {
		if len(q.Names) > 0 && !slices.ContainsFunc(q.Names, func(name string) bool { return means(name, v.Process) }) {
			continue
		}
		p := l.process(v)
		p.Tree = trees[p.Name]
		procs = append(procs, p)
	}
	return procs, nil
}

// means reports whether a name stands for a process: its own, its type's, or a
// pattern.
func means(name string, p formation.Process) bool {
	byName, _ := path.Match(name, p.Name)
	byType, _ := path.Match(name, p.Type)
	return byName || byType
}

// process is one as an answer has it.
func (l *live) process(v supervisor.ProcessView) control.Process {
	p := control.Process{
		Name:        v.Process.Name,
		Type:        v.Process.Type,
		Number:      v.Process.Number,
		State:       control.State(v.State),
		PID:         v.PID,
		Port:        v.Process.Port,
		Since:       v.Started,
		Restarts:    v.Restarts,
		Command:     v.Process.Line,
		NextRestart: v.Next,
		WaitsFor:    v.WaitsFor,
	}
	if v.State == supervisor.StateReady {
		p.Ready = readyOn(v.Ready)
	}
	if v.PID == 0 {
		p.Since = v.Ended
	}
	if !v.Ended.IsZero() {
		p.Status = statusOf(v.Status)
	}
	p.Prompt = l.b.prompt(p.Name)
	l.b.mu.Lock()
	defer l.b.mu.Unlock()
	p.Terminal = l.b.wantsTTY(v.Process)
	if life, ok := l.b.lives[p.Name]; ok {
		p.Terminal = life.tty
	}
	return p
}

// measure looks what the trees of processes take.
func (l *live) measure(procs []supervisor.ProcessView) map[string]*control.Tree {
	pids := l.b.keeper.Trees()
	now, stats := time.Now(), treestat.Read(pids)
	trees := make(map[string]*control.Tree, len(pids))
	for _, v := range procs {
		name := v.Process.Name
		stat, ok := stats[name]
		if !ok {
			continue
		}
		trees[name] = &control.Tree{
			Listens:    append([]int{}, stat.Ports...),
			CPUSeconds: stat.CPU.Seconds(),
			CPU:        stat.Percent(now),
			RSS:        int64(stat.RSS),
			PIDs:       pids[name],
		}
	}
	return trees
}
