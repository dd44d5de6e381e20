package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// plain makes a text from outside (a Server header, an error, a name) fit for
// one line of any report: what does not print, or turns the direction of
// writing, is written as its code, so that it can neither move a terminal's
// cursor nor hide. It is at most limit runes long; the rest is an ellipsis.
func plain(s string, limit int) string {
	var out strings.Builder
	for n := 0; s != ""; n++ {
		if n == limit {
			out.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
		case strconv.IsPrint(r):
			out.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		s = s[size:]
	}
	return out.String()
}

// maxText bounds a text from outside in runes where a report has room.
const maxText = 2000

// visible is plain for a text that is a whole line of its own.
func visible(s string) string { return plain(s, maxText) }
