package haproxy

import (
	"fmt"
	"strings"
)

// QuoteArg writes s as one argument of a line of haproxy.cfg, so that HAProxy
// reads back exactly s (manual section 2.2, "Quoting and escaping"). A word of
// harmless characters stays as it is. Everything else stands in single quotes,
// in which HAProxy interprets nothing at all: no variable, no comment, no
// backslash. A single quote and control bytes stand outside of them, escaped.
//
// A NUL byte ends a string in HAProxy and cannot be written; callers validate
// their text, QuoteArg only keeps it from becoming anything but one argument.
func QuoteArg(s string) string {
	if isWord(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range []byte(s) {
		switch {
		case c == '\'':
			b.WriteString(`'\''`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `'\x%02x'`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// isWord says whether s needs no quotes.
func isWord(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("-_.:/@=,+*%()[]", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
