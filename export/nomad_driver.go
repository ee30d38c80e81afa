package export

import "strings"

func (n nomad) driver() string {
	if n.Image != "" {
		return "docker"
	}
	return "raw_exec"
}

func (n nomad) driverConfig(t Type) []string {
	args, dir := n.arguments(t)
	var attributes []Var
	if n.Image == "" {
		attributes = []Var{
			{Name: "command", Value: hclConfig(args[0])},
			{Name: "args", Value: list(args[1:], hclConfig)},
		}
	} else {
		attributes = []Var{
			{Name: "image", Value: hclConfig(n.Image)},
			{Name: "args", Value: list(args, hclConfig)},
			{Name: "init", Value: "true"},
		}
		if t.Port > 0 && !t.Step() {
			attributes = append(attributes, Var{Name: "ports", Value: `["http"]`})
		}
	}
	if dir != "" {
		attributes = append(attributes, Var{Name: "work_dir", Value: hclConfig(dir)})
	}
	return hclAttributes(attributes)
}

// arguments are the command of a type, and the folder to start it in where that
// is not the image's own.
func (n nomad) arguments(t Type) (args []string, dir string) {
	folder := t.Dir
	if n.Image == "" {
		args, dir = shellArgs(t.Command.Script), t.Dir
	} else {
		args, dir = n.container(t)
		if rel, inside := n.relDir(t); inside {
			folder = rel
		}
	}
	if !composes(dir) && !composes(strings.Join(args, " ")) {
		return args, dir
	}
	script := t.Command.Script
	if folder != "" {
		script = changeDir(folder) + script
	}
	return shellArgs(printedScript(script)), ""
}
