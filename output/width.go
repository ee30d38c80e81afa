package output

// Width is how many columns of a terminal a plain text takes.
func Width(text string) int { return columns([]byte(text)) }

// Cut is as much of a plain text as fits into so many columns of a terminal.
// That something was left out shows in the last.
func Cut(text string, cols int) string {
	if Width(text) <= cols {
		return text
	}
	if cols < 1 {
		return ""
	}
	n, end := 0, 0
	for i, r := range text {
		if n > cols-1 {
			break
		}
		end = i
		n += Width(string(r))
	}
	return text[:end] + "…"
}
