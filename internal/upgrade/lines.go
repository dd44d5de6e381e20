package upgrade

import "bytes"

// maxLine bounds a line that is shown as it comes, in bytes. A longer one is
// shown in pieces.
const maxLine = 4 << 10

// lineWriter shows what is written line by line.
type lineWriter struct {
	show func(line string) // nil: nothing is shown
	rest []byte            // of a line that has not ended
}

func (l *lineWriter) write(p []byte) {
	if l.show == nil {
		return
	}
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		whole := end >= 0
		if !whole {
			end = len(p)
		}
		end = min(end, max(0, maxLine-len(l.rest)))
		l.rest = append(l.rest, p[:end]...)
		p = p[end:]
		switch {
		case len(p) > 0 && p[0] == '\n':
			p = p[1:]
			l.end()
		case len(l.rest) >= maxLine:
			l.end()
		}
	}
}

// end shows what is left; an empty line is none.
func (l *lineWriter) end() {
	if len(l.rest) > 0 {
		l.show(legible(string(bytes.TrimRight(l.rest, "\r"))))
	}
	l.rest = l.rest[:0]
}

// shows is how the lines of a step's command are shown; nil where they are not.
func (e *Env) shows() func(line string) {
	if e.Wrote == nil {
		return nil
	}
	return func(line string) { e.Wrote(0, line) }
}
