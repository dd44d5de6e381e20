package verify

import (
	"testing"

	"halab/internal/history"
)

// An upload without a whole answer is neither failed nor passed; one that was
// answered with an error is failed, as is one that was never sent on.
func TestUndecided(t *testing.T) {
	upload := func(o history.Outcome, sent bool) func(*request) {
		return only("new-99", func(r *request) {
			r.Lane, r.Outcome, r.Status, r.Error = uploadLane, o, 0, "gone"
			if !sent {
				r.Sent, r.Conn = 0, 0
			}
		})
	}
	for _, o := range []history.Outcome{history.Closed, history.InFlight, history.Reset, history.Timeout, history.Truncated} {
		v := build{request: upload(o, true)}.check(t)
		if v.Result != Inconclusive || len(v.find("decided", Inconclusive)) != 1 || v.LostAll != 0 {
			t.Errorf("%s: %s, %d lost: %q", o, v.Result, v.LostAll, v.Reasons)
		}
	}
	for _, o := range []history.Outcome{history.Refused, history.ConnectTimeout} {
		if v := (build{request: upload(o, false)}).check(t); v.Result != Fail || v.LostAll != 1 {
			t.Errorf("%s: %s, %d lost", o, v.Result, v.LostAll)
		}
	}
}
