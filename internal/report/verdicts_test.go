package report

import (
	"strings"
	"time"

	"halab/internal/history"
	"halab/internal/verify"
)

// cases are the verdicts that the goldens are made of, sorted.
func cases() map[string]*verify.Verdict {
	return map[string]*verify.Verdict{
		"busy":          busy(),
		"control":       controlled(),
		"expected-fail": expectedFail(),
		"fail":          failed(),
		"hostile":       hostile(),
		"inconclusive":  inconclusive(),
		"long":          long(),
		"pass":          passed(),
		"substitute":    substituted(),
	}
}

func ms(n float64) history.Micros { return history.M(time.Duration(n * float64(time.Millisecond))) }

// passed is a run of the walkthrough.
func passed() *verify.Verdict {
	return &verify.Verdict{
		Result: verify.Pass, Expected: verify.Pass, AsWanted: true, Compared: "the status and every byte of the page",
		Reasons: []string{
			"0 of 501 requests lost on new: with 95 % confidence fewer than 0.6 %",
			"the largest gap between two probes is 27.1ms: a shorter outage could have gone unseen",
		},
		Scenario: "blog-walkthrough", File: "blog-walkthrough.yaml",
		Teaches: "A server goes into maintenance, its backup takes over, and no request is lost.",
		Lab:     "blog-walkthrough-8a41a5", Runtime: "process", Why: "asked for",
		Started: "2026-03-01T09:18:52Z", Length: ms(10_125.9),
		Software: []history.Software{
			{Role: "haproxy", Name: "haproxy", Asked: "2.6", Got: "2.6.12", Source: "haproxy on PATH"},
			{Role: "bk_app/nginx1", Name: "nginx", Asked: "1.19.8", Got: "1.19.8", Source: "the image nginx:1.19.8"},
			{Role: "bk_app/nginx2", Name: "nginx", Asked: "1.18.0", Got: "1.18.0", Source: "Debian bullseye"},
		},
		LabChanges: []string{"every address is on this machine", "a reload hands the listeners over"},
		Findings: []verify.Finding{
			{Invariant: "no failure", Lane: "poll", Result: verify.Pass, Text: "0 of 6 requests lost on poll"},
			{Invariant: "no failure", Lane: "new", Result: verify.Pass, Text: "0 of 501 requests lost on new"},
			{Invariant: "coverage", Result: verify.Pass, Text: "the largest gap between two probes is 27.1ms: a shorter outage could have gone unseen", First: ms(4980)},
			{Invariant: "switch", Result: verify.Pass, Text: "bk_app/nginx2 to bk_app/nginx1: first answer of the new server 1.62ms after the command, both answered for 0s", Step: 2, Line: 28, First: ms(5003.6)},
			{Invariant: "procedure", Result: verify.Pass, Text: "3 of 3 steps carried out"},
		},
		Lanes: []verify.Lane{
			{Name: "poll", Interval: ms(2000), Sent: 6, OK: 6, Outcomes: map[history.Outcome]int64{history.OK: 6}, Largest: ms(2000), LostBelow: 0.5},
			{Name: "new", Interval: ms(20), Sent: 501, OK: 501, Outcomes: map[history.Outcome]int64{history.OK: 501}, Largest: ms(27.1), LostBelow: 3.0 / 501},
			{Name: history.StepLane, Sent: 2, OK: 2, Outcomes: map[history.Outcome]int64{history.OK: 2}, LostBelow: 1},
		},
		Servers: []verify.Server{
			{Name: "bk_app/nginx1", Headers: []string{"nginx/1.19.8"}, Answers: 255},
			{Name: "bk_app/nginx2", Headers: []string{"nginx/1.18.0"}, Answers: 254},
		},
		Shares: []verify.Share{
			{Lane: "poll", Server: "bk_app/nginx1", After: 3}, {Lane: "poll", Server: "bk_app/nginx2", Before: 3},
			{Lane: "new", Server: "bk_app/nginx1", During: 5, After: 245}, {Lane: "new", Server: "bk_app/nginx2", Before: 250, During: 1},
		},
		Steps: []verify.Step{
			{Index: 1, Text: "expect: {header: nginx/1.18.0}", Line: 27, Begin: ms(5000.7), End: ms(5002), Ended: true},
			{Index: 2, Text: "maint: bk_app/nginx2", Line: 28, Begin: ms(5002), Command: ms(5002), Commands: []string{"set server bk_app/nginx2 state maint"}, End: ms(5003), Ended: true},
			{Index: 3, Text: "expect: {header: nginx/1.19.8}", Line: 30, Begin: ms(5101), End: ms(5103), Ended: true},
		},
		Switches: []verify.Switch{{From: "bk_app/nginx2", To: "bk_app/nginx1", Step: 2, Command: ms(5002), FirstNew: ms(5003.62), LastOld: ms(5001.1), OldTail: ms(5001.9), Took: ms(1.62), OldHeader: "nginx/1.18.0", NewHeader: "nginx/1.19.8"}},
		Polls:    polls(6, 2000, func(i int) (int, string) { return 200, []string{"nginx/1.18.0", "nginx/1.19.8"}[i/3] }),
		Lost:     []verify.Lost{},
		Accounts: verify.Accounts{Unit: "requests", Answered: 509, HAProxy: 509, Logged: 509, Known: true},
		Latency: []verify.Latency{
			{Lane: "new", Phase: "before", Count: 251, P50: 895, P99: 6140, Max: 10_100},
			{Lane: "new", Phase: "after", Count: 250, P50: 959, P99: 4990, Max: 6340},
		},
		States: []verify.Transition{{At: ms(5101), Server: "bk_app/nginx2", From: "UP", To: "MAINT", Asked: true}},
	}
}

