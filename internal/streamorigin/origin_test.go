package streamorigin

import (
	"bufio"
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"halab/internal/render"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) (*Origin, string, *http.Client) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.sock")
	o, err := Listen(path, 5*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	return o, path, &http.Client{Transport: transport}
}

// TestEvents: events are numbered and name their stream; the last one says
// so, and only when the traffic is over.
func TestEvents(t *testing.T) {
	o, _, client := listen(t)
	q, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://halab"+render.EventsPath, nil)
	q.Header.Set("X-Halab-Id", "stream-7")
	a, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	in := bufio.NewReader(a.Body)
	for _, want := range []string{"data: stream-7 message 1\n", "\n", "data: stream-7 message 2\n", "\n"} {
		if line, err := in.ReadString('\n'); err != nil || line != want {
			t.Fatalf("%q, %v, want %q", line, err, want)
		}
	}
	o.End()
	o.End()
	rest, err := io.ReadAll(in)
	if err != nil || !strings.HasSuffix(string(rest), "event: end\ndata:\n\n") || strings.Count(string(rest), "event:") != 1 {
		t.Errorf("%q, %v", rest, err)
	}
}

// TestEventsOfAnOriginThatCloses are cut, so that nobody takes them for whole.
func TestEventsOfAnOriginThatCloses(t *testing.T) {
	o, path, client := listen(t)
	q, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://halab"+render.EventsPath, nil)
	a, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(a.Body); err == nil {
		t.Errorf("%q, and no error", rest)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

// TestWebSocket: messages come back until the client closes; the origin's own
// close ends one that is open.
func TestWebSocket(t *testing.T) {
	o, path, client := listen(t)
	if info, err := os.Stat(path); err != nil || info.Mode()&fs.ModePerm != 0o666 {
		t.Errorf("%v, %v, want a socket for everybody", info, err)
	}
	dial := func() *websocket.Conn {
		c, _, err := websocket.Dial(t.Context(), "ws://halab"+render.WebSocketPath, &websocket.DialOptions{HTTPClient: client})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c, open := dial(), dial()
	for _, text := range []string{"one", "two"} {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if kind, got, err := c.Read(t.Context()); err != nil || string(got) != text || kind != websocket.MessageText {
			t.Errorf("%v %q, %v, want %q", kind, got, err, text)
		}
	}
	o.End()
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open.Read(t.Context()); err == nil {
		t.Error("a WebSocket outlives its origin")
	}
}

// TestOtherPaths: an origin is for streams.
func TestOtherPaths(t *testing.T) {
	_, _, client := listen(t)
	q, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://halab/", nil)
	a, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Body.Close()
	if a.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", a.StatusCode)
	}
	if _, err := Listen(filepath.Join(t.TempDir(), "none", "s.sock"), time.Second); err == nil {
		t.Error("listened in no directory")
	}
}
