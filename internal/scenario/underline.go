package scenario

import (
	"strconv"
	"strings"
	"unicode"
)

// Of a long line only a window round the mistake is shown.
const (
	windowBefore = 60
	windowAll    = 120
)

// underline returns the line as it can be shown on a terminal and below it a
// mark of ^~~~ under the characters from col on. Tabs stay tabs in both, and
// a character that takes two columns gets two marks, so that the mark stands
// where it belongs whatever the terminal's tab width is.
func underline(source string, col, width int) (line, mark string) {
	runes := []rune(source)
	from := min(max(col-1, 0), len(runes))
	to := min(max(from+width, from+1), max(len(runes), from+1))
	var shown, marks strings.Builder
	first := 0
	if len(runes) > windowAll && from > windowBefore {
		first = from - windowBefore
		shown.WriteString("…")
		marks.WriteString(" ")
	}
	for i := first; i < len(runes) && i < first+windowAll; i++ {
		r := visible(runes[i])
		shown.WriteRune(r)
		marks.WriteString(markOf(r, i, from, to))
	}
	if first+windowAll < len(runes) {
		shown.WriteString("…")
	}
	if from >= len(runes) {
		marks.WriteString("^")
	}
	return strings.TrimRight(shown.String(), " \t"), strings.TrimRight(marks.String(), " \t")
}

// markOf returns what stands below the character r at index i.
func markOf(r rune, i, from, to int) string {
	columns := columnsOf(r)
	switch {
	case columns == 0:
		return ""
	case i < from && r == '\t', i >= to && r == '\t':
		return "\t"
	case i < from || i >= to:
		return strings.Repeat(" ", columns)
	case i == from:
		return "^" + strings.Repeat("~", columns-1)
	default:
		return strings.Repeat("~", columns)
	}
}

// visible replaces what would move a terminal's cursor or change its colours.
func visible(r rune) rune {
	if r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)) {
		return '\uFFFD'
	}
	return r
}

// mostShown is how many characters of a text a message repeats.
const mostShown = 80

// quoted is text for a message in quotes, as Go writes them.
func quoted(text string) string {
	if runes := []rune(text); len(runes) > mostShown {
		return strconv.Quote(string(runes[:mostShown])) + "…"
	}
	return strconv.Quote(text)
}

// printable is text for a message: visible characters only, and not too many.
func printable(text string) string {
	const most = mostShown
	runes := []rune(text)
	cut := len(runes) > most
	if cut {
		runes = runes[:most]
	}
	for i, r := range runes {
		if r = visible(r); r == '\t' {
			r = ' '
		}
		runes[i] = r
	}
	if cut {
		return string(runes) + "…"
	}
	return string(runes)
}

// wide are the blocks whose characters take two columns (Unicode TR 11,
// classes W and F), as far as people write in them.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115F, Stride: 1},
		{Lo: 0x231A, Hi: 0x231B, Stride: 1},
		{Lo: 0x23E9, Hi: 0x23EC, Stride: 1},
		{Lo: 0x2E80, Hi: 0x303E, Stride: 1},
		{Lo: 0x3041, Hi: 0x33FF, Stride: 1},
		{Lo: 0x3400, Hi: 0x4DBF, Stride: 1},
		{Lo: 0x4E00, Hi: 0x9FFF, Stride: 1},
		{Lo: 0xA000, Hi: 0xA4CF, Stride: 1},
		{Lo: 0xAC00, Hi: 0xD7A3, Stride: 1},
		{Lo: 0xF900, Hi: 0xFAFF, Stride: 1},
		{Lo: 0xFE30, Hi: 0xFE6F, Stride: 1},
		{Lo: 0xFF00, Hi: 0xFF60, Stride: 1},
		{Lo: 0xFFE0, Hi: 0xFFE6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1F300, Hi: 0x1F64F, Stride: 1},
		{Lo: 0x1F680, Hi: 0x1F6FF, Stride: 1},
		{Lo: 0x1F900, Hi: 0x1F9FF, Stride: 1},
		{Lo: 0x20000, Hi: 0x3FFFD, Stride: 1},
	},
}

// columnsOf is how many columns of a terminal r takes. A tab counts one here:
// it is copied where it matters.
func columnsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}
