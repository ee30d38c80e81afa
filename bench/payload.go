package main

// A payload is the text of one line as a process wrote it, without newline:
//
//	~a000000000042xxxxxxxx~
//
// a tilde, the writer's letter, the line's number, filler, a tilde. No manager
// puts a tilde in a label, and JSON does not escape one.
const (
	tilde       = '~'
	digits      = 12
	digitsFrom  = 2
	fillerFrom  = digitsFrom + digits
	minPayload  = fillerFrom + 1
	firstWriter = 'a'
)

// payload is line 0 of a writer, size bytes long.
func payload(writer byte, size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = 'x'
	}
	p[0], p[1], p[size-1] = tilde, writer, tilde
	number := p[digitsFrom:fillerFrom]
	for i := range number {
		number[i] = '0'
	}
	return p
}

// advance turns a payload into the one after it.
func advance(p []byte) {
	for i := fillerFrom - 1; i >= digitsFrom; i-- {
		if p[i] != '9' {
			p[i]++
			return
		}
		p[i] = '0'
	}
}

// lineNumber reads a payload's number.
func lineNumber(p []byte) (n int, ok bool) {
	for _, c := range p[digitsFrom:fillerFrom] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func setLineNumber(p []byte, n int) {
	for i := fillerFrom - 1; i >= digitsFrom; i-- {
		p[i] = byte('0' + n%10)
		n /= 10
	}
}
