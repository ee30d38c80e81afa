// Package procfile reads a Procfile: process types, the settings that stand in
// comments above them, and every mistake at once, each with its line.
//
//	web: bin/server --port $PORT
//
//	# ganger: stop-signal=INT stop-timeout=30s
//	worker: celery \
//	    worker -A tasks
//
// What foreman accepts is accepted: NAME: COMMAND, NAME made of A-Z, a-z, 0-9,
// "-" and "_", with or without a blank after the colon. So are a byte order
// mark, CRLF, blanks around the name, comments that begin with # or //, and a
// backslash at the end of a line, which joins the next one as a shell does. A
// line that is none of these is a mistake; foreman drops it, and with it a
// process.
//
// A command keeps its text except for the blanks around it. Foreman keeps the
// trailing ones; no shell and no splitting into words sees them, but every
// comparison and every listing would.
//
// [Settings] is what the settings come to; its keys stand in one table, [Keys],
// which serves Procfile, flags and defaults files alike.
package procfile

// File is what a Procfile says.
type File struct {
	Path  string // as given to Parse, for messages
	Types []Type // in the order of the file, names unique

	// Skipped holds the lines that were left out under Options.SkipBadLines.
	Skipped []Mistake

	// Notes holds what is allowed and probably not meant, such as settings
	// above an entry that is commented out.
	Notes []Mistake

	// Unread holds the comments above entries that look like settings and are
	// none, as for want of a colon.
	Unread []Mistake
}

// Type is one entry, a process type.
type Type struct {
	Name     string
	Command  string // continuation lines joined, never blank
	Line     int    // of the name, from 1
	Settings []Setting
}

// Setting is one key=value of a type. Parse has checked it: Settings.Set takes
// it without an error.
type Setting struct {
	Key, Value string
	Line       int
}

// Options changes how Parse reads.
type Options struct {
	// SkipBadLines leaves out lines that are no entry, and later entries of a
	// name that is already there. A bad setting stays a mistake: without it
	// the type would run in a way that nobody asked for.
	SkipBadLines bool

	// Checks look at the values of settings, by key, whose grammar belongs to
	// others. An error begins with the value, quoted.
	Checks map[string]func(value string) error
}

// Names returns the names of the types in the order of the file.
func (f *File) Names() []string {
	names := make([]string, len(f.Types))
	for i, t := range f.Types {
		names[i] = t.Name
	}
	return names
}

// Lookup returns the type of that name. Case counts.
func (f *File) Lookup(name string) (Type, bool) {
	for _, t := range f.Types {
		if t.Name == name {
			return t, true
		}
	}
	return Type{}, false
}

// ValidName reports whether name can be the name of a type.
func ValidName(name string) bool {
	for i := range len(name) {
		if !nameByte(name[i]) {
			return false
		}
	}
	return name != ""
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
