package rehearse

import (
	"context"
	"strconv"

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
	haproxy history.Program
}

func newPrograms(l *lab.Lab) *programs {
	return &programs{lab: l, servers: map[haproxy.ServerRef]lab.Process{}}
}

// nginx is what runs behind the servers now, without the workers.
func (p *programs) nginx() map[haproxy.ServerRef]lab.Process { return p.lab.Processes(false) }

// lookAtPrograms records every program that is another one than before.
func (r *run) lookAtPrograms(ctx context.Context) {
	r.looking.Lock()
	defer r.looking.Unlock()
	r.nginxChanged(r.lab.Processes(true))
	info, err := r.lab.AdminClient().Info(ctx)
	if err != nil && (ctx.Err() != nil || r.lab.Runs(lab.HAProxyRole)) {
		return // it was not asked, or is too busy to answer
	}
	pid, _ := strconv.Atoi(info["Pid"]) // 0 where none answers
	now := history.Program{At: history.Since(r.started), Role: lab.HAProxyRole, Pid: pid, Version: info["Version"]}
	if was := r.programs.haproxy; now.Pid != was.Pid || was.Role == "" {
		r.programs.haproxy = now
		r.event(&now)
	}
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
