package timeline

import (
	"sort"

	"halab/internal/history"
	"halab/internal/verify"
)

// Strip is one lane over the run.
type Strip struct {
	Lane     string
	Interval history.Micros

	index int
	dots  []dot // every request, or
	bins  []bin // what fell into each bin
}

// dot is one request: when it was sent, how long it took from the time at
// which it was due (-1: it was not answered well), and who answered (-1:
// nobody).
type dot struct {
	at, took history.Micros
	key      int
}

// bin is what a lane did within a short time.
type bin struct {
	count  int64
	keys   [maxKeys]int64
	silent int64 // nobody answered
	took   *sketch
	crowd  [classes]int64 // marks that are not kept one by one
}

func (s *Strip) add(t *Timeline, d dot) {
	if t.edges == nil {
		s.dots = append(s.dots, d)
		return
	}
	b := &s.bins[t.bin(d.at)]
	b.count++
	if d.key < 0 {
		b.silent++
	} else {
		b.keys[d.key]++
	}
	if d.took >= 0 {
		if b.took == nil {
			b.took = &sketch{}
		}
		b.took.add(d.took)
	}
}

// crowd counts a mark that is one too many to be kept.
func (s *Strip) crowd(t *Timeline, m Mark) {
	if t.edges != nil {
		s.bins[t.bin(m.At)].crowd[m.Class]++
	}
}

// bin is the one in which a time lies; what lies beyond the ends is in the
// first or the last.
func (t *Timeline) bin(at history.Micros) int {
	i := sort.Search(len(t.edges), func(i int) bool { return t.edges[i] > at }) - 1
	return min(max(i, 0), len(t.edges)-2)
}

// focus is the part of a run that is worth a closer look: the steps.
type focus struct{ from, to history.Micros }

// margin is how much is shown on both sides of the steps, at least.
const margin = history.Micros(500_000)

func focusOf(v *verify.Verdict) focus {
	if len(v.Steps) == 0 {
		return focus{0, v.Length}
	}
	f := focus{from: v.Steps[0].Begin}
	for i := range v.Steps {
		f.to = max(f.to, v.Steps[i].Begin, v.Steps[i].End)
		if !v.Steps[i].Ended {
			f.to = v.Length
		}
	}
	aside := max(margin, (f.to-f.from)/10)
	return focus{max(0, f.from-aside), min(v.Length, f.to+aside)}
}

// Focus is where the steps lie, with a margin.
func (t *Timeline) Focus() (from, to history.Micros) { return t.window.from, t.window.to }

// How many bins a run is put into: as many again for the part around the
// steps as for all the rest.
const (
	coarse = 1000
	fine   = 1000
)

// edges are the ends of the bins, finer where the steps are.
func edges(length history.Micros, f focus) []history.Micros {
	out := []history.Micros{0}
	until := func(end history.Micros, n int64) {
		begin := out[len(out)-1]
		for i := int64(1); i <= n; i++ {
			if e := begin + history.Micros(int64(end-begin)*i/n); e > out[len(out)-1] {
				out = append(out, e)
			}
		}
	}
	share := func(d history.Micros) int64 { return max(1, int64(coarse*float64(d)/float64(length))) }
	until(f.from, share(f.from))
	until(f.to, fine)
	until(length, share(length-f.to))
	return out
}
