package procfile

import "slices"

// Differences names the settings that are not alike in s and o, as Set takes
// them: "restart", "env.NAME".
func (s Settings) Differences(o Settings) []string {
	var names []string
	add := func(name string, same bool) {
		if !same {
			names = append(names, name)
		}
	}
	add("restart", s.Restart == o.Restart)
	add("restart-delay", s.RestartDelay == o.RestartDelay)
	add("stop-signal", s.StopSignal == o.StopSignal)
	add("stop-timeout", s.StopTimeout == o.StopTimeout)
	add("stop-to", s.StopTo == o.StopTo)
	add("port", s.Port == o.Port)
	add("tty", s.TTY == o.TTY)
	add("stdin", s.Stdin == o.Stdin)
	add("quiet", s.Quiet == o.Quiet)
	add("dir", s.Dir == o.Dir)
	for _, name := range differentVars(s.Env, o.Env) {
		add("env."+name, false)
	}
	add("env-file", slices.Equal(s.EnvFiles, o.EnvFiles))
	add("leave", slices.Equal(s.Leave, o.Leave))
	add("needs", slices.Equal(s.Needs, o.Needs))
	add("ready", s.Ready == o.Ready)
	add("ready-timeout", s.ReadyTimeout == o.ReadyTimeout)
	add("restart-with", slices.Equal(s.RestartWith, o.RestartWith))
	add("stop-command", s.StopCommand == o.StopCommand)
	add("watch", slices.Equal(s.Watch, o.Watch))
	return names
}

// differentVars are the names that a and b do not give the same value.
func differentVars(a, b []EnvVar) []string {
	var names []string
	for _, v := range slices.Concat(a, b) {
		if slices.Contains(a, v) != slices.Contains(b, v) && !slices.Contains(names, v.Name) {
			names = append(names, v.Name)
		}
	}
	return names
}
