package verify

import (
	"testing"

	"halab/internal/history"
)

// A transfer that was cut is lost where it ended, and its outage begins there:
// when it was sent nothing was wrong.
func TestTransfersAreLostWhereTheyEnded(t *testing.T) {
	cut := withTransfers("download", func(r *request) {
		if r.ID == "download-2" { // sent at 0.501s, before the step
			lose(r, history.Timeout)
			r.Sent, r.Done = r.Intended, command+20*ms
		}
	})
	runCases(t, []verdictCase{
		{"loss", build{events: cut}, Fail, "no failure", "lost on download: 1 timeout; the first at 1.020s, after step 1 maint: bk/old"},
		{"outage", build{events: cut}, Fail, "outage", "the longest outage on download was 481ms (± 500ms), from 1.020s"},
	})
	v := build{events: cut}.check(t)
	if len(v.Lost) != 1 || Died(&v.Lost[0].Request) != command+20*ms {
		t.Errorf("it is shown at %s", at(Died(&v.Lost[0].Request)))
	}
}
