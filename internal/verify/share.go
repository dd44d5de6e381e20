package verify

import (
	"cmp"
	"slices"

	"halab/internal/history"
)

// Share is how many requests of a lane were at one server, by when they were
// sent: before the first command of a step, from there to the end of the last
// step, and after it.
type Share struct {
	Lane   string `json:"lane"`
	Server string `json:"server"` // backend/server; "" is not known, or none
	Before int64  `json:"before"`
	During int64  `json:"during"`
	After  int64  `json:"after"`
}

// shares are counted as the requests go by.
type shares struct {
	of       map[[2]string]*Share // at most maxSeen, by lane and server
	acted    bool
	command  history.Micros // the first
	lastStep history.Micros // the latest event of a step
	after    []*Share       // those that have something after the latest event of a step
}

func (s *shares) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Request:
		s.request(e)
	case *history.Step:
		if e.Phase == history.Command && !s.acted {
			s.acted, s.command = true, e.At
		}
		if s.acted {
			s.step(e.At)
		}
	}
}

// step makes what was thought to have come after the steps be of their time.
func (s *shares) step(at history.Micros) {
	s.lastStep = at
	for _, one := range s.after {
		one.During, one.After = one.During+one.After, 0
	}
	s.after = s.after[:0]
}

func (s *shares) request(r *history.Request) {
	if r.Sent == 0 || r.Class() == history.StepLane {
		return
	}
	key := [2]string{r.Lane, cmp.Or(r.Server, atServer(r))}
	one := s.of[key]
	if one == nil {
		if len(s.of) >= maxSeen {
			return
		}
		one = &Share{Lane: key[0], Server: key[1]}
		s.of[key] = one
	}
	switch sent := began(r); {
	case !s.acted || sent < s.command:
		one.Before++
	case sent < s.lastStep:
		one.During++
	default:
		if one.After++; one.After == 1 {
			s.after = append(s.after, one)
		}
	}
}

// list is in the order of the lanes, then by server.
func (s *shares) list(lanes []string) []Share {
	out := []Share{}
	for _, one := range s.of {
		out = append(out, *one)
	}
	slices.SortFunc(out, func(a, b Share) int {
		return cmp.Or(cmp.Compare(slices.Index(lanes, a.Lane), slices.Index(lanes, b.Lane)), cmp.Compare(a.Server, b.Server))
	})
	return out
}
