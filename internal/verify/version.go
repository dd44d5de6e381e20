package verify

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/history"
)

// finalVersion is that an upgrade has reached everybody: what is sent when the
// steps are over is answered by the version that the scenario wants, of every
// backend or of each that it names. Of a run that did not come to its last step
// nobody can say.
type finalVersion struct {
	run  *run
	each []*wanted
}

// wanted is the version that a backend is to have; where its name is empty, that
// all are to have.
type wanted struct {
	backend, version string
	answers          int64 // since the last step did anything
	others           map[answerer]int64
	first            history.Micros
}

// answerer is a server with the Server header that it showed.
type answerer struct{ header, server string }

const finalVersionName = "version in the end"

func newFinalVersion(r *run) *finalVersion {
	f := &finalVersion{run: r}
	want := r.scenario.Expect.Version
	if want.Every != "" {
		f.each = append(f.each, &wanted{version: want.Every, others: map[answerer]int64{}})
	}
	for _, of := range want.Of {
		f.each = append(f.each, &wanted{backend: of.Backend, version: of.Version, others: map[answerer]int64{}})
	}
	return f
}

func (f *finalVersion) observe(e history.Event) {
	if len(f.each) == 0 {
		return
	}
	switch e := e.(type) {
	case *history.Step:
		for _, w := range f.each {
			w.answers = 0
			clear(w.others)
		}
	case *history.Request:
		if e.Class() == history.StepLane || e.Class() == history.StreamLane || f.run.class(e) != fine || e.Header == "" {
			return
		}
		backend := f.run.backendOf(e)
		for _, w := range f.each {
			if w.backend == "" || w.backend == backend {
				w.answered(f.run, e)
			}
		}
	}
}

func (w *wanted) answered(r *run, q *history.Request) {
	w.answers++
	if !r.isVersion(q.Header, w.version) {
		if len(w.others) == 0 {
			w.first = began(q)
		}
		w.others[answerer{r.lower(q.Header), q.Server}]++
	}
}

func (f *finalVersion) findings() []Finding {
	var out []Finding
	for _, w := range f.each {
		out = append(out, w.finding(f.run))
	}
	return out
}

func (w *wanted) finding(r *run) Finding {
	of := ""
	if w.backend != "" {
		of = " of " + w.backend
	}
	out := Finding{Invariant: finalVersionName, Result: Pass, Text: fmt.Sprintf("%s%s after the last step, all of nginx %s", plural(w.answers, "answer"), of, w.version)}
	others := map[string]int64{}
	for a, n := range w.others {
		out.Count += n
		others[a.header+" of "+a.server] += n
	}
	switch {
	case w.answers == 0 && of != "":
		out.Result, out.Text = Inconclusive, fmt.Sprintf("nothing%s was answered after the last step, so nothing is known of its version in the end", of)
	case w.answers == 0:
		out.Result, out.Text = Inconclusive, "nothing was answered after the last step, so nothing is known of the version in the end"
	case r.ended() < int64(r.planned()):
		out.Result, out.Text = Inconclusive, r.unfinished()+", so nothing is known of the version in the end"
	case out.Count > 0:
		out.Result, out.First = Fail, w.first
		out.Text = fmt.Sprintf("%d of %s%s after the last step came from another version than nginx %s: %s", out.Count, plural(w.answers, "answer"), of, w.version, causes(others))
		out.locate(r, w.first)
	}
	return out
}

// isVersion reports whether a Server header is that of a version, or of what
// stands in for it.
func (r *run) isVersion(header, version string) bool {
	got := strings.TrimPrefix(r.lower(header), "nginx/")
	return got == version || slices.ContainsFunc(r.header.Software, func(p history.Software) bool {
		return p.Name == "nginx" && p.Asked == version && p.Got == got
	})
}

// backendOf is the backend to which the frontend of a request sends it.
func (r *run) backendOf(q *history.Request) string {
	name := history.LaneFrontend(q.Lane)
	for _, f := range r.scenario.TrafficFrontends() {
		if name == "" || f.Name == name {
			return f.DefaultBackend
		}
	}
	return ""
}
