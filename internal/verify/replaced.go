package verify

import (
	"fmt"
	"strings"

	"halab/internal/history"
)

// replacement is that an upgrade is one: once a step has put another version on a
// server, every answer of that server is of this version, and there is one.
type replacement struct {
	run     *run
	started map[int]version     // by step that has not ended
	now     map[string]*version // by server
	order   []*version
}

// version is what a step put on a server, and how the server answered then.
type version struct {
	server       string
	header, was  string // the Server header, and the one before
	step         int
	ended        history.Micros
	right, wrong int64
	over         bool           // a command of the user's may have put another one there since
	first, last  history.Micros // of wrong
}

func newReplacement(r *run) *replacement {
	return &replacement{run: r, started: map[int]version{}, now: map[string]*version{}}
}

func (p *replacement) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Step:
		p.step(e)
	case *history.Request:
		if v := p.now[e.Server]; v != nil && e.Header != "" && began(e) > v.ended {
			v.answered(e, p.run.commanded(e, v.ended))
		}
	}
}

func (p *replacement) step(e *history.Step) {
	switch e.Phase {
	case history.Command:
		if was, header := p.headers(e); header != was {
			p.started[e.Index] = version{server: e.Server, header: header, was: was, step: e.Index}
			delete(p.now, e.Server) // until the step has ended either may answer
		}
	case history.Ended:
		v, ok := p.started[e.Index]
		delete(p.started, e.Index)
		if !ok || e.Error != "" {
			return
		}
		v.ended = e.At
		p.now[v.server] = &v
		p.order = append(p.order, &v)
	}
}

// headers are what the server shows before the command and after it.
func (p *replacement) headers(e *history.Step) (was, header string) {
	versions := p.run.headers[e.Server]
	if len(versions) == 0 {
		return "", "" // no server of this lab
	}
	was = versions[0]
	if v := p.now[e.Server]; v != nil {
		was = v.header
	}
	switch {
	case e.Version != "":
		return was, "nginx/" + strings.ToLower(e.Version)
	case e.Kind == "replace" && len(versions) == 2:
		return was, versions[1] // older histories do not tell, but there is no other
	}
	return was, was
}

func (v *version) answered(r *history.Request, commanded bool) {
	switch header := strings.ToLower(r.Header); {
	case header == v.header:
		v.right++
	case commanded:
		v.over = true
	case header == v.was:
		if v.wrong == 0 {
			v.first = began(r)
		}
		v.wrong++
		v.last = began(r)
	}
}

func (p *replacement) findings() []Finding {
	var out []Finding
	for _, v := range p.order {
		f := Finding{Invariant: "replaced", Result: Pass, Step: v.step, Line: p.run.lineOf(v.step), Count: v.wrong, First: v.first, Last: v.last,
			Text: fmt.Sprintf("%s answered as %s once step %d had put it there", v.server, v.header, v.step)}
		switch {
		case v.wrong > 0:
			f.Result = Fail
			f.Text = fmt.Sprintf("%s came from %s as %s after step %d had put %s there; the first at %s", plural(v.wrong, "answer"), v.server, v.was, v.step, v.header, at(v.first))
		case v.right == 0 && v.over:
			continue // a command of the user's may have put another version there
		case v.right == 0 && p.now[v.server] == v:
			f.Result, f.Count = Inconclusive, 1
			f.Text = fmt.Sprintf("%s never answered as %s, which step %d put there", v.server, v.header, v.step)
		case v.right == 0:
			continue // it was replaced again before anybody asked
		}
		out = append(out, f)
	}
	return out
}
