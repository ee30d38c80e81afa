package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ganger/procfile"
)

func composeFormat() Format {
	return Format{
		Name: "compose", Summary: "a service a type, for docker compose", Streams: true,
		comment: comment{open: "# "}, restarts: true, templates: "compose",
		make: func(r *renderer) { compose{r}.render() },
	}
}

type compose struct{ *renderer }

// composeService is what the template fills a service with. All strings are
// quoted.
type composeService struct {
	Name, Image, Command string
	User, WorkingDir     string
	TTY                  string
	EnvFiles             []string
	Environment          []Var
	Ports                string
	Replicas             int
	Restart, StopSignal  string
	StopGracePeriod      string
	PreStop              string
	DependsOn            []composeDependency
	Healthcheck          string
}

type composeDependency struct {
	Service, Condition string
	Restart            bool // when the other is restarted
}

// readyRetries is how often a health check fails, two seconds apart, before
// what depends on the service is given up.
const readyRetries = 30

func (c compose) render() {
	c.checkVars(composeName, utf8Value)
	c.folderWarnings()
	c.peerWarning(func(t Type) string { return t.Name })
	inline := c.InlineEnv || c.Location == ""
	var services []composeService
	for _, t := range c.Types {
		services = append(services, c.service(t, inline))
		if !inline {
			c.envFile(t.envName(c.Name), t.Config)
		}
	}
	if !inline {
		c.envFile(c.Name+".env", c.Config)
	}
	project := strings.ToLower(c.Name)
	if project != c.Name {
		c.warn("the project is called %s: compose takes lower case alone", project)
	}
	c.add("compose.yaml", "compose.yaml", 0o644, inline && c.hasConfig(), map[string]any{
		"Project": yamlQuote(project), "Services": services, "Retries": readyRetries,
	})
	c.imageHint()
	c.hint("docker compose -f LOCATION/compose.yaml up -d --remove-orphans")
}

func (c compose) service(t Type, inline bool) composeService {
	set := t.Settings
	args, dir := c.container(t)
	s := composeService{
		Name:            yamlQuote(t.Name),
		Image:           composeQuote(c.image()),
		Command:         list(args, composeQuote),
		Replicas:        len(t.Processes),
		Restart:         yamlQuote(composeRestart(t)),
		StopSignal:      procfile.SignalName(set.StopSignal),
		StopGracePeriod: yamlQuote(max(set.StopTimeout, time.Millisecond).String()), // 0 would be the default
	}
	if c.User != "" {
		s.User = composeQuote(c.User)
	}
	if dir != "" {
		s.WorkingDir = composeQuote(dir)
	}
	if set.TTY == procfile.TTYAlways {
		s.TTY = "true"
	}
	vars := c.given(t, Process{Name: t.Name, Port: t.Port})
	if inline {
		vars = append(c.config(t), vars...)
	} else {
		s.EnvFiles = c.envFiles(t)
	}
	for _, v := range vars {
		s.Environment = append(s.Environment, Var{Name: yamlQuote(v.Name), Value: composeQuote(v.Value)})
	}
	if t.Port > 0 && !t.Step() {
		s.Ports = yamlQuote(fmt.Sprintf("127.0.0.1:%s:%d", publishedPorts(t), t.Port))
	}
	for _, w := range c.waits(t) {
		s.DependsOn = append(s.DependsOn, composeDependency{
			yamlQuote(w.Name), composeCondition(w), slices.Contains(set.RestartWith, w.Name),
		})
	}
	if check := t.Ready.check(t.Port); check != "" && !t.Step() {
		s.Healthcheck = list([]string{"CMD-SHELL", check}, composeQuote)
	} else if t.Ready.Kind == ReadyLog {
		c.readyWarning(t)
	}
	if t.Settings.StopCommand != "" {
		s.PreStop = list(shellArgs(t.Settings.StopCommand), composeQuote)
	}
	c.inputWarning(t)
	c.stopWarning(t)
	return s
}

// publishedPorts are the ports of this machine that the processes have under
// start. Of a range the engine gives each container one; were it wider, they
// would get others after each change, since the engine goes on from the last.
func publishedPorts(t Type) string {
	if len(t.Processes) == 1 {
		return strconv.Itoa(t.Port)
	}
	return fmt.Sprintf("%d-%d", t.Port, t.Port+len(t.Processes)-1)
}

func composeCondition(t Type) string {
	switch {
	case t.Step():
		return "service_completed_successfully"
	case t.Ready.check(t.Port) != "":
		return "service_healthy"
	}
	return "service_started"
}

func composeRestart(t Type) string {
	switch r := t.Settings.Restart; {
	case r.Policy == procfile.Never, t.Step():
		return "no"
	case r.Policy == procfile.Always:
		return "unless-stopped"
	case r.Max > 0:
		return "on-failure:" + strconv.Itoa(r.Max)
	}
	return "on-failure"
}

// envFiles are those of a type, relative to the compose file.
func (c compose) envFiles(t Type) []string {
	var files []string
	if len(c.Config) > 0 {
		files = append(files, yamlQuote("./"+c.Name+".env"))
	}
	if len(t.Config) > 0 {
		files = append(files, yamlQuote("./"+t.envName(c.Name)))
	}
	return files
}

func (c compose) envFile(name string, vars []Var) {
	if len(vars) == 0 {
		return
	}
	var b strings.Builder
	for _, v := range vars {
		b.WriteString(composeEnvLine(v) + "\n")
	}
	c.addText(name, 0o600, true, []byte(b.String()))
}

// envName is the name of the file of a type's own values.
func (t Type) envName(app string) string { return app + "-" + t.Name + ".env" }

// composeName is the reason why an env_file cannot hold a variable's name.
func composeName(name string) string {
	for _, r := range name {
		if r >= 0x80 || !isAlnum(byte(r)) && !strings.ContainsRune("_.-", r) {
			return fmt.Sprintf("its name has %q", string(r))
		}
	}
	return ""
}
