package history

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// TestAhead: the same events and errors as Reader's, in the same order.
func TestAhead(t *testing.T) {
	line, _ := appendEvent(nil, full())
	whole := strings.Repeat(string(line)+"rubbish\n", 2000)
	for name, text := range map[string]string{"whole": whole, "cut": whole[:len(whole)-len("rubbish\n")-3], "empty": ""} {
		t.Run(name, func(t *testing.T) {
			plain, a := NewReader(strings.NewReader(text)), NewAhead(strings.NewReader(text))
			defer a.Close()
			for {
				want, werr := plain.Next()
				got, gerr := a.Next()
				if !reflect.DeepEqual(got, want) || (gerr == nil) != (werr == nil) || gerr != nil && gerr.Error() != werr.Error() {
					t.Fatalf("%v, %v; want %v, %v", got, gerr, want, werr)
				}
				var foreign *Error
				if werr != nil && !errors.As(werr, &foreign) {
					break
				}
			}
			if _, err := a.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

// TestAheadAbandoned: who stops reading leaves nothing running.
func TestAheadAbandoned(t *testing.T) {
	line, _ := appendEvent(nil, full())
	a := NewAhead(bytes.NewReader(bytes.Repeat(line, 50*batch)))
	if _, err := a.Next(); err != nil {
		t.Fatal(err)
	}
	a.Close()
	a.Close()
}
