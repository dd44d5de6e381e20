package report

import (
	"html/template"
	"strings"
)

// coded is a text for the page in which what stands between two backticks is
// code. All of it is escaped; a backtick without a second one stays as it is.
func coded(s string) template.HTML {
	parts := strings.Split(visible(s), "`")
	var out strings.Builder
	for i, part := range parts {
		part = template.HTMLEscapeString(part)
		switch {
		case i%2 == 0:
			out.WriteString(part)
		case i == len(parts)-1:
			out.WriteString("`" + part)
		default:
			out.WriteString("<code>" + part + "</code>")
		}
	}
	return template.HTML(out.String())
}
