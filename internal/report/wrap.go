package report

import "strings"

// Wrap breaks a text between words into lines of at most width columns. A word
// that is wider is broken within.
func Wrap(text string, width int) []string {
	return fold(strings.Join(strings.Fields(text), " "), width)
}

// fold breaks a text as Wrap does; spaces within a line stay.
func fold(text string, width int) []string {
	width = max(width, 2) // room for what noCommand adds
	var lines []string
	runes := []rune(text)
	for len(runes) > width {
		at := width
		for at > 0 && runes[at] != ' ' {
			at--
		}
		if at == 0 {
			at = width
		}
		lines = append(lines, strings.TrimRight(string(runes[:at]), " "))
		runes = []rune(noCommand(strings.TrimLeft(string(runes[at:]), " ")))
	}
	return append(lines, string(runes))
}

// noCommand takes from a text that a break brings to the beginning of a line
// that GitHub Actions would obey it: there ::error:: and ##[error] are commands,
// also behind spaces.
func noCommand(line string) string {
	if strings.HasPrefix(line, "::") || strings.HasPrefix(line, "##[") {
		return `\` + line
	}
	return line
}
