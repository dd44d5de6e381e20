package scenario

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxFile is how long a scenario's file may be, in bytes. A scenario of a
// hundred servers stays far below it.
const MaxFile = 1 << 20

// What else a file may be.
const (
	maxDepth  = 24    // mappings and lists within each other
	maxValues = 20000 // lines and entries of flow collections
)

// TooLarge refuses a file of this many bytes without its being read, or says
// nothing where it is not too large.
func TooLarge(file string, size int64) Errors {
	if size <= MaxFile {
		return nil
	}
	s := newSource(file, nil)
	s.add(tooLarge(fileSize(size)))
	return s.errs.sorted()
}

func tooLarge(size string) Error {
	return Error{Msg: "the file has " + size, Want: "a scenario of at most 1 MiB"}
}

// fileSize writes a size as people give it: 100 MB, or 100 MiB where it is
// one in whole.
func fileSize(n int64) string {
	const mib = 1 << 20
	if n%mib == 0 {
		return fmt.Sprintf("%d MiB", n/mib)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1e6), ".0") + " MB"
}

// limits refuses in one pass what the YAML parser would spend time, memory or
// stack on, and what is not text. It says whether to go on.
func (s *source) limits(data []byte) bool {
	if len(data) > MaxFile {
		s.add(tooLarge("more than 1 MiB"))
		return false
	}
	for i, text := range s.lines {
		if col, what := notText(text); what != "" {
			s.add(Error{Line: i + 1, Col: col, Msg: what, Want: "text in UTF-8"})
		}
		if s.full() {
			return false
		}
	}
	if len(s.errs) > 0 {
		return false
	}
	scan := scanner{source: s}
	for i, text := range s.lines {
		if !scan.line(i+1, text) {
			return false
		}
	}
	return true
}

// notText finds the first character of a line that YAML does not take, or that
// YAML alone takes for the end of a line, so that no editor would agree on the
// line numbers.
func notText(line string) (col int, what string) {
	for i := 0; i < len(line); col++ {
		r, size := utf8.DecodeRuneInString(line[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			return col + 1, "not UTF-8"
		case r == 0:
			return col + 1, "a NUL byte"
		case r == '\r', r == 0x85, r == 0x2028, r == 0x2029:
			return col + 1, fmt.Sprintf("a line separator in the middle of a line (U+%04X)", r)
		case r < ' ' && r != '\t', r >= 0x7F && r < 0xA0, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
			return col + 1, fmt.Sprintf("a control character (U+%04X)", r)
		}
		i += size
	}
	return 0, ""
}