func polls(n int, every float64, what func(int) (int, string)) []verify.Poll {
	var out []verify.Poll
	for i := range n {
		status, header := what(i)
		q := verify.Poll{At: ms(float64(i)*every + 0.3), Status: status, Header: header, Outcome: history.OK}
		if status != 200 {
			q.Outcome = history.Proxy5xx
		}
		out = append(out, q)
	}
	return out
}

// failed lost requests although nothing of the kind was expected.
func failed() *verify.Verdict {
	v := passed()
	v.Result, v.AsWanted = verify.Fail, false
	v.Reasons = []string{"3 of 501 requests lost on new: 2 proxy 5xx 503, 1 reset; the first at 5.021s, after step 2 maint: bk_app/nginx2"}
	v.Causes = []verify.Cause{{Name: "backup-out", Step: 2, Line: 28,
		What:    "step 2 `maint: bk_app/nginx2`: 2 requests found no server, for the backup bk_app/nginx1 was MAINT.",
		Instead: "`expect: {server: bk_app/nginx1, state: UP}` before it would have stopped the procedure."}}
	v.Lanes[1].Lost, v.Lanes[1].OK, v.Lanes[1].LostBelow = 3, 498, 0
	v.Lanes[1].Outcomes = map[history.Outcome]int64{history.OK: 498, history.Proxy5xx: 2, history.Reset: 1}
	v.Findings[1] = verify.Finding{Invariant: "no failure", Lane: "new", Result: verify.Fail, Count: 3, Text: v.Reasons[0], Step: 2, Line: 28, First: ms(5021), Last: ms(5061)}
	v.Polls[3] = verify.Poll{At: ms(6000.3), Status: 503, Outcome: history.Proxy5xx}
	for i, o := range []history.Outcome{history.Proxy5xx, history.Reset, history.Proxy5xx} {
		at := ms(5021 + 20*float64(i))
		l := verify.Lost{Step: 2, Text: "maint: bk_app/nginx2", Request: history.Request{
			ID: "new-25" + string(rune('2'+i)), Lane: "new", Conn: int64(300 + i), Port: 41000 + i,
			Intended: at, Sent: at + 100, Done: at + 900, Outcome: o, Error: "read tcp 127.0.0.1:41001->127.0.0.1:80: connection reset by peer",
		}}
		if o == history.Proxy5xx {
			l.Status, l.Error = 503, "status not allowed"
			l.Log = &history.Seen{State: "SC", Server: "bk_app/<NOSRV>", Status: 503, Bytes: 217, Tc: -1, Tr: -1, Ta: 3001, Retries: 3}
		}
		v.Lost = append(v.Lost, l)
	}
	v.LostAll, v.Steps[1].Lost = 3, 3
	return v
}

func expectedFail() *verify.Verdict {
	v := failed()
	v.Expected, v.AsWanted = verify.Fail, true
	return v
}

