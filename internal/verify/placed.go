package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// PlacedName is the rule that what a step did to a server could be seen.
const PlacedName = "in flight on each server"

// placed holds that a server which a step takes out or ends had a transfer of
// each such lane in flight: HAProxy chooses the server, and where all downloads
// are on another one, nothing shows what the step does to a download.
type placed struct {
	run    *run
	lanes  []string                       // of downloads, uploads and streams
	recent history.Micros                 // how long after its last answer a server counts as serving
	open   []moving                       // transfers that were in flight not long ago
	served map[string]history.Micros      // when the latest request was sent that a server answered
	states map[string]history.ServerState // as last seen
	out    map[string]*leaving            // servers that are out now
	all    []*leaving                     // at most maxSeen
}

// moving is a transfer. The server that answers may have another name in
// HAProxy; where neither is known it may have been on any.
type moving struct {
	lane, server, inHAProxy string
	began, done             history.Micros
}

func (m *moving) on(server string) bool {
	return m.server == server || m.inHAProxy == server || m.server == "" && m.inHAProxy == ""
}

// leaving is a server that served and was taken out, at some time from its last
// answer to what a step did.
type leaving struct {
	server, kind string
	step         int
	from, to     history.Micros
	aboard       map[string]bool // the lanes that had something in flight on it
}

// board notes what was in flight on the server then.
func (l *leaving) board(m *moving, from, to history.Micros) {
	if m.began <= to && m.done > from && m.on(l.server) {
		l.aboard[m.lane] = true
	}
}

func newPlaced(r *run) *placed {
	p := &placed{run: r, recent: max(history.M(time.Second), 4*r.densest()), served: map[string]history.Micros{},
		states: map[string]history.ServerState{}, out: map[string]*leaving{}}
	for _, lane := range r.asks() {
		if lengthy(&history.Request{Lane: lane}) {
			p.lanes = append(p.lanes, lane)
		}
	}
	return p
}

func (p *placed) observe(e history.Event) {
	if len(p.lanes) == 0 || p.run.failed {
		return
	}
	switch e := e.(type) {
	case *history.Request:
		p.request(e)
	case *history.Step:
		if e.Phase == history.Command && e.Server != "" && !e.AnyServer {
			p.command(e)
		}
	case *history.ServerState:
		p.state(e)
	case *history.Program:
		if by := p.ranBefore(e.At, e.Role); e.Pid == 0 && by != nil {
			p.leave(leaving{server: e.Role, kind: endedDeed, step: by.step, to: e.At})
		}
	}
}

func (p *placed) request(r *history.Request) {
	m := moving{lane: r.Lane, server: r.Server, began: began(r), done: died(r)}
	if r.Log != nil {
		m.inHAProxy = r.Log.Server
	}
	if r.Class() != history.StreamLane && p.run.class(r) == fine {
		for _, name := range []string{m.server, m.inHAProxy} {
			if _, known := p.served[name]; known || len(p.served) < maxSeen {
				p.served[name] = max(p.served[name], m.began)
			}
		}
	}
	if r.Sent == 0 || !lengthy(r) {
		return
	}
	for _, l := range p.all {
		l.board(&m, l.from, l.to)
	}
	if len(p.open) >= pruneFrom && len(p.open) == cap(p.open) {
		p.open = slices.DeleteFunc(p.open, func(old moving) bool { return old.done < m.began-p.recent })
	}
	p.open = append(p.open, m)
}

// command takes a command of halab's to a server.
func (p *placed) command(e *history.Step) {
	does := effects[e.Kind]
	l := leaving{server: e.Server, kind: e.Kind, step: e.Index, to: e.At}
	out := p.out[e.Server]
	switch {
	case e.Kind == "replace", does.program && !does.takesOut && !does.bringsIn:
		p.leave(l)
		if out == nil {
			delete(p.out, e.Server) // it goes on
		}
	case does.takesOut && (e.Kind != "weight" || toZero(e)):
		p.leave(l)
	case out != nil && slices.Contains(does.undoes, out.kind):
		delete(p.out, e.Server)
	}
}

// state sees a server go that a command of the user's has taken out, and one
// come back.
func (p *placed) state(e *history.ServerState) {
	name := e.Server.String()
	last, known := p.states[name]
	if !known && len(p.states) >= maxSeen {
		return
	}
	p.states[name] = *e
	was, is := last.TakesTraffic(), e.TakesTraffic()
	switch by := p.ranBefore(e.At, name); {
	case is && !was:
		delete(p.out, name)
	case !is && was && by != nil:
		p.leave(leaving{server: name, kind: "run", step: by.step, to: e.At})
	}
}

// ranBefore is the command of the user's that a change may be the doing of.
func (p *placed) ranBefore(at history.Micros, what string) *userCommand {
	for _, c := range slices.Backward(p.run.commands.list) {
		if c.at <= at && c.mayTouch(what) && at <= c.until(p.run, what) {
			return c
		}
	}
	return nil
}

// leave takes a server that is taken out or ended. One that was out already,
// since it was drained first, say, may also have had something in flight then.
func (p *placed) leave(l leaving) {
	last, known := p.served[l.server]
	l.from = min(last, l.to)
	this := p.out[l.server]
	switch {
	case this != nil:
		l.from = l.to
	case !known || l.to-last > p.recent || len(p.all) >= maxSeen:
		return
	default:
		l.aboard = map[string]bool{}
		this = &l
		p.out[l.server], p.all = this, append(p.all, this)
	}
	for i := range p.open {
		this.board(&p.open[i], l.from, l.to)
	}
}

func (p *placed) findings() []Finding {
	if len(p.all) == 0 {
		return nil
	}
	f := Finding{Invariant: PlacedName, Result: Pass, follows: true, Text: "every server that a step acted on had transfers in flight"}
	for _, l := range p.all {
		missing := p.missing(l)
		if len(missing) == 0 {
			continue
		}
		if f.Count++; f.Count == 1 {
			f.Result, f.Step, f.Line, f.First = Inconclusive, l.step, p.run.lineOf(l.step), l.to
			f.Text = fmt.Sprintf("no %s was on %s when step %d %s", strings.Join(missing, " and no "), l.server, l.step, l.verb())
		}
		f.Last = l.to
	}
	if f.Count > 1 {
		f.Text += fmt.Sprintf("; and so %s", moreTimes(f.Count-1))
	}
	return []Finding{f}
}

// missing are the lanes that lead to the server and had nothing in flight on it.
func (p *placed) missing(l *leaving) []string {
	ref, err := haproxy.ParseServerRef(l.server)
	if err != nil {
		return nil
	}
	var out []string
	for _, lane := range p.lanes {
		if !l.aboard[lane] && p.run.leads(&history.Request{Lane: lane}, ref.Backend) {
			out = append(out, lane)
		}
	}
	return out
}

// verb says what a step did to the server.
func (l *leaving) verb() string {
	switch l.kind {
	case "drain":
		return "drained it"
	case "maint":
		return "put it into maintenance"
	case "weight":
		return "gave it the weight 0"
	case "stop", "quit", "kill", endedDeed:
		return "ended its nginx"
	case "pause":
		return "paused it"
	case "cut":
		return "cut it off"
	case "reload":
		return "reloaded it"
	case "replace", "upgrade":
		return l.kind + "d it"
	}
	return "took it out"
}
