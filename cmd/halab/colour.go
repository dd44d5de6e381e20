package main

import "halab/internal/report"

// paint puts a line of narration in a style where colour is wanted.
func (c *console) paint(as report.Style, text string) string {
	return report.Paint(c.colour, as, text)
}

// paintOut puts a part of the result in a style where colour is wanted.
func (a *app) paintOut(as report.Style, text string) string {
	return report.Paint(isTerminal(a.stdout.Writer) && wantsColour(), as, text)
}
