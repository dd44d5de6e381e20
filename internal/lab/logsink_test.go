package lab

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// frames are an octet-counted stream and what is in it, up to the first frame
// that is none.
var frames = []struct {
	name, in string
	want     []string
}{
	{"nothing", "", nil},
	{"one", "5 hello", []string{"hello"}},
	{"several", "1 a2 bc3 def", []string{"a", "bc", "def"}},
	{"empty", "0 1 a", []string{"", "a"}},
	{"line feeds and spaces", "7 a\nb c\n 1 d", []string{"a\nb c\n ", "d"}},
	{"cut", "5 hel", nil},
	{"cut in the count", "1 a12", []string{"a"}},
	{"not a count", "1 a<134>hello", []string{"a"}},
	{"negative", "-1 a", nil},
	{"too long", "65537 " + strings.Repeat("a", 65537), nil},
	{"longest", "65536 " + strings.Repeat("a", 65536), []string{strings.Repeat("a", 65536)}},
	{"a count without end", strings.Repeat("1", 1<<17), nil},
}

func readFrames(text string) []string {
	in := bufio.NewReaderSize(strings.NewReader(text), maxLogLine)
	var out []string
	for {
		line, err := readFrame(in)
		if err != nil {
			return out
		}
		out = append(out, string(line))
	}
}

func TestReadFrame(t *testing.T) {
	for _, tt := range frames {
		t.Run(tt.name, func(t *testing.T) {
			if got := readFrames(tt.in); strings.Join(got, "|") != strings.Join(tt.want, "|") || len(got) != len(tt.want) {
				t.Errorf("got %.100q, want %.100q", got, tt.want)
			}
		})
	}
}

// Nothing listens on after a failure: an abstract socket has no file whose mode
// could be changed.
func TestListenLogLeavesNoListener(t *testing.T) {
	path := "@" + t.TempDir()
	if _, err := listenLog(path, nil); err == nil {
		t.Fatal("a socket without a file was taken")
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatalf("listen in its place: %v", err)
	}
	_ = listener.Close()
}

func FuzzReadFrame(f *testing.F) {
	for _, tt := range frames {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// What was read, written again, is how the stream began, but for
		// signs and zeros in front of a count.
		var again strings.Builder
		size := 0
		for _, line := range readFrames(text) {
			fmt.Fprintf(&again, "%d %s", len(line), line)
			size += len(line)
		}
		if size > len(text) {
			t.Errorf("%d bytes out of %d", size, len(text))
		}
		if got := readFrames(again.String()); len(got) != len(readFrames(text)) {
			t.Errorf("written again, %q reads differently", text)
		}
	})
}

func TestLogSink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.sock")
	const lines = 1000
	var mu sync.Mutex
	var got []string
	arrived := make(chan struct{}, 2*lines)
	s, err := listenLog(path, func(line []byte) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(line))
		arrived <- struct{}{}
	})
	if err != nil {
		t.Fatal(err)
	}
	// HAProxy connects again when it loses its connection.
	for part := range 2 {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range lines / 2 {
			line := fmt.Sprintf("line %d", part*lines/2+i)
			if _, err := fmt.Fprintf(conn, "%d %s", len(line), line); err != nil {
				t.Fatal(err)
			}
		}
		for range lines / 2 {
			select {
			case <-arrived:
			case <-time.After(30 * time.Second):
				t.Fatal("lines are missing")
			}
		}
		if part == 0 {
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			s.drain()
			continue
		}
		defer func() { _ = conn.Close() }() // open still when the sink closes
	}
	s.drain()
	s.close()
	s.close()
	mu.Lock()
	defer mu.Unlock()
	if len(got) != lines {
		t.Fatalf("%d lines, want %d", len(got), lines)
	}
	for i, line := range got {
		if want := fmt.Sprintf("line %d", i); line != want {
			t.Fatalf("line %d is %q", i, line)
		}
	}
	if _, err := net.Dial("unix", path); err == nil {
		t.Error("the sink listens after it was closed")
	}
}

func TestLogSinkNoReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.sock")
	s, err := listenLog(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "5 hello"); err != nil {
		t.Error(err)
	}
	s.drain()
}
