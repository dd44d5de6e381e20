package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// stampLayout is a time of day in a log that people read.
const stampLayout = "15:04:05.000"

// merger shows the lines of several sources as people read them, by time. What
// has no time of its own stands behind the line of its source before it.
type merger struct {
	w     io.Writer
	zone  *time.Location // of the times that nginx writes without one
	local *time.Location // of the times shown

	mu    sync.Mutex
	last  map[string]time.Time
	lines []mergedLine
	width int // of the longest source
}

type mergedLine struct {
	readable
	source string
	at     time.Time
}

func newMerger(w io.Writer, zone *time.Location) *merger {
	return &merger{w: w, zone: zone, local: time.Local, last: map[string]time.Time{}}
}

// add takes a line; flush shows it.
func (m *merger) add(l logLine) {
	r := read(l, m.zone, m.local)
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.at.IsZero() {
		m.lines = append(m.lines, mergedLine{r, r.source, m.last[l.Source]})
	} else {
		m.lines = append(m.lines, mergedLine{r, r.source, r.at})
		m.last[l.Source] = r.at
	}
	m.width = max(m.width, len(r.source))
}

// flush shows the lines that have come since the last flush.
func (m *merger) flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.SortStableFunc(m.lines, func(a, b mergedLine) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	for _, l := range m.lines {
		if _, err := fmt.Fprintf(m.w, "%-*s  %-*s | %s\n", len(stampLayout), l.stamp, m.width, l.source, printable(l.text)); err != nil {
			return err
		}
	}
	m.lines = m.lines[:0]
	return nil
}
