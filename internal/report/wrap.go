package report

// Wrap breaks a text between words into lines of at most width columns, as
// Text does; a word that is wider is broken within.
func Wrap(text string, width int) []string { return wrap(text, width) }
