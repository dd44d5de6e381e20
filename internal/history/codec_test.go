package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// full is a request in which no field is zero.
func full() *Request {
	return &Request{
		ID: "kept-17", Lane: "kept", Conn: 3, Port: 40001, Reuse: 5, Intended: 1_000_000, Sent: 1_000_010,
		First: 1_000_400, Quiet: 8, QuietFrom: 1_000_405, Starved: 7, StarvedBy: "io", Done: 1_000_420, Status: 200, Header: "nginx/1.18.0", Server: "bk_app/nginx2",
		Put: 9, Want: 7, Got: 6, Outcome: Truncated, Error: "unexpected EOF",
		Log: &Seen{State: "SD", Server: "bk_app/nginx2", Status: 200, Bytes: 180, Arrived: 1_000_030,
			Tw: 1, Tc: 2, Tr: -1, Ta: 3, Retries: 1, Redispatched: true},
	}
}

func requests() []*Request {
	hostile := full()
	hostile.Header, hostile.Error = "</script>\"\\\x00\x7fü\xff\u2028&", "a\nb"
	return []*Request{full(), hostile, {}, {ID: "new-1", Lane: "new", Outcome: OK}, {Log: &Seen{}}}
}

// TestFullIsFull: a field that is added and not encoded by hand shows here.
func TestFullIsFull(t *testing.T) {
	for _, v := range []reflect.Value{reflect.ValueOf(*full()), reflect.ValueOf(*full().Log)} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s.%s is zero", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
}

// TestEncoding: the hand-written line is json.Marshal's.
func TestEncoding(t *testing.T) {
	for _, r := range requests() {
		got, err := appendEvent(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := json.Marshal(r)
		if want := `{"k":"req",` + string(body[1:]) + "\n"; string(got) != want {
			t.Errorf("got  %swant %s", got, want)
		}
		back, err := NewReader(bytes.NewReader(got)).Next()
		if err != nil {
			t.Fatal(err)
		}
		var want Request
		_ = json.Unmarshal(body, &want)
		if !reflect.DeepEqual(back, &want) {
			t.Errorf("read back %+v, want %+v", back, want)
		}
	}
}

// TestFastPath: what halab writes is read without encoding/json.
func TestFastPath(t *testing.T) {
	line, _ := appendEvent(nil, full())
	var r Request
	if !scanRequest(line, &names{}, &r, &Seen{}) || !reflect.DeepEqual(&r, full()) {
		t.Errorf("scanned %+v", r)
	}
}

// FuzzRequestLine: the fast way and encoding/json read the same.
func FuzzRequestLine(f *testing.F) {
	for _, r := range requests() {
		line, _ := appendEvent(nil, r)
		f.Add(line)
	}
	f.Add([]byte(`{"k":"req","id":"a","lane":"b","intended_us":-0,"done_us":01,"outcome":"ok"}` + "\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var got, want Request
		if !scanRequest(line, &names{}, &got, &Seen{}) {
			return
		}
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatalf("%q: encoding/json: %v", line, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, encoding/json: %+v", line, got, want)
		}
	})
}

// TestOlderHost: a history of a halab that recorded more of the host is read.
func TestOlderHost(t *testing.T) {
	line := `{"k":"host","at_us":5,"lasted_us":4,"io_us":3,"io_full_us":2,"memory_us":1,"memory_full_us":1}` + "\n"
	e, err := NewReader(strings.NewReader(line)).Next()
	if want := (Host{At: 5, Lasted: 4, IO: 3, Memory: 1}); err != nil || *e.(*Host) != want {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestReader: a history with lines that are none, and its cut.
func TestReader(t *testing.T) {
	good, _ := appendEvent(nil, full())
	long, _ := appendEvent(nil, &Note{Text: strings.Repeat("x", 1<<18)})
	text := string(good) + "\n" + "rubbish\n" + `{"k":"other"}` + "\n" + `{"k":"req","id":5}` + "\n" +
		string(long) + string(good) + string(good[:40])
	r := NewReader(strings.NewReader(text))
	var got []string
	for {
		e, err := r.Next()
		var bad *Error
		switch {
		case errors.As(err, &bad):
			got = append(got, "bad"+strconv.Itoa(bad.Line))
			continue
		case err != nil:
			got = append(got, err.Error())
		default:
			got = append(got, e.kind())
			continue
		}
		break
	}
	if s := strings.Join(got, " "); s != "req bad2 bad3 bad4 bad5 note req "+ErrCut.Error() {
		t.Error(s)
	}
}

// TestWriter: everything that many goroutines write is there, whole.
func TestWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path); err == nil {
		t.Error("a history that exists is written over")
	}
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 500 {
				w.Write(full())
			}
		})
	}
	writers.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, n := NewReader(f), 0
	for ; ; n++ {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || !reflect.DeepEqual(e, full()) {
			t.Fatalf("%v, %v", e, err)
		}
	}
	if n != 8*500 {
		t.Errorf("%d events, want %d", n, 8*500)
	}
}

// TestWriterFails: a full disk is told, once and for all.
func TestWriterFails(t *testing.T) {
	full := "/dev/full"
	if _, err := os.Stat(full); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	f, err := os.OpenFile(full, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := newWriter(f)
	w.Write(&Note{Text: "lost"})
	select {
	case <-w.Failed():
	case <-time.After(20 * time.Second):
		t.Error("the failure is not told")
	}
	w.Write(&Note{Text: "lost too"})
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("Close: %v", err)
	}
}

func BenchmarkEncode(b *testing.B) {
	r, buf := full(), []byte(nil)
	r.Error, r.Outcome = "", OK
	for b.Loop() {
		buf, _ = appendEvent(buf[:0], r)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkDecode(b *testing.B) {
	r := full()
	r.Error, r.Outcome = "", OK
	var text []byte
	for i := range 10_000 {
		r.ID = "kept-" + strconv.Itoa(i)
		text, _ = appendEvent(text, r)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(text) / 10_000))
	for b.Loop() {
		in := NewReader(bytes.NewReader(text))
		for range 10_000 {
			if _, err := in.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/line")
}
