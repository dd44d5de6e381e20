package history

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// repeated is a reader of one text many times, so that no test holds it all.
type repeated struct {
	next  func(n int) string
	n     int
	piece strings.Reader
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.piece.Len() == 0 {
		r.n++
		text := r.next(r.n)
		if text == "" {
			return 0, io.EOF
		}
		r.piece.Reset(text)
	}
	return r.piece.Read(p)
}

// upTo is a text for each number up to the last.
func upTo(last int, text func(n int) string) *repeated {
	return &repeated{next: func(n int) string {
		if n > last {
			return ""
		}
		return text(n)
	}}
}

// TestBounds: what no run has so many of ends the reading with its name, and
// one less is read to the end.
func TestBounds(t *testing.T) {
	note := func(n int) string { return fmt.Sprintf(`{"k":"note","at_us":%d,"text":"x"}`+"\n", n) }
	request := func(lane, outcome, server, header string) string {
		return fmt.Sprintf(`{"k":"req","id":"a","lane":%q,"intended_us":1,"done_us":2,"header":%q,"server":%q,"outcome":%q}`+"\n", lane, header, server, outcome)
	}
	name := func(n int) string { return fmt.Sprint("n", n) }
	for _, c := range []struct {
		name string
		most int
		text func(n int) string
		want string
	}{
		{"notes", 10_000, note, "more than 10000 events of kind note"},
		{"steps", 100_000, func(n int) string { return `{"k":"step","at_us":1,"index":1,"phase":"begin"}` + "\n" }, "more than 100000 events of kind step"},
		{"blank lines", mostForeign, func(int) string { return "\n" }, "more than 10000 lines that are no events"},
		{"rubbish", mostForeign, func(int) string { return "{}\n" }, "more than 10000 lines that are no events"},
		{"lanes", mostNames, func(n int) string { return request(name(n), "ok", "", "") }, "more than 10000 different lanes"},
		{"outcomes", mostNames, func(n int) string { return request("new", name(n), "", "") }, "more than 10000 different outcomes"},
		{"servers", mostNames, func(n int) string { return request("new", "ok", name(n), "") }, "more than 10000 different servers"},
		{"headers", mostNames, func(n int) string { return request("new", "ok", "", name(n)) }, "more than 10000 different Server headers"},
		{"states", mostNames, func(n int) string {
			return fmt.Sprintf(`{"k":"state","at_us":1,"server":"b/s%d","status":"UP","weight":1,"scur":0,"stot":0}`+"\n", n)
		}, "more than 10000 different servers"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			if err := readAll(NewReader(upTo(c.most, c.text))); !errors.Is(err, io.EOF) {
				t.Errorf("%d: %v", c.most, err)
			}
			err := readAll(NewReader(upTo(c.most+2, c.text)))
			var bound *BoundError
			if !errors.As(err, &bound) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d: %v, want %q", c.most+2, err, c.want)
			}
		})
	}
}

// readAll reads until something else than an event or a line that is none comes.
func readAll(r *Reader) error {
	for {
		_, err := r.Next()
		var foreign *Error
		if err != nil && !errors.As(err, &foreign) {
			return err
		}
	}
}

// Names that come again and again are as many as they are, in any number.
func TestBoundsKnowTheSameNames(t *testing.T) {
	err := readAll(NewReader(upTo(50_000, func(n int) string {
		return fmt.Sprintf(`{"k":"req","id":"a","lane":"l%d","intended_us":1,"done_us":2,"server":"s%d","outcome":"ok"}`+"\n", n%7, n%5)
	})))
	if !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestUnpacksTooMuch: a small file that unpacks to a large one is told; one
// that was compressed as a run's history is not.
func TestUnpacksTooMuch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl.zst")
	write := func(size int64) {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		enc, err := zstd.NewWriter(f)
		if err != nil {
			t.Fatal(err)
		}
		line := []byte(`{"k":"note","at_us":1,"text":"x"}` + "\n")
		for n := int64(0); n < size; n += int64(len(line)) {
			_, _ = enc.Write(line)
		}
		if err := errors.Join(enc.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for size, want := range map[int64]string{leastUnpacked - 100: "", leastUnpacked + 1<<20: "unpacks to more than 64 MiB, over 200 times its size"} {
		write(size)
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, f)
		_ = f.Close()
		if told := err != nil; told != (want != "") || told && !strings.Contains(err.Error(), want) || n > leastUnpacked {
			t.Errorf("%d bytes: %d read, %v; want %q", size, n, err, want)
		}
	}
}
