package main

import (
	"io"
	"strings"
	"testing"
)

func TestLogLines(t *testing.T) {
	for _, tt := range []struct {
		json bool
		want string
	}{
		{false, "haproxy | one\nhaproxy | two\nhaproxy | \uFFFD[2J\nbk_app/nginx1 | a line that does not end\n"},
		{true, `{"source":"haproxy","text":"one"}
{"source":"haproxy","text":"two"}
{"source":"haproxy","text":"\u001b[2J"}
{"source":"bk_app/nginx1","text":"a line that does not end"}
`},
	} {
		var out strings.Builder
		a := &app{stdout: &output{Writer: &out, ui: &console{}}}
		p := &splitter{show: a.logLines(tt.json)}
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
		if out.String() != tt.want {
			t.Errorf("%q\nwant\n%q", out.String(), tt.want)
		}
	}
}
