package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"halab/internal/haproxy"
)

// childVariable makes the test binary a halab that writes a history without
// an end.
const childVariable = "HALAB_HISTORY_TEST_CHILD"

// samples has an event of each kind, with no field left zero.
func samples() []Event {
	sessions := int64(0)
	ref := haproxy.ServerRef{Backend: "bk_app", Server: "nginx2"}
	return []Event{
		&Header{Version: 1, Seed: 9, LabChanges: []string{"every address is on this machine"}, PageHeaders: true, Halab: "dev", Lab: "lab-1", Started: time.Unix(1000, 123456789).UTC(), File: "a.yaml", Scenario: "a: \"b\"\nc: </é>\n",
			Runtime: "process", Why: "asked for", Software: []Software{{Role: "haproxy", Name: "haproxy", Asked: "2.6", Got: "2.6.12", Source: "PATH", Substitute: true}},
			Lanes: []Lane{{Name: "poll", Interval: 2_000_000}}},
		full(),
		&Step{At: 1, Index: 2, Kind: "stop", Text: "stop: bk_app/nginx2", Line: 3, Phase: Command, Server: "bk_app/nginx2", Sessions: &sessions, Command: "kill -TERM", Answer: "no\n",
			AnyServer: true, Touches: []string{"haproxy"}, Saw: "MAINT", Outlived: true, Error: "x"},
		&ServerState{At: 1, Server: ref, Status: "UP 1/3", Weight: 2, Address: "127.0.0.1:82", Gone: true, Backup: true, Scur: 3, Stot: 4, Wretr: 5, Wredis: 6, Econ: 7, Eresp: 8, Hrsp5xx: 9},
		&Counters{At: 1, Proxy: "app", Stot: 2, ReqTot: 3, Final: true},
		&LogLine{At: 1, LogLine: haproxy.LogLine{AcceptUS: 2, EndUS: 3, ClientIP: "::1", Frontend: "app", Backend: "bk", Server: "<NOSRV>", State: "SC", Tw: -1, Retries: 3, Redispatched: true}},
		&FrontendState{At: 1, Frontend: "app", Status: "STOP"},
		&Program{At: 1, Role: "haproxy", Pid: 7, Workers: []int{8, 9}, Version: "2.6.12"},
		&Host{At: 2, Lasted: 1, Held: 3, HeldBy: HeldByDisk, CPU: 4, IO: 5, Memory: 7, Steal: 9},
		&Message{At: 1, Text: "backend bk_app has no server available!"},
		&Note{At: 1, Text: "port 80 is taken"},
		&End{At: 1, Error: "no space left", LostLogLines: 2, OrphanLogLines: 3, Issued: map[string]int64{"new": 7}},
	}
}

