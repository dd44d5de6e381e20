package verify

import (
	"maps"
	"slices"
	"strings"

	"halab/internal/history"
)

// haul is what was lost in some way.
type haul struct {
	all    int64
	nouns  map[string]int64
	states map[string]int64
}

// lost counts what was lost in such a way.
func (e *evidence) lost(is func(lossKind) bool) haul {
	h := haul{nouns: map[string]int64{}, states: map[string]int64{}}
	for k, n := range e.losses {
		if is(k) {
			h.all += n
			h.nouns[nounOf(k.lane)] += n
			h.states[k.state] += n
		}
	}
	return h
}

func nounOf(lane string) string {
	switch lane {
	case history.DownloadLane, history.UploadLane, history.StreamLane:
		return lane
	}
	return "request"
}

// String writes a haul: 39 downloads and 2 requests.
func (h haul) String() string {
	var parts []string
	for _, noun := range slices.Sorted(maps.Keys(h.nouns)) {
		parts = append(parts, plural(h.nouns[noun], noun))
	}
	return strings.Join(parts, " and ")
}

// how writes the termination states of a haul.
func (h haul) how() string {
	names := slices.Sorted(maps.Keys(h.states))
	names = slices.DeleteFunc(names, func(s string) bool { return s == "" })
	return strings.Join(names, ", ")
}
