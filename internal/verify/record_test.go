package verify

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"halab/internal/history"
)

func stepsOnly(change func(s *history.Step)) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		for _, e := range all {
			if s, ok := e.(*history.Step); ok {
				change(s)
			}
		}
		return all
	}
}

// fewer leaves out the step of this index.
func fewer(index int) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		return slices.DeleteFunc(all, func(e history.Event) bool { s, ok := e.(*history.Step); return ok && s.Index == index })
	}
}

// failing lets the steps of these numbers fail. Those from 3 on are the way
// back.
func failing(indexes ...int) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		for i := 3; i <= 4; i++ {
			s := history.Step{At: 1800*ms + history.Micros(i)*ms, Index: i, Kind: "ready", Text: "ready: bk/old", Phase: history.Begin}
			end := s
			end.Phase = history.Ended
			all = addEvent(&end)(addEvent(&s)(all))
		}
		return stepsOnly(func(s *history.Step) {
			if s.Phase == history.Ended && slices.Contains(indexes, s.Index) {
				s.Error = "it is not so"
			}
		})(all)
	}
}

// onlyLooks makes the command of the first step one that changes nothing.
func onlyLooks(all []history.Event) []history.Event {
	return stepsOnly(func(s *history.Step) {
		if s.Phase == history.Command {
			s.Phase, s.Kind, s.Server, s.Command = history.Look, "save_state", "", "show servers state"
		}
	})(all)
}

// Only of a way back that failed it is said.
func TestWayBackThatWentWell(t *testing.T) {
	for _, f := range (build{events: failing(2)}).check(t).find("procedure", Fail) {
		if strings.Contains(f.Text, "way back") {
			t.Error(f.Text)
		}
	}
}

func TestCarriedOut(t *testing.T) {
	runCases(t, []verdictCase{
		{"all steps", build{}, Pass, "procedure", "2 of 2 steps carried out"},
		{"a step failed", build{events: stepsOnly(func(s *history.Step) {
			if s.Index == 2 && s.Phase == history.Ended {
				s.Error = "bk/old is UP, not MAINT"
			}
		})}, Fail, "procedure", "step 2 expect: {header: nginx/1.22.1} failed: bk/old is UP"},
		{"a step failed, and the way back too", build{events: failing(2, 4)}, Fail, "procedure", "step 2 expect: {header: nginx/1.22.1} failed: it is not so; the way back failed too: step 4 ready: bk/old failed: it is not so"},
		{"a step failed, and the way back went well", build{events: failing(2)}, Fail, "procedure", "step 2 expect: {header: nginx/1.22.1} failed: it is not so"},
		{"a step is missing", build{events: fewer(2)}, Inconclusive, "procedure", "only 1 of 2 steps was carried out"},
		{"no step", build{expect: "-", request: from(0, "old"), events: func(all []history.Event) []history.Event { return unseen(fewer(1)(fewer(2)(all))) }}, Inconclusive, "procedure", "only 0 of 2 steps were"},
		{"steps that only look", build{expect: "-", request: from(0, "old"), events: func(all []history.Event) []history.Event { return unseen(onlyLooks(all)) }}, Inconclusive, "procedure", "no step did anything"},
		{"a loss after a step that only looks", build{request: both(from(0, "old"), only("new-150", func(r *request) { lose(r, history.Reset) })), events: onlyLooks}, Fail, "no failure", "before any step did anything"},
		{"a step without its end", build{events: func(all []history.Event) []history.Event {
			return slices.DeleteFunc(all, func(e history.Event) bool {
				s, ok := e.(*history.Step)
				return ok && s.Index == 2 && s.Phase == history.Ended
			})
		}}, Inconclusive, "procedure", "only 1 of 2 steps"},
		{"one step twice is not two", build{events: func(all []history.Event) []history.Event {
			for i, e := range all {
				if s, ok := e.(*history.Step); ok && s.Index == 2 {
					again := *s
					again.Index = 1
					all[i] = &again
				}
			}
			return all
		}}, Inconclusive, "procedure", "only 1 of 2 steps"},
		{"cut off", build{events: func(all []history.Event) []history.Event { return all[:len(all)-1] }}, Inconclusive, "record", "the history has no end: the run was cut at"},
		{"ended by an error", build{events: atEnd(func(e *history.End) { e.Error = "no space left" })}, Inconclusive, "record", "no space left"},
		{"two runs in one file", build{events: func(all []history.Event) []history.Event { return append(all, all...) }}, Inconclusive, "record", "a second header"},
		{"a second end does not make up for the first", build{events: func(all []history.Event) []history.Event {
			return append(atEnd(func(e *history.End) { e.Error = "no space left" })(all), &history.End{At: allOver})
		}}, Inconclusive, "record", "no space left"},
	})
}

