package verify

import (
	"strings"

	"halab/internal/history"
)

// effect is what a kind of step does to its server.
type effect struct {
	may  []string // what the server may become by it
	ends []string // what the server may leave by it; DOWN: its checks may no longer fail
	// tells is what HAProxy is told that the server is: MAINT, DRAIN or up.
	tells string
	// takesOut and bringsIn say that it moves traffic away from the server, or
	// to it, and undoes which kinds it is the reverse of.
	takesOut, bringsIn bool
	undoes             []string
	// program says that it ends, starts or reloads the server's program.
	program bool
}

// effects are the kinds of step that deal with one server, sorted. A kind that
// is not among them may do anything.
var effects = map[string]effect{
	"bandwidth": {may: []string{"DOWN"}},
	"cut":       {may: []string{"DOWN"}, takesOut: true, undoes: []string{"heal"}},
	"drain":     {may: []string{"DOWN", "DRAIN"}, ends: []string{"MAINT"}, tells: "DRAIN", takesOut: true, undoes: []string{"ready"}},
	"heal":      {bringsIn: true, undoes: []string{"cut"}},
	"kill":      {may: []string{"DOWN"}, takesOut: true, undoes: []string{"start"}, program: true},
	"latency":   {may: []string{"DOWN"}},
	"maint":     {may: []string{"DOWN", "MAINT"}, tells: "MAINT", takesOut: true, undoes: []string{"ready"}},
	"manual":    {}, // what was done is seen, and claimed as a command's of the user's
	"pause":     {may: []string{"DOWN"}, takesOut: true, undoes: []string{"resume"}},
	"quit":      {may: []string{"DOWN"}, takesOut: true, undoes: []string{"start"}, program: true},
	"ready":     {ends: []string{"DOWN", "DRAIN", "MAINT"}, tells: up, bringsIn: true, undoes: []string{"drain", "maint"}},
	"reload":    {program: true},
	"replace":   {may: []string{"DOWN"}, takesOut: true, program: true},
	"resume":    {bringsIn: true, undoes: []string{"pause"}},
	"start":     {may: []string{"DOWN"}, bringsIn: true, undoes: []string{"kill", "quit", "stop"}, program: true},
	"stop":      {may: []string{"DOWN"}, takesOut: true, undoes: []string{"start"}, program: true},
	"upgrade":   {program: true},
	"weight":    {may: []string{zeroWeight}, ends: []string{zeroWeight}, takesOut: true, bringsIn: true, undoes: []string{"weight"}},
}

// up is what ready tells HAProxy.
const up = "UP"

// zeroWeight is a weight of 0, which show stat gives as DRAIN as well. It is
// apart from that: ready does not end it, nor does a weight end a drain.
const zeroWeight = "weight 0"

// anything is what a step may do of a kind that is not known.
var anything = effect{may: []string{"DOWN", "DRAIN", "MAINT", "NOLB", zeroWeight}, ends: []string{"DRAIN", "MAINT", zeroWeight}}

// effectOf is what a command may do to its server.
func effectOf(e *history.Step) effect {
	does, known := effects[e.Kind]
	switch {
	case !known:
		return anything
	case !strings.HasPrefix(e.Command, "set weight "): // no weight that is known
		return does
	case strings.HasSuffix(e.Command, " 0"):
		return effect{may: does.may}
	}
	return effect{ends: does.ends}
}
