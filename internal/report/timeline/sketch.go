package timeline

import (
	"math"
	"math/bits"

	"halab/internal/history"
)

// sketch counts times in buckets an eighth of their value wide: enough to
// draw a percentile on a logarithmic axis, and 1 KiB whatever it counts. The
// percentiles that are printed are the verdict's own.
type sketch struct {
	buckets [32 * perOctave]uint32
	count   int64
	max     history.Micros
}

const perOctave = 8

func (s *sketch) add(m history.Micros) {
	s.count++
	s.max = max(s.max, m)
	s.buckets[bucketOf(uint64(max(m, 0)))]++
}

func bucketOf(v uint64) int {
	if v < perOctave {
		return int(v)
	}
	exp := bits.Len64(v) - 4 // v>>exp is in [8, 16)
	return min((exp+1)*perOctave+int(v>>exp)-perOctave, 32*perOctave-1)
}

// upperOf is the largest value of a bucket.
func upperOf(b int) history.Micros {
	if b < perOctave {
		return history.Micros(b)
	}
	exp := b/perOctave - 1
	return history.Micros(uint64(b%perOctave+perOctave+1)<<exp - 1)
}

// quantile is the smallest value that the share q of all is not above, to an
// eighth; 0 of nothing.
func (s *sketch) quantile(q float64) history.Micros {
	if s == nil {
		return 0
	}
	rank := int64(math.Ceil(q * float64(s.count)))
	var seen int64
	for b, n := range s.buckets {
		if seen += int64(n); n > 0 && seen >= rank {
			return min(upperOf(b), s.max)
		}
	}
	return 0
}
