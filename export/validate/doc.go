// Package validate reads exported files with the libraries of the engines: that
// of compose, the types of the Kubernetes API, HCL and what Nomad reads variables
// with. It is a module of its own, so that these are no matter of ganger's:
//
//	go -C export/validate test ./...
//
// The files are those of the golden trees, and those of an app with hundreds of
// random values.
package validate
