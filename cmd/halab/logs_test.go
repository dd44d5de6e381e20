package main

import (
	"io"
	"strings"
	"testing"
)

func TestPrefixer(t *testing.T) {
	var out strings.Builder
	p := &prefixer{w: &out}
	for _, part := range []struct{ source, text string }{
		{"haproxy", "one\ntw"}, {"bk_app/nginx1", "a line that does not end"}, {"haproxy", "o\r\n\x1b[2J\n"},
	} {
		if _, err := io.WriteString(p.named(part.source), part.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	want := "haproxy | one\nhaproxy | two\nhaproxy | \uFFFD[2J\nbk_app/nginx1 | a line that does not end\n"
	if out.String() != want {
		t.Errorf("%q\nwant\n%q", out.String(), want)
	}
}
