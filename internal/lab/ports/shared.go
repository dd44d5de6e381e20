package ports

import "sync"

// Shared remembers which ports were given last, so that labs which come up
// side by side get different ones: between the choice of a port and the bind
// nobody listens on it. The zero value is ready; its methods may be called
// from several goroutines.
type Shared struct {
	mu    sync.Mutex
	given map[int]bool
	order []int
}

// remembered is how many ports are: those of a hundred labs that come up at
// once, and far fewer than there are.
const remembered = 2000

// take gives a port, unless it was given lately. Of nil every port can be had.
func (s *Shared) take(port int) bool {
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.given[port] {
		return false
	}
	if s.given == nil {
		s.given = map[int]bool{}
	}
	s.given[port] = true
	s.order = append(s.order, port)
	if len(s.order) > remembered {
		delete(s.given, s.order[0])
		s.order = s.order[1:]
	}
	return true
}
