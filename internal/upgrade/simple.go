package upgrade

import (
	"fmt"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// This file makes the simple steps of which the compound ones consist, with
// the text that they would have in a scenario.

func maintStep(ref haproxy.ServerRef) scenario.Step { return stateStep("maint", haproxy.Maint, ref) }
func readyStep(ref haproxy.ServerRef) scenario.Step { return stateStep("ready", haproxy.Ready, ref) }

func stateStep(kind string, state haproxy.ServerAction, ref haproxy.ServerRef) scenario.Step {
	return scenario.Step{Kind: kind, Text: kind + ": " + ref.String(), Args: &setState{Server: ref, state: state}}
}

func drainedStep(ref haproxy.ServerRef, within scenario.Duration) scenario.Step {
	none := 0
	return scenario.Step{Kind: "wait", Text: fmt.Sprintf("wait: {server: %s, sessions: 0, within: %s}", ref, within),
		Args: &wait{Server: ref, Sessions: &none, Within: within}}
}

func upStep(ref haproxy.ServerRef, within scenario.Duration) scenario.Step {
	return scenario.Step{Kind: "expect", Text: fmt.Sprintf("expect: {server: %s, state: UP, within: %s}", ref, within),
		Args: &expect{Server: ref, State: "UP", Within: within}}
}

func replaceStep(ref haproxy.ServerRef, version string) scenario.Step {
	return scenario.Step{Kind: "replace", Text: fmt.Sprintf("replace: {server: %s, nginx: %s}", ref, version),
		Args: &replace{Server: ref, Nginx: version}}
}

func weightStep(ref haproxy.ServerRef, value int) scenario.Step {
	return scenario.Step{Kind: "weight", Text: fmt.Sprintf("weight: {server: %s, value: %d}", ref, value),
		Args: &weight{Server: ref, Value: value}}
}

func waitStep(d time.Duration) scenario.Step {
	return scenario.Step{Kind: "wait", Text: "wait: " + scenario.Duration(d).String(), Args: &wait{For: scenario.Duration(d)}}
}
