package verify

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/history"
)

// finalVersion is that an upgrade has reached everybody: what is sent when the
// steps are over is answered by the version that the scenario wants. Of a run
// that did not come to its last step nobody can say.
type finalVersion struct {
	run     *run
	answers int64 // since the last step did anything
	others  map[answerer]int64
	first   history.Micros
}

// answerer is a server with the Server header that it showed.
type answerer struct{ header, server string }

const finalVersionName = "version in the end"

func newFinalVersion(r *run) *finalVersion {
	return &finalVersion{run: r, others: map[answerer]int64{}}
}

func (f *finalVersion) observe(e history.Event) {
	if f.run.scenario.Expect.Version == "" {
		return
	}
	switch e := e.(type) {
	case *history.Step:
		f.answers = 0
		clear(f.others)
	case *history.Request:
		if e.Class() == history.StepLane || e.Class() == history.StreamLane || f.run.class(e) != fine || e.Header == "" {
			return
		}
		f.answers++
		if !f.run.wantsVersion(e.Header) {
			if len(f.others) == 0 {
				f.first = began(e)
			}
			f.others[answerer{f.run.lower(e.Header), e.Server}]++
		}
	}
}

func (f *finalVersion) findings() []Finding {
	want := f.run.scenario.Expect.Version
	if want == "" {
		return nil
	}
	out := Finding{Invariant: finalVersionName, Result: Pass, Text: fmt.Sprintf("%s after the last step, all of nginx %s", plural(f.answers, "answer"), want)}
	others := map[string]int64{}
	for a, n := range f.others {
		out.Count += n
		others[a.header+" of "+a.server] += n
	}
	switch {
	case f.answers == 0:
		out.Result, out.Text = Inconclusive, "nothing was answered after the last step, so nothing is known of the version in the end"
	case f.run.ended() < int64(f.run.planned()):
		out.Result, out.Text = Inconclusive, f.run.unfinished()+", so nothing is known of the version in the end"
	case out.Count > 0:
		out.Result, out.First = Fail, f.first
		out.Text = fmt.Sprintf("%d of %s after the last step came from another version than nginx %s: %s", out.Count, plural(f.answers, "answer"), want, causes(others))
		out.locate(f.run, f.first)
	}
	return []Finding{out}
}

// wantsVersion tells whether a Server header is that of the version which the
// scenario wants in the end, or of what stands in for it.
func (r *run) wantsVersion(header string) bool {
	version := strings.TrimPrefix(r.lower(header), "nginx/")
	return version == r.scenario.Expect.Version || slices.ContainsFunc(r.header.Software, func(p history.Software) bool {
		return p.Name == "nginx" && p.Asked == r.scenario.Expect.Version && p.Got == version
	})
}
