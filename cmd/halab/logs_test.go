package main

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestLogLines(t *testing.T) {
	for _, tt := range []struct {
		json bool
		want string
	}{
		{false, strings.ReplaceAll("@haproxy       | one\n@haproxy       | two\n@haproxy       | \uFFFD[2J\n@bk_app/nginx1 | a line that does not end\n", "@", strings.Repeat(" ", 14))},
		{true, `{"source":"haproxy","text":"one"}
{"source":"haproxy","text":"two"}
{"source":"haproxy","text":"\u001b[2J"}
{"source":"bk_app/nginx1","text":"a line that does not end"}
`},
	} {
		var out strings.Builder
		a := &app{stdout: &output{Writer: &out, ui: &console{}}}
		show, flush := a.logLines(tt.json, time.UTC)
		p := &splitter{show: show}
		for _, part := range []struct{ source, text string }{
			{"haproxy", "one\ntw"}, {"bk_app/nginx1", "a line that does not end"}, {"haproxy", "o\r\n\x1b[2J\n"},
		} {
			if _, err := io.WriteString(p.named(part.source), part.text); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(p.end(), flush()); err != nil {
			t.Fatal(err)
		}
		if out.String() != tt.want {
			t.Errorf("%q\nwant\n%q", out.String(), tt.want)
		}
	}
}
