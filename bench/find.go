package main

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
)

// find returns the managers to measure, each with its path.
func find(l *lab, o options, progress io.Writer) ([]manager, error) {
	known := managers()
	if err := checkNames(known, o); err != nil {
		return nil, err
	}
	var found []manager
	for _, m := range known {
		path, err := locate(l, m.name, o)
		if err != nil {
			return nil, err
		}
		if path == "" {
			continue
		}
		if m.path, err = filepath.Abs(path); err != nil {
			return nil, err
		}
		fmt.Fprintf(progress, "%s: %s\n", m.name, m.path)
		found = append(found, m)
	}
	return found, nil
}

// locate returns where a manager is, or "" for one that was not asked for or
// that nobody would miss.
func locate(l *lab, name string, o options) (string, error) {
	if name == ours {
		switch o.ganger {
		case "none":
			return "", nil
		case "":
			return l.buildGanger()
		}
		return exec.LookPath(o.ganger)
	}
	path, asked := o.paths[name]
	if !asked {
		path, asked = name, slices.Contains(o.peers, name)
	}
	if !asked && !slices.Contains(o.peers, "all") {
		return "", nil
	}
	resolved, err := exec.LookPath(path)
	if err != nil && asked {
		return "", fmt.Errorf("cannot find %s: %w", name, err)
	}
	return resolved, nil
}

func checkNames(known []manager, o options) error {
	names := slices.Clone(o.peers)
	for name := range o.paths {
		names = append(names, name)
	}
	for _, name := range names {
		isIt := func(m manager) bool { return m.name == name && name != ours }
		if name != "all" && name != "none" && !slices.ContainsFunc(known, isIt) {
			return fmt.Errorf("no peer %q is known", name)
		}
	}
	return nil
}
