package render

import (
	"slices"
	"strings"

	"halab/internal/scenario"
)

// Change is something that a lab does otherwise than production does.
type Change struct {
	What string // in a few words
	Why  string
	// Verdict is how it can change a verdict; "" where it cannot.
	Verdict string
	Tested  string
	// Steps are the kinds of step with which it can; none: with any.
	Steps []string
	// If reports whether it can with this scenario; nil: with any.
	If func(*scenario.Scenario) bool
}

// Changes is everything that a lab adds to what a scenario says, or does
// otherwise than an init system or an engine. README.md has it as a table.
func Changes() []Change {
	return []Change{
		{What: "every address is on this machine", Why: "a lab needs no network",
			Verdict: "it can hide a loss: a request is in flight for a millisecond, and a server that has gone refuses at once (in containers it hangs until `timeout connect`). `latency` and `cut` rehearse a slow or a broken way",
			Tested:  "conformance: faults, relayed server"},
		{What: "a reload hands the listeners over", Why: "so does the master of Debian's unit (`haproxy -Ws`, USR2); on processes the lab has no master and starts HAProxy with `-x` and `-sf`, for which its stats socket has `expose-fd listeners`",
			Verdict: "it can hide a loss: where your HAProxy has no master and no `-x`, the new process binds again, and connections that wait to be accepted can be reset",
			Tested:  "conformance: take over, in both runtimes; measured: in 10 reloads with `-x` none of 29,663 requests lost, in 20 with `-sf` alone 4 of 72,800 reset", Steps: []string{"reload", "run"}},
		{What: "an upgrade of HAProxy is a reload", Why: "the step rehearses a handover; a package's upgrade restarts the service",
			Verdict: "it can hide a loss: a restart refuses connections meanwhile. In containers the old one has 10 s to finish, as with docker stop",
			Tested:  "conformance: upgrade HAProxy", Steps: []string{"upgrade"}},
		{What: "quit and replace wait for nginx until the step's timeout", Why: "nginx itself ends when its last request has. `stop` is TERM, which cuts; Debian's `systemctl stop nginx` sends QUIT first, as `quit` does",
			Verdict: "only where `expect.undrained` allows sessions to be left, for a server that is ended with one is a FAIL otherwise: Debian's unit ends nginx 5 s after QUIT, docker stop kills it after 10 s, and what takes longer is cut",
			Tested:  "conformance: in flight; corpus: kill-after-drain, drain-wait-quit", Steps: []string{"quit", "replace"},
			If: func(s *scenario.Scenario) bool { return s.Expect.Undrained > 0 }},
		{What: "start waits until nginx listens", Why: "so does a unit of type forking; docker start does not",
			Verdict: "it can hide a loss: a script that goes on at once can meet a server that does not listen yet",
			Tested:  "conformance: start again", Steps: []string{"start", "replace"}},
		{What: "nginx has a configuration of the lab's, with 4096 connections and one worker", Why: "a scenario says only which page a server has; traffic must not end at nginx's limits (Debian: 768 connections, a worker a processor)",
			Verdict: "it can hide a loss: a server that gets more connections than yours takes refuses none here",
			Tested:  "TestLabChanges: verdict and kinds of loss are the same with 768 connections, two workers and no access log"},
		{What: "open files and processors are this machine's", Why: "HAProxy derives maxconn from `ulimit -n` where `global.maxconn` is silent, and has a thread a processor",
			Verdict: "both ways, with thousands of connections: set `global.maxconn`",
			Tested:  "measured: HAProxy 2.6 has maxconn 114 with `ulimit -n 256`, 498 with 1024",
			If:      func(s *scenario.Scenario) bool { return s.HAProxy.Global.MaxConn == 0 }},
		{What: "what the scenario does not say is as in Debian's haproxy.cfg", Why: "`defaults` has its options and its timeouts of 5s, 50s and 50s unless `bare: true`; `halab render --plain` shows all of it",
			Verdict: "no, where the scenario says what your haproxy.cfg does: `hard-stop-after`, `retry-on` and all else that a scenario cannot say is not rehearsed",
			Tested:  "goldens of `render --plain`", If: func(*scenario.Scenario) bool { return false }},
		{What: "first checks come at once when a lab starts", Why: "or each lab would wait for one `inter`: `max-spread-checks 10` stands in a file that only the start reads, and that is empty before the traffic begins. A lab whose scenario has a `run` or `manual` step starts without it, since the value would hold for a server that a command adds",
			Tested: "conformance: first check after a reload, first check of an added server; TestLabChanges"},
		{What: "HAProxy's log goes to halab", Why: "a `ring`, a `log-format` and two rules that capture the request's id and time, in place of `httplog` and `tcplog`: every request is joined to its line",
			Tested: "TestLabChanges: the kinds of loss are the same without them"},
		{What: "HAProxy runs in the foreground, without user, group and chroot", Why: "halab needs no root; in containers it has a master (`-W`)",
			Tested: "conformance, in both runtimes"},
		{What: "a configuration that HAProxy refuses leaves the old one serving", Why: "as `-c` before a reload does: in containers it is run first, on processes the new HAProxy ends before it takes anything",
			Tested: "conformance: take over"},
		{What: "stats socket, state file, certificate, temporary files and logs are in the lab's directory", Why: "nothing is left elsewhere",
			Tested: "conformance: nothing is left"},
		{What: "downloads are sent at a fixed rate, and uploads are sent back from memory", Why: "they have to be in flight while steps run, and each byte is compared",
			Tested: "the lanes' own tests"},
		{What: "each nginx names itself in a header", Why: "who answered is known in `mode tcp` too",
			Tested: "the lanes' own tests"},
	}
}

// ChangesFor are the changes that can change the verdict of this scenario, whose
// procedure has these kinds of step, in a few words each.
func ChangesFor(s *scenario.Scenario, kinds []string) []string {
	var out []string
	for _, c := range Changes() {
		if c.Verdict != "" && (c.If == nil || c.If(s)) && (len(c.Steps) == 0 || slices.ContainsFunc(c.Steps, func(kind string) bool { return slices.Contains(kinds, kind) })) {
			out = append(out, c.What)
		}
	}
	return out
}

// ChangesTable is Changes in Markdown.
func ChangesTable() string {
	var out strings.Builder
	out.WriteString("| what | why | can it change a verdict? | tested by |\n|---|---|---|---|\n")
	for _, c := range Changes() {
		verdict := c.Verdict
		if verdict == "" {
			verdict = "no"
		}
		out.WriteString("| " + strings.Join([]string{c.What, c.Why, verdict, c.Tested}, " | ") + " |\n")
	}
	return out.String()
}
