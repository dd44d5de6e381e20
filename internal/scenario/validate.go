package scenario

import (
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"halab/internal/haproxy"
)

// validate checks the meaning of a decoded scenario: what no field can know
// alone. It says nothing about values that were wrong already.
func validate(d *decoder, s *Scenario) {
	v := &validator{decoder: d, s: s, told: map[*yaml.Node]bool{}}
	v.proxies()
	v.defaults()
	v.names()
	v.addresses()
	for i := range s.Frontends {
		v.frontend(&s.Frontends[i])
	}
	for i := range s.Backends {
		v.backend(&s.Backends[i])
	}
	v.traffic()
	v.steps()
	v.expect()
	v.bounded()
}

type validator struct {
	*decoder
	s *Scenario
	// told are the places with a mistake in what they mean.
	told map[*yaml.Node]bool
}

// ok says whether the value at p is there and right.
func (v *validator) ok(p any) bool { return v.nodes[p] != nil && !v.bad[p] }

// report points at the first of places that is in the file. It says one thing
// of a place: the servers of a template have theirs in common.
func (v *validator) report(want, hint, msg string, places ...any) {
	for _, p := range places {
		if n := v.nodes[p]; n != nil {
			if !v.told[n] {
				v.at(n, msg, want, hint)
			}
			v.told[n] = true
			return
		}
	}
	v.add(Error{Msg: msg, Want: want, Hint: hint})
}

// lineOf is where the value at p stands, for "… in line 7".
func (v *validator) lineOf(p any) int {
	if n := v.nodes[p]; n != nil {
		return n.Line
	}
	return 0
}

func (v *validator) defaults() {
	def := &v.s.HAProxy.Defaults
	if def.Bare {
		for _, f := range []struct {
			p   any
			key string
		}{{&def.Mode, "mode"}, {&def.Timeout, "timeout"}, {&def.Option, "option"}, {&def.Retries, "retries"},
			{&def.LoadServerStateFromFile, "load-server-state-from-file"}} {
			if v.nodes[f.p] != nil {
				v.report("bare: true alone, or no bare", "set it in the frontend or backend, or leave bare out",
					f.key+" in defaults that are bare", f.p)
			}
		}
		return
	}
	v.options("the defaults", def.Option, def.EffectiveMode(), true, true)
}

// options reports those that HAProxy would ignore where they stand.
func (v *validator) options(where string, texts []string, mode string, frontend, backend bool) {
	seen := map[string]bool{}
	for i := range texts {
		o, known := optionNamed(texts[i])
		if !known || !v.ok(&texts[i]) {
			continue
		}
		switch {
		case v.tooNew(o):
			v.report("an option that this version has", "haproxy.version "+o.since, fmt.Sprintf("HAProxy %s has no option %s: it came with %s", v.s.HAProxy.Version, o.name, o.since), &texts[i])
		case seen[o.name]:
			v.report("every option once", "", fmt.Sprintf("option %s stands here twice", o.name), &texts[i])
		case !(o.frontend && frontend || o.backend && backend):
			v.report("an option of "+where, "move it to "+otherPlace(o), fmt.Sprintf("HAProxy ignores option %s in %s", o.name, where), &texts[i])
		case o.http && mode == ModeTCP:
			v.report("an option of mode tcp", logHint(o), fmt.Sprintf("HAProxy ignores option %s in mode tcp", o.name), &texts[i])
		case o.tcp && mode == ModeHTTP && where != "the defaults":
			v.report("an option of mode http", "httplog", fmt.Sprintf("option %s in mode http", o.name), &texts[i])
		}
		seen[o.name] = true
	}
}

// tooNew says whether the scenario's HAProxy is older than the option.
func (v *validator) tooNew(o option) bool {
	since, err := haproxy.ParseVersion(o.since)
	if err != nil {
		return false
	}
	asked, err := haproxy.ParseVersion(v.s.HAProxy.Version)
	return err == nil && haproxy.Compare(asked, since) < 0
}

func otherPlace(o option) string {
	if o.frontend {
		return "the frontend or the defaults"
	}
	return "the backend or the defaults"
}

func logHint(o option) string {
	if o.name == "httplog" {
		return "tcplog"
	}
	return ""
}

func (v *validator) steps() {
	for i := range v.s.Steps {
		v.step(&v.s.Steps[i], i, fmt.Sprintf("steps[%d]", i))
	}
	for i := range v.s.OnFailure {
		v.step(&v.s.OnFailure[i], len(v.s.Steps), fmt.Sprintf("on-failure[%d]", i))
	}
}

// step checks one step, which stands at path, after index steps of the
// procedure.
func (v *validator) step(step *Step, index int, path string) {
	if step.Args == nil || v.bad[step] || v.full() {
		return
	}
	before := len(v.errs)
	step.Args.Validate(&Check{v: v, d: v.decoder, s: v.s, index: index, at: path, base: path + "." + step.Kind})
	v.bad[step] = len(v.errs) > before
}

// maxRun bounds what a scenario can ask for in all.
const maxRun = 24 * time.Hour

func (v *validator) bounded() {
	total := v.s.Traffic.BeforeD() + v.s.Traffic.AfterD()
	for i := range v.s.Steps {
		if w, ok := v.s.Steps[i].Args.(Waiter); ok && !v.bad[&v.s.Steps[i]] {
			total += min(max(w.Wait(), 0), 2*maxRun)
		}
		if total > maxRun {
			v.report("at most 24h in all: traffic.before, the waits of the steps and traffic.after", "",
				"the run takes longer than 24h up to here", &v.s.Steps[i])
			return
		}
	}
	if total > maxRun {
		v.report("at most 24h in all", "", "traffic before and after takes longer than 24h", &v.s.Traffic.After, &v.s.Traffic.Before)
	}
}

func (v *validator) expect() {
	v.versions(&v.s.Expect.Version)
	sw := v.s.Expect.Switch
	if sw == nil {
		return
	}
	for _, text := range []*string{&sw.From, &sw.To} {
		if !v.ok(text) {
			return
		}
		ref, err := ParseServerRef(*text)
		if err != nil {
			return
		}
		full, msg, want, hint := v.s.find(ref)
		if msg != "" {
			v.report(want, hint, msg, text)
			v.bad[text] = true
			continue
		}
		if full.Backend != "" {
			*text = full.String()
			v.reachable(text)
		}
	}
	from, _, certain := strings.Cut(sw.From, "/")
	to, _, both := strings.Cut(sw.To, "/")
	switch {
	case v.bad[&sw.From] || v.bad[&sw.To]:
	case sw.From == sw.To:
		v.report("two servers", "", fmt.Sprintf("the switch is from %s to itself", sw.From), &sw.To)
	case certain && both && from != to:
		v.report("two servers of one backend", "", fmt.Sprintf("no traffic moves from %s to %s: they are in two backends", sw.From, sw.To), &sw.To)
	}
}

// reachable reports a server that the traffic can never come to.
func (v *validator) reachable(server *string) {
	f := v.s.TrafficFrontend()
	if f == nil || !v.ok(&f.DefaultBackend) || v.backendNamed(f.DefaultBackend) == nil {
		return
	}
	if backend, _, _ := strings.Cut(*server, "/"); !v.s.Reached(backend) {
		v.report("a server of backend "+f.DefaultBackend, "", fmt.Sprintf("no traffic reaches %s: frontend %s sends it to %s", *server, f.Name, f.DefaultBackend), server)
	}
}
