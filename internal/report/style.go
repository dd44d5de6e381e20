package report

// Style is how a piece of text stands out on a terminal (ECMA-48, Select
// Graphic Rendition). What it says is never said by the style alone.
type Style string

// The styles, by what they are for.
const (
	Normal Style = ""
	Bold   Style = "1"
	Faint  Style = "2"
	Bad    Style = "31"
	Good   Style = "32"
	Doubt  Style = "33"
	Marked Style = "36"
)

// Paint puts a text in a style, where that is on.
func Paint(on bool, as Style, text string) string {
	if !on || text == "" || as == Normal {
		return text
	}
	return "\x1b[" + string(as) + "m" + text + "\x1b[0m"
}
