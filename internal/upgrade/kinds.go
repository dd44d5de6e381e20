package upgrade

import (
	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// Kinds is every kind of step, sorted by name. A new kind is one file and one
// line here.
func Kinds() []scenario.StepKind {
	return []scenario.StepKind{
		{Name: "bandwidth", Doc: "Makes the way between HAProxy and a server narrow, until heal.", New: func() scenario.StepArgs { return &bandwidth{} }},
		{Name: "blue_green", Doc: "Moves the traffic from one set of servers to another.", New: func() scenario.StepArgs { return &blueGreen{} }},
		{Name: "canary", Doc: "Gives a server more and more of the traffic, with a look at it in between.", New: func() scenario.StepArgs { return &canary{} }},
		{Name: "cut", Doc: "Cuts the way between HAProxy and a server, until heal: packets vanish, or connections are reset.", New: func() scenario.StepArgs { return &cut{} }},
		{Name: "drain", Doc: "Puts a server into drain: it gets no new sessions, those it has go on.", New: state(haproxy.Drain)},
		{Name: "expect", Doc: "Waits until a server is in a state, a GET shows a Server header, or a server has so many sessions.", New: func() scenario.StepArgs { return &expect{} }},
		{Name: "heal", Doc: "Ends every fault between HAProxy and a server.", New: func() scenario.StepArgs { return &heal{} }},
		{Name: "kill", Doc: "Kills a server's nginx (KILL): what is in flight is cut.", New: newKill},
		{Name: "latency", Doc: "Has what a server sends arrive later, until heal.", New: func() scenario.StepArgs { return &latency{} }},
		{Name: "maint", Doc: "Puts a server into maintenance: it gets no traffic and no checks.", New: state(haproxy.Maint)},
		{Name: "manual", Doc: "Waits for somebody to do something by hand, in HATop say, and shows what.", New: newManual},
		{Name: "parallel", Doc: "Runs steps side by side.", New: func() scenario.StepArgs { return &parallel{} }},
		{Name: "pause", Doc: "Lets a server's nginx hang, with its connections open.", New: newPause},
		{Name: "quit", Doc: "Ends a server's nginx gracefully (QUIT): what is in flight finishes.", New: newQuit},
		{Name: "ready", Doc: "Puts a server back into service.", New: state(haproxy.Ready)},
		{Name: "reload", Doc: "Has HAProxy, or the nginx of a server, read its configuration again while traffic runs.", New: newReload},
		{Name: "repeat", Doc: "Carries steps out several times over.", New: func() scenario.StepArgs { return &repeat{} }},
		{Name: "replace", Doc: "Ends a server's nginx gracefully and starts another version in its place.", New: func() scenario.StepArgs { return &replace{} }},
		{Name: "resume", Doc: "Lets a paused nginx go on.", New: newResume},
		{Name: "rolling", Doc: "Takes servers out, replaces their nginx and puts them back, a batch at a time.", New: func() scenario.StepArgs { return &rolling{} }},
		{Name: "run", Doc: "Carries out a command of yours, which finds the lab in HALAB_* variables.", New: newCommand},
		{Name: "save_state", Doc: "Saves what HAProxy knows of its servers, so that maintenance survives a reload.", New: func() scenario.StepArgs { return &saveState{} }},
		{Name: "start", Doc: "Starts a server's nginx that has ended again, maybe in another version.", New: func() scenario.StepArgs { return &start{} }},
		{Name: "stop", Doc: "Stops a server's nginx at once (TERM): what is in flight is cut.", New: newStop},
		{Name: "upgrade", Doc: "Has another version of HAProxy, or of a server's nginx, take the listening sockets over while the old one finishes.", New: newUpgrade},
		{Name: "wait", Doc: "Lets the traffic run for a while, or until a server has few enough sessions.", New: func() scenario.StepArgs { return &wait{} }},
		{Name: "weight", Doc: "Changes a server's weight.", New: func() scenario.StepArgs { return &weight{} }},
	}
}
