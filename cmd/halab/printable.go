package main

import (
	"strings"
	"unicode"
)

// printable replaces what would move a terminal's cursor or change its
// colours: headers and errors come from elsewhere. Line feeds and tabs stay.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
