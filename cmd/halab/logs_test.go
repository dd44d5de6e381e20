package main

import (
	"context"
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

// TestLogsEndUnwritten: where a line cannot be written, what waits for the next
// line of a source ends, and the error is that of the write.
func TestLogsEndUnwritten(t *testing.T) {
	full := errors.New("no space left on device")
	fails := func() error { return full }
	shows := func(logLine) error { return full }
	for _, first := range []func(show func(logLine) error, flush func() error) error{
		func(show func(logLine) error, _ func() error) error { return show(logLine{}) },
		func(_ func(logLine) error, flush func() error) error { return flush() },
	} {
		err := whileWritten(t.Context(), shows, fails, func(ctx context.Context, show func(logLine) error, flush func() error) error {
			_ = first(show, flush)
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Second):
				t.Error("the follower goes on")
			}
			return ctx.Err()
		})
		if !errors.Is(err, full) || errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, full)
		}
	}
}
