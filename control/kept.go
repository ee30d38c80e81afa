package control

import (
	"os"
	"path/filepath"
)

// Kept are the paths at which runs of an app root have left a file or a folder
// by [Lock.Path], one for each place where there is one.
func (p Places) Kept(root, ext string) ([]string, error) {
	var paths []string
	err := p.existing(func(dir string) {
		path := filepath.Join(dir, nameOf(root)+ext)
		if _, err := os.Lstat(path); err == nil {
			paths = append(paths, path)
		}
	})
	return paths, err
}
