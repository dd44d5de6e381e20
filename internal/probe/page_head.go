package probe

import (
	"fmt"
	"strings"
)

// pageHead compares what the head of an answer says of the page: every page of
// the lab has the same Content-Type, and neither Content-Encoding nor Location.
// Nothing else of the head is compared.
type pageHead struct {
	want  string // the right Content-Type; "": nothing is compared
	typed bool   // it has come
	odd   string // the first field that no page of the lab has
}

// pageField takes a header field, which may be one of the three.
func pageField[T string | []byte](p *pageHead, name, value T) {
	switch {
	case p.want == "" || p.odd != "":
	case equalFold(name, "content-type"):
		if p.typed = equalFold(value, p.want); !p.typed {
			p.odd = fmt.Sprintf("Content-Type is %.80q; it must be %s", value, p.want)
		}
	case equalFold(name, "content-encoding"):
		p.odd = fmt.Sprintf("Content-Encoding is %.80q; it must be absent", value)
	case equalFold(name, "location"):
		p.odd = fmt.Sprintf("Location is %.80q; it must be absent", value)
	}
}

// equalFold compares without case, which no media type has (RFC 9110 section 8.3.1).
func equalFold[T string | []byte](got T, want string) bool {
	return len(got) == len(want) && strings.EqualFold(string(got), want)
}

// wrong is nil where the head is that of a page of the lab.
func (p *pageHead) wrong() error {
	switch {
	case p.odd != "":
		return wrongHeader(p.odd)
	case p.want != "" && !p.typed:
		return wrongHeader("Content-Type is missing; it must be " + p.want)
	}
	return nil
}

// wrongHeader is a right page under a head that is not that of the page.
type wrongHeader string

func (w wrongHeader) Error() string { return "the page is right, its header is not: " + string(w) }

// Is makes it a wrong body, as an outcome.
func (w wrongHeader) Is(target error) bool { return target == errWrongBody }
