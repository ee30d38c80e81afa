package control

import "time"

// What a client may take. Nobody who uses the API comes near these; they are
// for the one that sends nothing, or everything.
const (
	headerTime = 5 * time.Second        // from the connect, or the last answer's end, to the end of a header
	bodyTime   = 5 * time.Second        // from there to the end of the body
	writeTime  = 10 * time.Second       // of an answer that is no stream, for its client to read it
	idleTime   = 30 * time.Second       // of a connection between two requests
	closeTime  = 500 * time.Millisecond // for streams to end at Close before they are cut

	maxHeader  = 16 << 10
	maxBody    = 64 << 10
	maxError   = 1 << 20 // what a client reads of an error
	maxConns   = 512
	maxStreams = 400 // of them; the rest is for those who want an answer

	maxName    = 128 // letters in a name or a pattern
	maxNames   = 1024
	maxPattern = 1024 // bytes of a regular expression

	defaultLines = 100 // of a query for lines that does not say
)
