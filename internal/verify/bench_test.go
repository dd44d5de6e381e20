package verify_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/internal/verify"
	"halab/scenarios"
)

// generated is a history of n requests at 1,000 a second on two lanes, as
// text, made while it is read: it is never in memory as a whole.
type generated struct {
	n    int
	next int
	line []byte
	left []byte
	head []byte
}

func newGenerated(t testing.TB, n int) *generated {
	text, err := scenarios.Read("debian-upgrade")
	if err != nil {
		t.Fatal(err)
	}
	header := &history.Header{Version: history.Version, Scenario: string(text), Started: time.Unix(0, 0),
		Software: []history.Software{{Role: "bk_app/nginx1", Name: "nginx", Got: "1.22.1"}, {Role: "bk_app/nginx2", Name: "nginx", Got: "1.18.0"}},
		Lanes:    []history.Lane{{Name: "new", Interval: 2000}, {Name: "kept", Interval: 2000}}}
	path := filepath.Join(t.TempDir(), "head")
	w, err := history.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(header)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	head, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &generated{n: n, head: head}
}

func (g *generated) Read(p []byte) (int, error) {
	if len(g.head) > 0 {
		n := copy(p, g.head)
		g.head = g.head[n:]
		return n, nil
	}
	if len(g.left) == 0 {
		if g.next == g.n {
			return 0, io.EOF
		}
		g.left = g.request()
	}
	n := copy(p, g.left)
	g.left = g.left[n:]
	return n, nil
}

// request is made without garbage, so that the bench is of the judging.
func (g *generated) request() []byte {
	g.next++
	at := int64(g.next) * 1000
	lane, number, conn, reuse := "new", int64(g.next+1)/2, int64(100+g.next), int64(0)
	if g.next%2 == 0 {
		lane, conn, reuse = "kept", number%10+1, number/10
	}
	b := append(g.line[:0], `{"k":"req","id":"`...)
	b = append(append(b, lane...), '-')
	b = strconv.AppendInt(b, number, 10)
	b = append(append(append(b, `","lane":"`...), lane...), '"')
	num := func(key string, n int64) { b = strconv.AppendInt(append(b, key...), n, 10) }
	num(`,"conn":`, conn)
	b = append(b, `,"port":40000`...)
	if reuse > 0 {
		num(`,"reuse":`, reuse)
	}
	num(`,"intended_us":`, at)
	num(`,"sent_us":`, at+50)
	num(`,"first_us":`, at+500)
	num(`,"done_us":`, at+520)
	b = append(b, `,"status":200,"header":"nginx/1.18.0","server":"bk_app/nginx2","want":7,"got":7,"outcome":"ok",`...)
	num(`"log":{"ts":"--","srv":"bk_app/nginx2","status":200,"bytes":205,"arrived_us":`, at+90)
	g.line = append(b, `,"tw":0,"tc":0,"tr":0,"ta":0}}`+"\n"...)
	return g.line
}

func parse(file, text string) (*scenario.Scenario, error) {
	return scenario.Parse(file, []byte(text), upgrade.Kinds())
}

// BenchmarkCheck judges generated histories and tells the time and the peak
// of live memory for ten million requests, beside a floor: reading the same
// lines and looking for their ends.
func BenchmarkCheck(b *testing.B) {
	const n = 1_000_000
	b.Run("judge", func(b *testing.B) {
		for b.Loop() {
			if _, err := verify.Check(history.NewReader(newGenerated(b, n)), parse); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1e7/n, "s/10M")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/(1<<20), "MB-from-OS")
	})
	b.Run("generate", func(b *testing.B) {
		for b.Loop() {
			if _, err := io.Copy(io.Discard, newGenerated(b, n)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1e7/n, "s/10M")
	})
}
