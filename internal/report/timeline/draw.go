package timeline

import (
	"math"
	"strconv"

	"halab/internal/history"
)

// Width is the width of the drawing in its own units. The page stretches it
// to whatever it has, and zooms by showing less of it.
const Width = 10_000

// The heights of a strip, in CSS pixels from its top: marks, latency, band.
const (
	marksTop    = 1
	marksEnd    = 12
	plotTop     = 17
	plotEnd     = 61
	bandTop     = 67
	bandEnd     = 79
	StripHeight = 80
)

// Path is one SVG path and its class.
type Path struct{ Class, D string }

// Drawing is a strip as SVG paths.
type Drawing struct {
	Grid    Path
	Latency []Path
	Bands   []Path
	Waits   []Path // thin lines from the sends of the lost to their ends
	Marks   []Path
}

// pen writes the data of a path.
type pen []byte

func (p *pen) put(command byte, values ...float64) {
	*p = append(*p, command)
	for i, v := range values {
		if i > 0 {
			*p = append(*p, ' ')
		}
		*p = strconv.AppendFloat(*p, math.Round(v*100)/100, 'f', -1, 64)
	}
}

func (p *pen) box(x0, y0, x1, y1 float64) {
	p.put('M', x0, y0)
	p.put('H', x1)
	p.put('V', y1)
	p.put('H', x0)
	p.put('Z')
}

// X is where a time stands.
func (t *Timeline) X(at history.Micros) float64 {
	return float64(at) / float64(t.Length) * Width
}

// Scale is the axis of the latencies: decades, the same for every lane.
type Scale struct{ Low, High int } // exponents of ten, in microseconds

// Scale is the smallest that shows every latency.
func (t *Timeline) Scale() Scale {
	low, high := history.Micros(math.MaxInt64), history.Micros(0)
	see := func(m history.Micros) { low, high = min(low, m), max(high, m) }
	for _, s := range t.Strips {
		for _, d := range s.dots {
			if d.took > 0 {
				see(d.took)
			}
		}
		for i := range s.bins {
			if k := s.bins[i].took; k != nil {
				see(max(1, k.quantile(0)))
				see(k.max)
			}
		}
	}
	if high == 0 {
		return Scale{3, 4}
	}
	c := Scale{int(math.Floor(math.Log10(float64(low)))), int(math.Ceil(math.Log10(float64(high))))}
	if c.High == c.Low {
		c.High++
	}
	return c
}

// Y is where a latency stands.
func (c Scale) Y(m history.Micros) float64 {
	share := (math.Log10(float64(max(m, 1))) - float64(c.Low)) / float64(c.High-c.Low)
	return plotEnd - math.Min(math.Max(share, 0), 1)*(plotEnd-plotTop)
}

// Draw draws one strip.
func (t *Timeline) Draw(s *Strip, c Scale) Drawing {
	var grid pen
	for e := c.Low; e <= c.High; e++ {
		grid.put('M', 0, c.Y(history.Micros(math.Pow10(e))))
		grid.put('H', Width)
	}
	d := Drawing{Grid: Path{"grid", string(grid)}, Waits: t.drawWaits(s), Marks: t.drawMarks(s)}
	if t.edges == nil {
		d.Latency, d.Bands = t.drawDots(s, c), t.drawTurns(s)
	} else {
		d.Latency, d.Bands = t.drawSpread(s, c), t.drawShares(s)
	}
	return d
}

// drawDots is a point for every request, in the colour of who answered.
func (t *Timeline) drawDots(s *Strip, c Scale) []Path {
	pens := make([]pen, maxKeys+1)
	for _, d := range s.dots {
		if d.took > 0 {
			p := &pens[d.key+1]
			p.put('M', t.X(d.at), c.Y(d.took))
			p.put('h', 0)
		}
	}
	return keyed("dot", pens)
}

// drawSpread is, of every bin, a line from the median to the slowest, and
// points at the median and at the 99th percentile.
func (t *Timeline) drawSpread(s *Strip, c Scale) []Path {
	var spread, median, p99 pen
	for i := range s.bins {
		k := s.bins[i].took
		if k == nil {
			continue
		}
		x := t.X((t.edges[i] + t.edges[i+1]) / 2)
		low, high := c.Y(k.quantile(0.5)), c.Y(k.max)
		spread.put('M', x, low)
		spread.put('V', high)
		median.put('M', x, low)
		median.put('h', 0)
		p99.put('M', x, c.Y(k.quantile(0.99)))
		p99.put('h', 0)
	}
	return []Path{{"spread", string(spread)}, {"p99", string(p99)}, {"median", string(median)}}
}

// drawTurns is the band of a lane whose every request is known: each answer
// holds until the next one was sent, and the last until one was due.
func (t *Timeline) drawTurns(s *Strip) []Path {
	pens := make([]pen, maxKeys+1)
	if s.Interval == 0 {
		return nil // without a schedule an answer says nothing of the time after it
	}
	for i := 0; i < len(s.dots); {
		j := i + 1
		for j < len(s.dots) && s.dots[j].key == s.dots[i].key {
			j++
		}
		end := min(t.Length, s.dots[j-1].at+s.Interval)
		if j < len(s.dots) {
			end = s.dots[j].at
		}
		pens[s.dots[i].key+1].box(t.X(s.dots[i].at), bandTop, t.X(end), bandEnd)
		i = j
	}
	return keyed("band", pens)
}

