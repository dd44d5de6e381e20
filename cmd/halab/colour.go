package main

// The colours, as parameters of SGR (ECMA-48).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func paint(on bool, colour, text string) string {
	if !on || text == "" || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// paint colours a line of narration where colour is wanted.
func (c *console) paint(colour, text string) string { return paint(c.colour, colour, text) }

// paintOut colours a part of the result where colour is wanted.
func (a *app) paintOut(colour, text string) string {
	return paint(isTerminal(a.stdout.Writer) && wantsColour(), colour, text)
}
