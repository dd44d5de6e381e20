package rehearse

import (
	"testing"

	"halab/internal/history"
)

// HAProxy is attended until the last command of the user's has ended, whatever
// other steps end meanwhile.
func TestAttends(t *testing.T) {
	p := newPrograms(nil)
	command := func(i int) *history.Step { return &history.Step{Index: i, Phase: history.Command, AnyServer: true} }
	ended := func(i int) *history.Step { return &history.Step{Index: i, Phase: history.Ended} }
	for _, c := range []struct {
		what         string
		e            *history.Step
		begins, ends bool
	}{
		{"a command of halab's", &history.Step{Index: 1, Phase: history.Command}, false, false},
		{"a command", command(2), true, false},
		{"its second", command(2), true, false},
		{"the end of another step", ended(1), false, false},
		{"a command beside it", command(3), true, false},
		{"the end of the first", ended(2), false, false},
		{"the end of the last", ended(3), false, true},
		{"the end of one that is over", ended(3), false, false},
	} {
		if begins, ends := p.attends(c.e); begins != c.begins || ends != c.ends {
			t.Errorf("%s: %t, %t; want %t, %t", c.what, begins, ends, c.begins, c.ends)
		}
	}
}