// What only looks is told of all the same.
func TestLooksAreTold(t *testing.T) {
	v := build{expect: "-", request: from(0, "old"), events: onlyLooks}.check(t)
	if s := v.Steps[0]; s.Command != 0 || !slices.Equal(s.Commands, []string{"show servers state"}) {
		t.Errorf("%+v", s)
	}
}

// broken puts an error where the source has handed out half of its events.
type broken struct {
	source
	after int
	err   error
}

func (b *broken) Next() (history.Event, error) {
	if b.after--; b.after == 0 {
		return nil, b.err
	}
	return b.source.Next()
}

func TestBrokenHistories(t *testing.T) {
	foreign := &history.Error{Line: 7, Err: errors.New("no JSON")}
	for _, c := range []struct {
		name      string
		err       error
		want      Result
		invariant string
		text      string
	}{
		{"foreign line", foreign, Inconclusive, "record", "1 line of the history is none of halab's: history line 7: no JSON"},
		{"cut within a line", history.ErrCut, Inconclusive, "record", "the history was cut within a line"},
		{"cut between two lines", io.EOF, Inconclusive, "record", "no end"},
	} {
		v := check(t, &broken{source{events: build{}.history()}, 300, c.err})
		if f := v.find(c.invariant, c.want); v.Result != c.want || len(f) != 1 || !strings.Contains(f[0].Text, c.text) {
			t.Errorf("%s: %s\n%s", c.name, v.Result, listed(v.Findings))
		}
	}
	// A loss before the cut is a loss.
	b := build{request: only("new-1", func(r *request) { lose(r, history.Reset) })}
	if v := check(t, &broken{source{events: b.history()}, 300, history.ErrCut}); v.Result != Fail {
		t.Errorf("a loss before the cut: %s", v.Result)
	}
	failing := errors.New("input/output error")
	if _, err := Check(&broken{source{events: b.history()}, 300, failing}, parse); !errors.Is(err, failing) {
		t.Errorf("a disk that fails: %v", err)
	}
}

func TestNothingToJudge(t *testing.T) {
	events := build{}.history()
	other := *events[0].(*history.Header)
	other.Version = 99
	bad := *events[0].(*history.Header)
	bad.Scenario = "apiVersion: nonsense"
	for _, c := range []struct {
		name, want string
		src        source
	}{
		{"empty", "it is empty", source{}},
		{"cut in the first line", "ends within a line", source{err: history.ErrCut}},
		{"no header", "does not begin with a header", source{events: events[1:]}},
		{"another version", "it is of version 99, this halab reads version 1", source{events: []history.Event{&other}}},
		{"a scenario that cannot be read", "read the scenario of the history", source{events: []history.Event{&bad}}},
	} {
		if v, err := Check(&c.src, parse); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", c.name, v, err)
		}
	}
	// A header alone is a run that proves nothing.
	if v := check(t, &source{events: events[:1]}); v.Result != Inconclusive {
		t.Errorf("a header alone: %s", v.Result)
	}
}
