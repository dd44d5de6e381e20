package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// maxLogLine bounds one frame of HAProxy's log, in bytes; the ring's maxlen
// is below it.
const maxLogLine = 64 << 10

// logSink is the reader's end of HAProxy's ring.
type logSink struct {
	listener net.Listener
	sink     func([]byte)
	wg       sync.WaitGroup

	mu    sync.Mutex // also makes sink see one line at a time
	last  time.Time
	conns map[net.Conn]bool
}

// listenLog listens at path before HAProxy starts.
func listenLog(path string, sink func([]byte)) (*logSink, error) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for HAProxy's log: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, fmt.Errorf("listen for HAProxy's log: %w", errors.Join(err, listener.Close()))
	}
	if sink == nil {
		sink = func([]byte) {}
	}
	s := &logSink{listener: listener, sink: sink, conns: map[net.Conn]bool{}}
	s.wg.Go(s.accept)
	return s, nil
}

func (s *logSink) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.wg.Go(func() { s.read(conn) })
	}
}

// read takes frames until the connection ends. Each is its length in
// decimal, a space and that many bytes (RFC 6587, 3.4.1, octet counting).
func (s *logSink) read(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, maxLogLine)
	for {
		line, err := readFrame(in)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.last = time.Now()
		s.sink(line)
		s.mu.Unlock()
	}
}

func readFrame(in *bufio.Reader) ([]byte, error) {
	head, err := in.ReadSlice(' ')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(string(head[:len(head)-1]))
	if err != nil || n < 0 || n > maxLogLine {
		return nil, errors.New("read HAProxy's log: not an octet count")
	}
	line := make([]byte, n)
	_, err = io.ReadFull(in, line)
	return line, err
}

// quiet is how long the log has to be still before it counts as read, and
// drainLimit how long that may take.
const (
	quiet      = 100 * time.Millisecond
	drainLimit = 3 * time.Second
)

// drain waits until no line has come for a moment.
func (s *logSink) drain() {
	begin := time.Now()
	for time.Since(begin) < drainLimit {
		s.mu.Lock()
		since := time.Since(s.last)
		s.mu.Unlock()
		if since > quiet && time.Since(begin) > quiet {
			return
		}
		time.Sleep(quiet / 4)
	}
}

func (s *logSink) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}
