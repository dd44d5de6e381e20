package rehearse

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halab/internal/history"
)

// TestLogLine: a line of a look whether the lab is ready may be told late, and
// is in no account; nor does a line count twice that came out of a ring too.
func TestLogLine(t *testing.T) {
	dir := t.TempDir()
	writer, err := history.Create(filepath.Join(dir, "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.Create(filepath.Join(dir, "haproxy.log"))
	if err != nil {
		t.Fatal(err)
	}
	raw := history.NewBehind(kept)
	r := &run{started: time.Now(), writer: writer, raw: raw}
	var got []string
	r.Watch = func(e history.Event) { got = append(got, fmt.Sprintf("%T", e)) }
	r.join = newJoin(r.started, r.event, r.keepLine)
	r.live.Store(true)
	line := func(id string, end time.Duration) []byte {
		at := r.started.Add(end)
		return fmt.Appendf(nil, `{"id":%q,"accept_ms":%d,"end_us":%d,"fe":"app","be":"bk","srv":"s","ts":"--","status":200,"retries":"0"}`,
			id, at.UnixMilli(), at.UnixMicro())
	}
	r.logLine(line("", -time.Millisecond))
	r.logLine(line("", time.Millisecond))
	r.join.request(sent("a"))
	r.logAgain(line("a", time.Millisecond))
	r.logLine(line("a", time.Millisecond))
	if want := "*history.LogLine *history.Request"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(kept.Name()); err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("%v, kept:\n%s", err, text)
	}
	if orphans := r.join.flush(); orphans != 0 || r.lost.Load() != 0 {
		t.Errorf("%d orphans, %d lost", orphans, r.lost.Load())
	}
}