func TestEveryEventComesBack(t *testing.T) {
	all := samples()
	if len(all) != len(kinds) {
		t.Fatalf("%d samples of %d kinds", len(all), len(kinds))
	}
	var text []byte
	for _, e := range all {
		var err error
		if text, err = appendEvent(text, e); err != nil {
			t.Fatal(err)
		}
	}
	r := NewReader(bytes.NewReader(text))
	for _, want := range all {
		if got, err := r.Next(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// A line that is too long is one line that cannot be used: the next one can,
// and has its own number.
func TestTooLongLine(t *testing.T) {
	good, err := appendEvent(nil, &Note{Text: "after"})
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(io.MultiReader(strings.NewReader(`{"k":"note","text":"`+strings.Repeat("x", 2*maxLine)+"\"}\n"), bytes.NewReader(good), strings.NewReader("{\n")))
	var bad *Error
	if e, err := r.Next(); !errors.As(err, &bad) || bad.Line != 1 || !strings.Contains(err.Error(), "too long") {
		t.Fatalf("%+v, %v", e, err)
	}
	if e, err := r.Next(); err != nil || e.(*Note).Text != "after" {
		t.Fatalf("%+v, %v", e, err)
	}
	if e, err := r.Next(); !errors.As(err, &bad) || bad.Line != 3 {
		t.Fatalf("%+v, %v", e, err)
	}
}

// empties are lines with lists that are empty.
var empties = []string{
	`{"k":"end","at_us":0,"issued":{}}` + "\n",
	`{"k":"program","at_us":0,"role":"haproxy","workers":[]}` + "\n",
	`{"k":"step","at_us":0,"index":1,"touches":[]}` + "\n",
}

// An empty list comes back as it was read.
func TestEmptyLists(t *testing.T) {
	for _, line := range empties {
		e, err := NewReader(strings.NewReader(line)).Next()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		again(t, e)
	}
}

// FuzzReader: whatever the bytes, the reader comes to their end, numbers its
// lines, and what it understands it understands again when written.
func FuzzReader(f *testing.F) {
	for _, e := range samples() {
		line, err := appendEvent(nil, e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
		f.Add(line[:len(line)/2])
	}
	for _, empty := range empties {
		f.Add([]byte(empty))
	}
	f.Add([]byte("\n\r\n\x00{}\n{\"k\":\"end\"}\nnull\n[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := NewReader(bytes.NewReader(text))
		for last := 0; ; {
			e, err := r.Next()
			var bad *Error
			switch {
			case errors.As(err, &bad):
				if bad.Line <= last || bad.Line > bytes.Count(text, []byte("\n")) {
					t.Fatalf("line %d after %d", bad.Line, last)
				}
				last = bad.Line
			case errors.Is(err, io.EOF), errors.Is(err, ErrCut):
				if cut := len(text) > 0 && text[len(text)-1] != '\n'; cut != errors.Is(err, ErrCut) {
					t.Fatalf("%q ends with %v", text, err)
				}
				return
			case err != nil:
				t.Fatal(err)
			default:
				again(t, e)
			}
		}
	})
}

func again(t *testing.T, e Event) {
	t.Helper()
	line, err := appendEvent(nil, e)
	if err != nil {
		return // a time that JSON cannot write
	}
	if back, err := NewReader(bytes.NewReader(line)).Next(); err != nil || !reflect.DeepEqual(back, e) {
		t.Fatalf("%+v was read as %+v, %v", e, back, err)
	}
}

// A writer that is killed leaves whole lines, but for the last, and soon
// enough all that it was given.
func TestKilledWriterLeavesWholeLines(t *testing.T) {
	if path := os.Getenv(childVariable); path != "" {
		writeForever(path)
	}
	path := filepath.Join(t.TempDir(), "history.jsonl")
	child := exec.Command(os.Args[0], "-test.run", t.Name())
	child.Env = append(os.Environ(), childVariable+"="+path)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 1<<20 {
			break
		}
		if time.Now().After(deadline) {
			t.Error("nothing was written")
			break
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := NewReader(f)
	for n := 0; ; n++ {
		e, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, ErrCut) {
			t.Logf("%d whole lines, then %v", n, err)
			return
		}
		if err != nil || e.(*Request).Done != Micros(n) {
			t.Fatalf("line %d: %+v, %v", n+1, e, err)
		}
	}
}

func writeForever(path string) {
	w, err := Create(path)
	for i := 0; err == nil; i++ {
		w.Write(&Request{ID: "new-1", Lane: "new", Done: Micros(i), Outcome: Refused, Error: strings.Repeat("x", i%500)})
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A disk that is full while many write is told once; what was written before
// stays readable, and nobody hangs.
func TestManyWritersOnAFullDisk(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := newWriter(f)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for _, e := range slices.Repeat(samples(), 200) {
				w.Write(e)
			}
		})
	}
	writers.Wait()
	select {
	case <-w.Failed():
	case <-time.After(20 * time.Second):
		t.Error("the failure is not told")
	}
	if err := w.Close(); err == nil || !strings.HasPrefix(err.Error(), "write the history: ") {
		t.Errorf("Close: %v", err)
	}
}
