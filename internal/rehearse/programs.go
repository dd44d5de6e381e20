package rehearse

import (
	"context"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/lab"
)

// programsEvery is how many looks at the states lie between two at what costs
// more: which HAProxy answers, and nginx's workers. A step's end is one too.
const programsEvery = 10

// programs are the lab's programs as they were last recorded.
type programs struct {
	lab     *lab.Lab
	servers map[haproxy.ServerRef]lab.Process
	haproxy lab.HAProxyID
	asked   bool // HAProxy, once
	others  int  // how often HAProxy became another process
	// attended is the HAProxy of the time in which a command of the user's runs.
	attended *lab.Attendance
	// runs are the steps whose commands of the user's run, by index: in
	// `parallel` there may be several, and others beside them.
	runs map[int]bool
}

func newPrograms(l *lab.Lab) *programs {
	return &programs{lab: l, servers: map[haproxy.ServerRef]lab.Process{}, runs: map[int]bool{}}
}

// nginx is what runs behind the servers now, without the workers.
func (p *programs) nginx() map[haproxy.ServerRef]lab.Process { return p.lab.Processes(false) }

// lookAtPrograms records every program that is another one than before.
func (r *run) lookAtPrograms(ctx context.Context) {
	r.looking.Lock()
	defer r.looking.Unlock()
	r.nginxChanged(r.lab.Processes(true))
	r.haproxyChanged(ctx)
}

// haproxyChanged records HAProxy where another process answers than before.
func (r *run) haproxyChanged(ctx context.Context) {
	info, err := r.lab.AdminClient().Info(ctx)
	if err != nil && (ctx.Err() != nil || r.lab.Runs(lab.HAProxyRole)) {
		return // it was not asked, or is too busy to answer
	}
	if info["Stopping"] == "1" {
		return // another has taken over from it
	}
	now, was, first := lab.HAProxyOf(info), r.programs.haproxy, !r.programs.asked
	r.programs.haproxy, r.programs.asked = now, true
	if !first && now.Same(was) {
		return
	}
	if !first && now.Pid != 0 {
		r.programs.others++
	}
	r.event(&history.Program{At: history.Since(r.started), Role: lab.HAProxyRole, Pid: now.Pid, Version: info["Version"]})
	if a := r.programs.attended; a != nil && now.Pid != 0 && !a.Of(now) {
		a.Left(ctx)
		r.programs.attended, _ = r.lab.Attend(ctx)
	}
}

// attend holds on to the HAProxy that runs while a command of the user's does,
// which may put another one in its place.
func (r *run) attend(ctx context.Context, e *history.Step) {
	r.looking.Lock()
	defer r.looking.Unlock()
	begins, ends := r.programs.attends(e)
	if begins && r.programs.attended == nil {
		r.programs.attended, _ = r.lab.Attend(ctx) // without it its counters are not known
	}
	if ends && r.programs.attended != nil {
		r.haproxyChanged(ctx)
		if a := r.programs.attended; a != nil {
			_ = a.Close()
		}
		r.programs.attended = nil
	}
}

// attends reports whether a command of the user's begins with this event, and
// whether with it the last one of those that run ends.
func (p *programs) attends(e *history.Step) (begins, ends bool) {
	switch {
	case e.Phase == history.Command && e.AnyServer:
		p.runs[e.Index] = true
		return true, false
	case e.Phase == history.Ended && p.runs[e.Index]:
		delete(p.runs, e.Index)
		return false, len(p.runs) == 0
	}
	return false, false
}

// nginxChanged records each nginx that is another process than before, or has
// other workers, as far as those were looked at.
func (r *run) nginxChanged(now map[haproxy.ServerRef]lab.Process) {
	for _, ref := range r.Scenario.ServerRefs() {
		p := now[ref]
		was, known := r.programs.servers[ref]
		if known && p.Same(was) {
			if len(p.Workers) > 0 {
				r.programs.servers[ref] = p
			}
			continue
		}
		r.programs.servers[ref] = p
		r.event(&history.Program{At: history.Since(r.started), Role: ref.String(), Pid: p.Pid, Workers: p.Workers})
	}
}
