package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"halab/internal/history"
)

// records holds that every request of a lane has its record, and one: their
// numbers are those from 1 to the last that the prober began.
type records struct {
	ticks   int64 // requests seen, unsent ones too
	twice   int64 // of those, the ones whose number was there already
	numbers []stretch
}

// stretch is a run of numbers, both among them. There is one more than there
// are holes, whatever the length of the run.
type stretch struct{ from, to int64 }

// add takes the number of a record, 0 when its ID does not say.
func (l *records) add(n int64) {
	l.ticks++
	if n == 0 {
		return
	}
	i, found := slices.BinarySearchFunc(l.numbers, n, func(s stretch, n int64) int {
		switch {
		case s.to < n:
			return -1
		case s.from > n:
			return 1
		}
		return 0
	})
	left, right := i > 0 && l.numbers[i-1].to == n-1, i < len(l.numbers) && l.numbers[i].from == n+1
	switch {
	case found:
		l.twice++
	case left && right:
		l.numbers[i-1].to = l.numbers[i].to
		l.numbers = slices.Delete(l.numbers, i, i+1)
	case left:
		l.numbers[i-1].to = n
	case right:
		l.numbers[i].from = n
	default:
		l.numbers = slices.Insert(l.numbers, i, stretch{n, n})
	}
}

// highest is the last number, and distinct how many there are.
func (l *records) highest() (highest, distinct int64) {
	for _, s := range l.numbers {
		highest, distinct = max(highest, s.to), distinct+s.to-s.from+1
	}
	return highest, distinct
}

// number is the place of a request in the schedule of its lane, 0 when its ID
// does not say.
func number(r *history.Request) int64 {
	n, err := strconv.ParseInt(r.ID[strings.LastIndexByte(r.ID, '-')+1:], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// complete compares the records of a lane with what the prober began, as the
// end of the history tells; older ones do not, and the last number has to do.
func (c *coverage) complete(name string) []Finding {
	l, end := c.records[name], c.run.end
	if end == nil || c.run.cut {
		return nil // the record says it
	}
	if l == nil {
		l = &records{}
	}
	var out []Finding
	doubt := func(count int64, what string) {
		if count > 0 {
			out = append(out, Finding{Invariant: "coverage", Lane: name, Result: Inconclusive, Count: count,
				Text: fmt.Sprintf("%s of %s %s %s", plural(count, "request"), name, choose(count, "is", "are"), what)})
		}
	}
	highest, distinct := l.highest()
	issued, told := end.Issued[name]
	doubt(max(issued, highest)-distinct, "missing in the history")
	doubt(l.twice, "there twice in the history")
	if told {
		doubt(l.ticks-l.twice-issued, "there that the prober never began")
	}
	return out
}
