package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"ganger/env"
	"ganger/export"
	"ganger/formation"
)

// exported is the app with the processes that start would run, in the
// environment of the env files alone.
func (a *app) exported(flags *exportFlags, format export.Format, location string) (export.App, error) {
	o, err := a.exportOptions(flags, format, location)
	if err != nil {
		return export.App{}, err
	}
	if err := formation.CheckNeeds(a.types(), a.settings); err != nil {
		problem, hint := parts(err)
		return export.App{}, fileError(a.place.procfile+": "+problem, hint)
	}
	choice, err := a.choice(nil)
	if err != nil {
		return export.App{}, err
	}
	// The release step goes along unless somebody said otherwise.
	number, named := choice.Of[formation.ReleaseType]
	except := a.opts.get("except")
	counts, err := choice.Counts(a.types(), except.items(), !named || number > 0)
	if err != nil {
		return export.App{}, withStatus(err, except.last().from, except.last().rank)
	}
	plan, err := a.plan(counts)
	if err != nil {
		return export.App{}, err
	}
	plan.Env = a.fileVars()
	procs, err := formation.Make(plan)
	if err != nil {
		problem, hint := parts(err)
		return export.App{}, a.chosenError(nil, problem, hint)
	}
	if len(procs) == 0 {
		return export.App{}, a.chosenError(nil, "nothing to export: every type has the number 0",
			fmt.Sprintf("the Procfile has %s", strings.Join(a.types(), ", ")))
	}
	return export.NewApp(procs, o), nil
}

// strayFlags names flags that mean nothing to the format.
func strayFlags(flags *exportFlags, format export.Format) []string {
	var lines []string
	for _, f := range []struct {
		name    string
		given   bool
		formats []string
	}{
		{"--image", flags.image != "", []string{"compose", "kubernetes", "nomad"}},
		{"--namespace", flags.namespace != "", []string{"kubernetes", "nomad"}},
		{"--template-units", flags.templates, []string{"systemd", "systemd-user"}},
		{"--harden", flags.harden, []string{"systemd", "systemd-user"}},
		{"--inline-env", flags.inline, []string{"systemd", "systemd-user", "compose"}},
	} {
		if f.given && !slices.Contains(f.formats, format.Name) {
			lines = append(lines, fmt.Sprintf("%s means nothing to %s: it is for %s", f.name, format.Name, strings.Join(f.formats, ", ")))
		}
	}
	return lines
}

// fileVars are the variables of the env files, with the values that count.
func (a *app) fileVars() env.Vars {
	var list []string
	for _, f := range a.envFiles {
		for _, pair := range f.Pairs {
			if value, ok := a.vars.Lookup(pair.Name); ok {
				list = append(list, pair.Name+"="+value)
			}
		}
	}
	return env.FromEnviron(list)
}

func (a *app) exportOptions(flags *exportFlags, format export.Format, location string) (export.Options, error) {
	o := export.Options{
		Name: flags.app, Root: a.place.root, User: flags.user, LogDir: flags.log, RunDir: flags.run,
		Image: flags.image, Namespace: flags.namespace,
		TemplateUnits: flags.templates, Harden: flags.harden, InlineEnv: flags.inline,
	}
	if o.Name == "" {
		o.Name = export.AppName(filepath.Base(a.place.root))
	} else if !export.ValidName(o.Name) {
		return o, usageError(fmt.Sprintf("--app: %q is no name for an app", o.Name), "use letters, digits, - and _, 40 at most, a letter or digit first")
	}
	if location != "-" {
		o.Location = absolute(a.cwd, location)
	}
	if o.User == "" && format.Users {
		o.User = o.Name
	}
	for _, dir := range []*string{&o.LogDir, &o.RunDir} {
		if *dir != "" {
			*dir = absolute(a.cwd, *dir)
		}
	}
	return o, nil
}