// inconclusive fell behind its schedule and was cut before its last step.
func inconclusive() *verify.Verdict {
	v := passed()
	v.Result, v.AsWanted = verify.Inconclusive, false
	v.Reasons = []string{"the prober fell behind: 120 of 501 requests on new were never sent", "only 2 of 3 steps were carried out"}
	v.Findings = append(v.Findings[:2],
		verify.Finding{Invariant: "coverage", Lane: "new", Result: verify.Inconclusive, Count: 120, Text: v.Reasons[0]},
		verify.Finding{Invariant: "coverage", Result: verify.Pass, Text: "the largest gap between two probes is 27.1ms: a shorter outage could have gone unseen"},
		verify.Finding{Invariant: "procedure", Result: verify.Inconclusive, Count: 1, Text: v.Reasons[1]})
	v.Lanes[1].Unsent, v.Lanes[1].Sent, v.Lanes[1].OK = 120, 381, 381
	v.Switches = nil
	v.Servers[0] = verify.Server{Name: "bk_app/nginx1"}
	v.Steps[1].Ended, v.Steps[1].End = false, 0
	v.Steps = v.Steps[:2]
	return v
}

// busy is the second run on a machine that has too much else to do.
func busy() *verify.Verdict {
	v := passed()
	v.Result, v.AsWanted, v.Busy, v.Try = verify.Inconclusive, false, true, 2
	v.Reasons = []string{"the prober fell behind: 120 of 501 requests on new were never sent"}
	v.Findings = append(v.Findings, verify.Finding{Invariant: "coverage", Lane: "new", Result: verify.Inconclusive, Count: 120, Text: v.Reasons[0], Busy: true})
	v.Lanes[1].Unsent, v.Lanes[1].Sent, v.Lanes[1].OK = 120, 381, 381
	return v
}

func substituted() *verify.Verdict {
	v := passed()
	v.Software[1].Got, v.Software[1].Substitute, v.Software[1].Source = "1.22.1", true, "nginx on PATH"
	return v
}

func controlled() *verify.Verdict {
	v := passed()
	v.Control = &verify.Control{What: "without step 2 maint: bk_app/nginx2", Result: verify.Fail, Reasons: failed().Reasons, Red: true}
	v.Findings = append(v.Findings, verify.Finding{Invariant: "control", Result: verify.Pass, Text: "the control, without step 2 maint: bk_app/nginx2, came out red"})
	return v
}

// long is an hour of polls, folded where they say the same.
func long() *verify.Verdict {
	v := passed()
	v.Polls = polls(1800, 2000, func(i int) (int, string) {
		switch {
		case i < 3:
			return 200, "nginx/1.18.0"
		case i == 700:
			return 503, ""
		}
		return 200, "nginx/1.19.8"
	})
	v.Lanes[0].Sent, v.Lanes[0].OK, v.Lanes[0].LostBelow = 1_234_567, 1_234_567, 3.0/1_234_567
	return v
}

// nasty is what a hostile server might send, a terminal should not obey and a
// page should not run.
const nasty = "</script><script>document.title='owned'</script>\"'<img src=x onerror=alert(1)>\x1b[2J\r\n::error::x%0A]]>\x00\xff\u202e|`_*a*_` @all ![x](y)"

func hostile() *verify.Verdict {
	v := failed()
	v.Scenario, v.File, v.Teaches, v.Lab, v.Runtime, v.Why = nasty, nasty, nasty, nasty, nasty, nasty
	v.Reasons = []string{nasty, strings.Repeat(nasty, 30)}
	v.Causes = []verify.Cause{{Name: nasty, What: nasty, Instead: nasty}}
	for i := range v.Findings {
		v.Findings[i].Text, v.Findings[i].Invariant = nasty, "a"+nasty
	}
	v.Findings[0].Lane = nasty
	v.Software[1] = history.Software{Role: nasty, Name: nasty, Asked: nasty, Got: nasty, Source: nasty, Substitute: true}
	v.Lanes[1].Name = nasty
	v.Servers[0] = verify.Server{Name: nasty, Headers: []string{nasty}, Answers: 3}
	v.Shares[0] = verify.Share{Lane: nasty, Server: nasty, Before: 3}
	v.Steps[1].Text, v.Steps[1].Error, v.Steps[1].Commands = nasty, nasty, []string{nasty}
	v.Steps[0].Output = strings.Repeat(nasty+"\n", 6) + strings.Repeat(nasty, 3)
	v.Switches[0].From, v.Switches[0].NewHeader = nasty, nasty
	v.Polls[1].Header = nasty
	for i := range v.Lost {
		l := &v.Lost[i]
		l.Lane, l.Text, l.Error, l.Header, l.Server = nasty, nasty, nasty, nasty, nasty
		if l.Log != nil {
			l.Log.Server = nasty
		}
	}
	v.States[0].To = nasty
	v.Latency[0].Lane = nasty
	return v
}
