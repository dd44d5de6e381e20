package timeline

import "halab/internal/history"

// Data is what the page's script needs to tell what is under the pointer. It
// is small: whole numbers, column by column.
type Data struct {
	Length history.Micros   `json:"length"`
	Focus  [2]int64         `json:"focus"`
	Lanes  []LaneData       `json:"lanes"`
	Edges  []history.Micros `json:"edges,omitempty"`
	Keys   []string         `json:"keys"`
	Kinds  []string         `json:"kinds"`
	Marks  MarkData         `json:"marks"`
}

// LaneData is a lane request by request (T, Took, Key) or bin by bin (Count,
// P50, P99, Max).
type LaneData struct {
	Name  string  `json:"name"`
	T     []int64 `json:"t,omitempty"`
	Took  []int64 `json:"took,omitempty"`
	Key   []int   `json:"key,omitempty"`
	Count []int64 `json:"n,omitempty"`
	P50   []int64 `json:"p50,omitempty"`
	P99   []int64 `json:"p99,omitempty"`
	Max   []int64 `json:"max,omitempty"`
}

// MarkData are the marks in the order of time.
type MarkData struct {
	T      []int64 `json:"t"`
	Sent   []int64 `json:"sent"`
	Lane   []int   `json:"lane"`
	Class  []int   `json:"class"`
	Kind   []int   `json:"kind"`
	Listed []int   `json:"listed"`
}

// Data gathers it; label writes a key for people.
func (t *Timeline) Data(label func(Key) string) Data {
	d := Data{Length: t.Length, Focus: [2]int64{int64(t.window.from), int64(t.window.to)}, Edges: t.edges, Kinds: t.Kinds, Keys: []string{}}
	for _, k := range t.Keys {
		d.Keys = append(d.Keys, label(k))
	}
	for _, s := range t.Strips {
		d.Lanes = append(d.Lanes, s.data())
	}
	for _, m := range t.Marks {
		d.Marks.T = append(d.Marks.T, int64(m.At))
		d.Marks.Sent = append(d.Marks.Sent, int64(m.Sent))
		d.Marks.Lane = append(d.Marks.Lane, m.Lane)
		d.Marks.Class = append(d.Marks.Class, int(m.Class))
		d.Marks.Kind = append(d.Marks.Kind, m.Kind)
		d.Marks.Listed = append(d.Marks.Listed, m.Listed)
	}
	return d
}

func (s *Strip) data() LaneData {
	d := LaneData{Name: s.Lane}
	for _, r := range s.dots {
		d.T = append(d.T, int64(r.at))
		d.Took = append(d.Took, int64(r.took))
		d.Key = append(d.Key, r.key)
	}
	for i := range s.bins {
		k := s.bins[i].took
		d.Count = append(d.Count, s.bins[i].count)
		d.P50 = append(d.P50, int64(k.quantile(0.5)))
		d.P99 = append(d.P99, int64(k.quantile(0.99)))
		worst := int64(0)
		if k != nil {
			worst = int64(k.max)
		}
		d.Max = append(d.Max, worst)
	}
	return d
}
