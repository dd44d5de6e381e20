package report

import (
	"fmt"
	"maps"
	"slices"

	"halab/internal/history"
	"halab/internal/verify"
)

// told is what several reports say in the same words.

// conclusion is the verdict in a line, with what the scenario expects of it.
func conclusion(v *verify.Verdict) string {
	switch {
	case v.AsWanted && v.Result == verify.Pass:
		return string(v.Result)
	case v.AsWanted:
		return string(v.Result) + ", as this scenario expects"
	case v.Result == v.Expected && v.Result != verify.Pass:
		return string(v.Result) + ", but not for the reason that this scenario expects"
	case v.Expected != "" && v.Expected != verify.Pass:
		return fmt.Sprintf("%s, but this scenario expects %s", v.Result, v.Expected)
	case v.Busy:
		return string(v.Result) + ", this machine being too busy"
	}
	return string(v.Result)
}

// again says which run of several a verdict is of.
func again(v *verify.Verdict) string {
	if v.Try < 2 {
		return ""
	}
	return fmt.Sprintf("; run %d, the machine having been too busy before", v.Try)
}

// headline is the conclusion with its causes, where a reader shows one line.
func headline(v *verify.Verdict) string {
	text := conclusion(v)
	for _, c := range v.Causes {
		text += ": " + visible(c.String())
	}
	return text
}

// rate says of a lane how high its rate of loss is: what was counted, or,
// where nothing was lost, the bound that the rule of three gives. It stands
// beside the counts that it is made of.
func rate(l *verify.Lane) string {
	switch {
	case l.Sent == 0:
		return "nothing sent"
	case l.Probed() == 0:
		return "nothing probed"
	case l.Lost > 0:
		return ratio(l.Lost, l.Probed())
	case l.LostBelow <= 0 || history.LaneClass(l.Name) == history.StepLane:
		return "—"
	case l.LostBelow >= 1:
		return "too few to tell"
	}
	return "below " + bound(l.LostBelow)
}

// sure is rate with its counts.
func sure(l *verify.Lane) string {
	counts := fmt.Sprintf("%s of %s", count(l.Lost), count(l.Probed()))
	if r := rate(l); l.Probed() > 0 && r != "—" {
		return counts + ": " + r
	}
	return counts
}

// gapOf is a lane's largest gap, where two requests make one.
func gapOf(l *verify.Lane) string {
	if l.Largest == 0 {
		return "—"
	}
	return length(l.Largest)
}

// substitutes are the programs that stand in for another version.
func substitutes(v *verify.Verdict) []history.Software {
	var out []history.Software
	for _, s := range v.Software {
		if s.Substitute {
			out = append(out, s)
		}
	}
	return out
}

// standsIn says a substitution loudly.
func standsIn(s history.Software) string {
	return fmt.Sprintf("SUBSTITUTE: %s %s stands in for %s on %s", s.Name, s.Got, s.Asked, s.Role)
}

// switchGap is what lies between the last answer of the old server and the
// first of the new one; negative while both answered.
func switchGap(w *verify.Switch) history.Micros { return w.FirstNew - w.LastOld }

// blind is the lane that saw best with its largest gap between two sends: an
// outage that is shorter than it could have hidden from every lane. Of several
// frontends it is the one that was seen least.
func blind(v *verify.Verdict) (*verify.Lane, bool) {
	best := map[string]*verify.Lane{} // by frontend
	for i := range v.Lanes {
		l := &v.Lanes[i]
		class, frontend := history.LaneClass(l.Name), history.LaneFrontend(l.Name)
		if class == history.StepLane || class == history.StreamLane || l.Sent < 2 {
			continue
		}
		if b := best[frontend]; b == nil || l.Largest < b.Largest {
			best[frontend] = l
		}
	}
	var worst *verify.Lane
	for _, name := range slices.Sorted(maps.Keys(best)) {
		if worst == nil || best[name].Largest > worst.Largest {
			worst = best[name]
		}
	}
	return worst, worst != nil
}

// unseen is the outage that a lane could not see, for a sentence.
func unseen(l *verify.Lane) string {
	if history.LaneFrontend(l.Name) != "" {
		return "An outage of one frontend"
	}
	return "An outage of every lane"
}

// stepName is "2 maint: bk_app/nginx2", or what stands for no step.
func stepName(index int, text string) string {
	if index == 0 {
		return "before any step"
	}
	return fmt.Sprintf("%d %s", index, text)
}

// where is the moment to which a lost request belongs.
func where(r *history.Request) history.Micros { return verify.LostAt(r) }

// longAgo is how long before its end a request must have been sent for both
// moments to be told.
const longAgo = history.Micros(250_000)

// sentBefore says when a lost request was sent, where that was much earlier
// than it was lost.
func sentBefore(r *history.Request) string {
	if where(r)-r.Began() < longAgo {
		return ""
	}
	return "sent " + clock(r.Began())
}

// cause is what became of a lost request, in a few words.
func cause(l *verify.Lost) string {
	switch {
	case l.Outcome == history.OK:
		return fmt.Sprintf("Server: %q is no version of this lab", l.Header)
	case l.Status != 0:
		return fmt.Sprintf("%s %d", l.Outcome, l.Status)
	}
	return string(l.Outcome)
}

// logged is what HAProxy's log says of a request: how it ended and where.
func logged(s *history.Seen) string {
	if s == nil {
		return ""
	}
	text := ended(s)
	switch {
	case s.Redispatched:
		text += fmt.Sprintf(", redispatched after %s", retries(s.Retries))
	case s.Retries > 0:
		text += ", " + retries(s.Retries)
	}
	return text
}

// ended is the termination state and the server of a log line.
func ended(s *history.Seen) string { return string(s.State) + " at " + s.Server }

func retries(n int) string {
	if n == 1 {
		return "1 retry"
	}
	return fmt.Sprintf("%d retries", n)
}

// why is cause with what HAProxy logged or, where it logged nothing, with the
// error that the client saw.
func why(l *verify.Lost) string {
	if sent := sentBefore(&l.Request); sent != "" {
		return becameOf(l) + ", " + sent
	}
	return becameOf(l)
}

func becameOf(l *verify.Lost) string {
	if s := logged(l.Log); s != "" {
		return cause(l) + ", " + s
	}
	if l.Error != "" {
		return cause(l) + ": " + l.Error
	}
	return cause(l)
}
