package scenario

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// scanner follows the nesting of a YAML text line by line without building
// anything. It need not know every rule of YAML: where it errs it counts too
// much, or leaves it to the YAML parser's own limits.
type scanner struct {
	*source
	values  int
	columns []int // of the mappings and lists that are open in block style
	flow    int   // brackets that are open
	quote   byte  // the quote that is open, or 0
	block   bool  // within a block scalar, whose lines are indented
	indent  int   // by more than this
}

// line takes one line and says whether to go on.
func (c *scanner) line(n int, text string) bool {
	body := strings.TrimLeft(text, " ")
	indent := len(text) - len(body)
	if c.block && (strings.TrimSpace(body) == "" || indent > c.indent) {
		return true
	}
	c.block = false
	if c.quote == 0 && c.flow == 0 {
		if strings.HasPrefix(body, "\t") && strings.TrimSpace(body) != "" {
			rest := strings.TrimLeft(body, "\t")
			c.add(Error{Line: n, Col: indent + 1, Width: len(body) - len(rest), Msg: "a tab in the indentation", Want: "spaces"})
			return false
		}
		body, indent = c.open(body, indent)
	}
	c.values++
	if deep := c.within(body, indent); deep >= 0 {
		col := utf8.RuneCountInString(text[:min(deep, len(text))]) + 1
		c.add(Error{Line: n, Col: col, Msg: fmt.Sprintf("more than %d mappings and lists within each other", maxDepth), Want: "a scenario, which needs 6"})
		return false
	}
	if c.values > maxValues {
		c.add(Error{Line: n, Msg: fmt.Sprintf("more than %d values", maxValues), Want: "a scenario"})
		return false
	}
	return true
}

// open opens the lists of "- - " and the mapping that a line in block style
// stands in, and returns what follows the dashes.
func (c *scanner) open(body string, indent int) (string, int) {
	if body == "" || body[0] == '#' {
		return body, indent
	}
	for len(c.columns) > 0 && c.columns[len(c.columns)-1] >= indent {
		c.columns = c.columns[:len(c.columns)-1]
	}
	for len(c.columns) <= maxDepth && len(body) > 1 && (body[0] == '-' || body[0] == '?' || body[0] == ':') && (body[1] == ' ' || body[1] == '\t') {
		c.columns = append(c.columns, indent)
		rest := strings.TrimLeft(body[1:], " \t")
		indent += len(body) - len(rest)
		body = rest
	}
	if body != "" && body[0] != '|' && body[0] != '>' {
		c.columns = append(c.columns, indent)
	}
	return body, indent
}

// within follows quotes and brackets through the rest of a line, which begins
// at byte base. It returns the byte at which the nesting is too deep, or -1.
func (c *scanner) within(body string, base int) int {
	token := true // a value may begin here
	for i := 0; i < len(body); i++ {
		ch := body[i]
		switch {
		case c.quote != 0:
			i += c.inQuote(body, i)
			continue
		case ch == '#' && (i == 0 || body[i-1] == ' ' || body[i-1] == '\t'):
			return -1
		case (ch == '"' || ch == '\'') && token:
			c.quote = ch
		case (ch == '[' || ch == '{') && (token || c.flow > 0):
			c.flow++
			c.values++
		case (ch == ']' || ch == '}') && c.flow > 0:
			c.flow--
		case (ch == '|' || ch == '>') && token && c.flow == 0:
			c.block, c.indent = true, c.last()
			return c.depth(base + i)
		case ch == ',' && c.flow > 0:
			c.values++
		}
		if c.flow+len(c.columns) > maxDepth {
			return base + i
		}
		token = c.begins(body, i, token)
	}
	return c.depth(base)
}

func (c *scanner) depth(at int) int {
	if c.flow+len(c.columns) > maxDepth {
		return at
	}
	return -1
}

func (c *scanner) last() int {
	if len(c.columns) == 0 {
		return -1
	}
	return c.columns[len(c.columns)-1]
}

// inQuote takes the byte at i within quotes and returns how many bytes more.
func (c *scanner) inQuote(body string, i int) int {
	switch {
	case c.quote == '"' && body[i] == '\\':
		return 1
	case body[i] == c.quote && c.quote == '\'' && i+1 < len(body) && body[i+1] == '\'':
		return 1
	case body[i] == c.quote:
		c.quote = 0
	}
	return 0
}

// begins says whether after the byte at i a value may begin, given whether one
// might have begun at i. Behind an anchor or a tag it still may.
func (c *scanner) begins(body string, i int, token bool) bool {
	switch ch := body[i]; {
	case ch == ' ' || ch == '\t':
		return token || i > 0 && strings.IndexByte(":-?", body[i-1]) >= 0 || property(body[:i])
	case c.flow > 0:
		return strings.IndexByte("[{,:?", ch) >= 0
	}
	return false
}

// property says whether text ends in an anchor or a tag.
func property(text string) bool {
	word := text[strings.LastIndexAny(text, " \t")+1:]
	return word != "" && (word[0] == '&' || word[0] == '!')
}