// drawShares is the band of a lane in bins: who answered how much of each,
// one above the other. Bins side by side that one server answered alone are
// one box.
func (t *Timeline) drawShares(s *Strip) []Path {
	pens := make([]pen, maxKeys+1)
	for i := 0; i < len(s.bins); i++ {
		b := &s.bins[i]
		if b.count == 0 {
			continue
		}
		if key, alone := b.alone(); alone {
			j := i
			for j+1 < len(s.bins) && s.bins[j+1].sameAlone(key) {
				j++
			}
			pens[key+1].box(t.X(t.edges[i]), bandTop, t.X(t.edges[j+1]), bandEnd)
			i = j
			continue
		}
		y := float64(bandTop)
		for key := -1; key < maxKeys; key++ {
			n := b.silent
			if key >= 0 {
				n = b.keys[key]
			}
			if n > 0 {
				h := float64(n) / float64(b.count) * (bandEnd - bandTop)
				pens[key+1].box(t.X(t.edges[i]), y, t.X(t.edges[i+1]), y+h)
				y += h
			}
		}
	}
	return keyed("band", pens)
}

// alone says who answered a bin, when it was one alone; -1 is nobody.
func (b *bin) alone() (int, bool) {
	if b.silent == b.count {
		return -1, true
	}
	for key, n := range b.keys {
		if n == b.count {
			return key, true
		}
	}
	return 0, false
}

// sameAlone: an empty bin is between two requests of a slow lane.
func (b *bin) sameAlone(key int) bool {
	if b.count == 0 {
		return true
	}
	k, alone := b.alone()
	return alone && k == key
}

var markClasses = [classes]string{Lost: "lost", Stale: "stale", Unsent: "unsent", Retried: "retried", Other: "other"}

func (t *Timeline) drawMarks(s *Strip) []Path {
	pens := make([]pen, len(markClasses))
	line := func(c Class, at history.Micros) {
		pens[c].put('M', t.X(at), marksTop)
		pens[c].put('V', marksEnd)
	}
	for _, m := range t.Marks {
		if m.Lane == s.index {
			line(m.Class, m.At)
		}
	}
	for i := range s.bins {
		for c, n := range s.bins[i].crowd {
			if n > 0 {
				line(Class(c), (t.edges[i]+t.edges[i+1])/2)
			}
		}
	}
	var out []Path
	for i, p := range pens {
		if len(p) > 0 {
			out = append(out, Path{markClasses[i], string(p)})
		}
	}
	return out
}

// waitsY is where the line from a send to a loss stands.
const waitsY = (marksTop + marksEnd) / 2.0

// drawWaits is a thin line from the send of every lost request to its end. One
// that is shorter than the mark is wide is left out.
func (t *Timeline) drawWaits(s *Strip) []Path {
	const least = Width / 1000
	var p pen
	for _, m := range t.Marks {
		if m.Lane == s.index && t.X(m.At)-t.X(m.Sent) >= least {
			p.put('M', t.X(m.Sent), waitsY)
			p.put('H', t.X(m.At))
		}
	}
	if len(p) == 0 {
		return nil
	}
	return []Path{{"wait", string(p)}}
}

// keyed names the pens by who answered: v0, v1 and so on, or none.
func keyed(class string, pens []pen) []Path {
	var out []Path
	for i, p := range pens {
		if len(p) == 0 {
			continue
		}
		name := class + " none"
		if i > 0 {
			name = class + " v" + strconv.Itoa(i-1)
		}
		out = append(out, Path{name, string(p)})
	}
	return out
}

// String is the name of a class, which is its class in the drawing too.
func (c Class) String() string { return markClasses[c] }

// Binned says that there were too many requests to keep each.
func (t *Timeline) Binned() bool { return t.edges != nil }

// Has says whether there is a mark of this class.
func (t *Timeline) Has(c Class) bool {
	for _, m := range t.Marks {
		if m.Class == c {
			return true
		}
	}
	return false
}

// Marked says whether a strip has a mark.
func (t *Timeline) Marked(s *Strip) bool {
	for _, m := range t.Marks {
		if m.Lane == s.index {
			return true
		}
	}
	return false
}

// Silent says whether a request got an answer of no server.
func (t *Timeline) Silent() bool {
	for _, s := range t.Strips {
		for _, d := range s.dots {
			if d.key < 0 {
				return true
			}
		}
		for i := range s.bins {
			if s.bins[i].silent > 0 {
				return true
			}
		}
	}
	return false
}

// Waited reports whether a lost request was sent long enough before its end
// for a line to be drawn.
func (t *Timeline) Waited() bool {
	for _, s := range t.Strips {
		if t.drawWaits(s) != nil {
			return true
		}
	}
	return false
}
