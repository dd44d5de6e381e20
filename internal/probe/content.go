package probe

import (
	"bytes"

	"halab/internal/render"
)

// content is what a right body consists of.
type content interface {
	// has tells whether the content has exactly got at offset.
	has(offset int64, got []byte) bool
	// size is its length in bytes.
	size() int64
}

// page is a content that is held in memory.
type page string

func (p page) has(offset int64, got []byte) bool {
	return offset <= int64(len(p)) && len(got) <= len(p)-int(offset) && string(p[offset:int(offset)+len(got)]) == string(got)
}

func (p page) size() int64 { return int64(len(p)) }

// pattern is that many bytes of render.Pattern, which nobody has to hold.
type pattern int64

func (p pattern) has(offset int64, got []byte) bool {
	var want [4096]byte
	if offset+int64(len(got)) > int64(p) {
		return false
	}
	for len(got) > 0 {
		n := min(len(got), len(want))
		render.Pattern(offset, want[:n])
		if !bytes.Equal(got[:n], want[:n]) {
			return false
		}
		got, offset = got[n:], offset+int64(n)
	}
	return true
}

func (p pattern) size() int64 { return int64(p) }

// body follows a body as it comes in and tells what it can still be.
type body struct {
	may []content // the contents that all of it fits so far
	got int64
}

func (b *body) see(part []byte) {
	for i := 0; i < len(b.may); {
		if b.may[i].has(b.got, part) {
			i++
			continue
		}
		// may is shared: what is left of it is another list.
		b.may = append(b.may[:i:i], b.may[i+1:]...)
	}
	b.got += int64(len(part))
}

// right tells whether the body is one of the contents, whole.
func (b *body) right() bool {
	for _, c := range b.may {
		if c.size() == b.got {
			return true
		}
	}
	return false
}

// short is the length that the body should have had when it is the beginning
// of a content and no more; 0 otherwise.
func (b *body) short() int64 {
	for _, c := range b.may {
		if c.size() > b.got {
			return c.size()
		}
	}
	return 0
}
