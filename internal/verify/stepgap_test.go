package verify

import "testing"

// Every step is told the gap in which an outage of its time could hide.
func TestStepGaps(t *testing.T) {
	v := build{expect: "max-gap: 1s", request: func(r *request) {
		// Nothing leaves for 90 ms after the command, on any lane.
		if r.Sent > command && r.Sent < command+90*ms {
			late := command + 90*ms - r.Sent
			r.Sent, r.First, r.Done = r.Sent+late, r.First+late, r.Done+late
		}
	}}.check(t)
	for _, s := range v.Steps {
		if s.Gap < 90*ms || s.Gap > 110*ms {
			t.Errorf("step %d, begun at %s: largest gap %s, want about 90ms", s.Index, s.Begin, s.Gap)
		}
	}
	for _, s := range (build{}).check(t).Steps {
		if s.Gap != 10*ms {
			t.Errorf("step %d of an even run: largest gap %s, want 10ms", s.Index, s.Gap)
		}
	}
}
