package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"halab/internal/haproxy"
	"halab/internal/render"
)

// nginxLog is a server's error log from a moment on. It is where nginx tells
// what becomes of a signal, in words that are the same from 1.18 to 1.30.
type nginxLog struct {
	path string
	from int64
}

// nginxLog is the error log of a server from now on.
func (l *Lab) nginxLog(ref haproxy.ServerRef) (nginxLog, error) {
	path := filepath.Join(l.Dir, render.FileName(ref)+".error.log")
	info, err := os.Stat(path)
	if err != nil {
		return nginxLog{}, fmt.Errorf("read nginx's error log: %w", err)
	}
	return nginxLog{path, info.Size()}, nil
}

// entry is one line of an error log.
type entry struct {
	level string
	pid   int
	text  string
}

// entryLine is a line without its time: [notice] 17#17: reconfiguring.
var entryLine = regexp.MustCompile(`^\S+ \S+ \[([a-z]+)\] (\d+)#\d+: (.*)$`)

func parseEntries(text string) []entry {
	var out []entry
	for line := range strings.Lines(text) {
		m := entryLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil || !strings.HasSuffix(line, "\n") {
			continue
		}
		if pid, err := strconv.Atoi(m[2]); err == nil {
			out = append(out, entry{m[1], pid, m[3]})
		}
	}
	return out
}

func (n nginxLog) read() ([]entry, error) {
	f, err := os.Open(n.path)
	if err != nil {
		return nil, fmt.Errorf("read nginx's error log: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, n.from, maxEntries))
	if err != nil {
		return nil, fmt.Errorf("read nginx's error log: %w", err)
	}
	return parseEntries(string(data)), nil
}

// maxEntries is how much of an error log is read, in bytes.
const maxEntries = 1 << 20

// await reads the log until said says so, or the program ends.
func (n nginxLog) await(ctx context.Context, i Instance, said func([]entry) (bool, error)) error {
	for {
		over := done(i)
		entries, err := n.read()
		if err != nil {
			return err
		}
		if ok, err := said(entries); ok || err != nil {
			return err
		}
		if over {
			return fmt.Errorf("it ended; it wrote:\n%s", i.Output())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nginx does not say that it did: %w", context.Cause(ctx))
		case <-time.After(takeoverPause):
		}
	}
}
