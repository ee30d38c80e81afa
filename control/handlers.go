package control

import (
	_ "embed" // openapi.yaml
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

//go:embed openapi.yaml
var openAPI []byte

func (q *request) getOpenAPI() error {
	if err := q.query(nil); err != nil {
		return err
	}
	q.send(http.StatusOK, typeYAML, openAPI)
	return nil
}

func (q *request) getApp() error {
	if err := q.query(nil); err != nil {
		return err
	}
	info, err := q.server.app.Info(q.ctx())
	if err != nil {
		return err
	}
	info.Formation = list(info.Formation)
	return q.answer(info)
}

func (q *request) getFormation() error {
	if err := q.query(nil); err != nil {
		return err
	}
	types, err := q.server.app.Formation(q.ctx())
	if err != nil {
		return err
	}
	return q.answer(formation{list(types)})
}

func (q *request) getProcesses() error {
	var query ProcessQuery
	if err := q.query(params{"name": patterns(&query.Names), "tree": yesNo(&query.Tree)}); err != nil {
		return err
	}
	all, err := q.processes(query)
	if err != nil {
		return err
	}
	return q.answer(processList{all})
}

// processes asks the app for processes.
func (q *request) processes(query ProcessQuery) ([]Process, error) {
	all, err := q.server.app.Processes(q.ctx(), query)
	for i := range all {
		if t := all[i].Tree; t != nil {
			t.Listens, t.PIDs = list(t.Listens), list(t.PIDs)
		}
	}
	return list(all), err
}

// list makes of no list an empty one: in JSON that is [] and not null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func (q *request) getProcess() error {
	query := ProcessQuery{Names: []string{q.name}}
	if err := q.query(params{"tree": yesNo(&query.Tree)}); err != nil {
		return err
	}
	all, err := q.processes(query)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(p Process) bool { return p.Name == q.name })
	if i < 0 {
		return &Error{Code: CodeUnknown, Message: fmt.Sprintf("no process %q", q.name),
			Hint: "/v1/processes?name=" + q.name + " has all of a type"}
	}
	return q.answer(all[i])
}

func (q *request) getEnvironment() error {
	if err := q.query(nil); err != nil {
		return err
	}
	vars, err := q.server.app.Environment(q.ctx(), q.name)
	if err != nil {
		return err
	}
	if q.conn == nil || q.conn.uid != q.server.owner {
		vars.Values = false
	}
	vars.Variables = slices.Clone(list(vars.Variables))
	if !vars.Values {
		for i := range vars.Variables {
			vars.Variables[i].Value = ""
		}
	}
	return q.answer(vars)
}

// command answers an action, whose body has no other fields than those named.
func command(action Action, fields ...string) func(*request) error {
	return func(q *request) error {
		if err := q.query(nil); err != nil {
			return err
		}
		c, err := q.command(action, fields)
		if err != nil {
			return err
		}
		st := q.stream(typeNDJSON)
		outcome, err := q.server.app.Do(q.ctx(), c, func(p Progress) error {
			if err := st.put(p); err != nil {
				return err
			}
			return st.flush()
		})
		if err != nil {
			return err
		}
		outcome.Processes = list(outcome.Processes)
		if err := st.put(step{Outcome: &outcome}); err != nil {
			return err
		}
		return st.flush()
	}
}

// command reads and checks what is to be done.
func (q *request) command(action Action, fields []string) (Command, error) {
	text, err := q.body()
	if err != nil {
		return Command{}, err
	}
	var (
		c     Command
		given map[string]json.RawMessage
	)
	if err = json.Unmarshal(text, &given); err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return c, badRequest("cannot read the body: "+err.Error(), "")
	}
	for name := range given {
		if !slices.Contains(fields, name) {
			return c, badRequest(fmt.Sprintf("%s takes no field %.40q", action, name), "")
		}
	}
	c.Action = action
	if err := checkPatterns(c.Names); err != nil {
		return c, err
	}
	switch action {
	case SendSig:
		if len(c.Names) == 0 {
			return c, badRequest("there is no name", "a signal to all has the name *")
		}
		return c, checkSignal(c.Signal)
	case Scale:
		if len(c.Counts) == 0 {
			return c, badRequest("there are no counts", `send {"counts": {"web": 2}}`)
		}
		for typ := range c.Counts {
			if err := checkName(typ); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

func (q *request) getLogs() error {
	query := LogQuery{Lines: defaultLines}
	err := q.query(params{
		"process": patterns(&query.Names),
		"lines":   lineCount(&query.Lines),
		"since":   since(&query.Since),
		"grep":    pattern(&query.Grep),
		"follow":  yesNo(&query.Follow),
	})
	if err != nil {
		return err
	}
	done, err := q.server.stream()
	if err != nil {
		return err
	}
	defer done()
	st := q.stream(typeNDJSON)
	if query.Follow {
		return q.followLogs(st, query)
	}
	err = q.server.app.Logs(q.ctx(), query, func(lines []Line) error {
		for i := range lines {
			st.putLine(&lines[i])
			if st.buf.Len() >= logPiece {
				if err := q.paced(st); err != nil {
					return err
				}
			}
		}
		return q.paced(st)
	})
	if err != nil {
		return err // what was asked for has not come, whatever the reason
	}
	return st.end(nil)
}

func (q *request) followLogs(st *stream, query LogQuery) error {
	return st.end(q.follow(st).run(query))
}

// logPiece is about how many bytes of lines are made and written at a time. The
// work for more would be done before its turn.
const logPiece = 64 << 10

// paced writes what was put, when it is its turn. At the end of the app there is
// nothing that the turns protect any more.
func (q *request) paced(st *stream) error {
	if err := q.server.pace.wait(q.ctx(), st.buf.Len()); err != nil && q.server.life.Err() == nil {
		return err
	}
	return st.flush()
}

func (q *request) getEvents() error {
	if err := q.query(nil); err != nil {
		return err
	}
	done, err := q.server.stream()
	if err != nil {
		return err
	}
	defer done()
	st := q.stream(typeEvents)
	err = q.server.app.Events(q.ctx(), func(e Event) error {
		if err := st.put(e); err != nil {
			return err
		}
		return st.flush()
	})
	return st.end(err)
}
