package verify

// effect is what a kind of step does to the state of its server.
type effect struct {
	may  []string // what the server may become by it
	ends []string // what the server may leave by it; DOWN: its checks may no longer fail
}

// effects are the kinds of step that deal with one server, sorted. A kind that
// is not among them may do anything.
var effects = map[string]effect{
	"bandwidth": {may: []string{"DOWN"}},
	"cut":       {may: []string{"DOWN"}},
	"drain":     {may: []string{"DOWN", "DRAIN"}, ends: []string{"MAINT"}},
	"heal":      {},
	"kill":      {may: []string{"DOWN"}},
	"latency":   {may: []string{"DOWN"}},
	"maint":     {may: []string{"DOWN", "MAINT"}},
	"pause":     {may: []string{"DOWN"}},
	"quit":      {may: []string{"DOWN"}},
	"ready":     {ends: []string{"DOWN", "DRAIN", "MAINT"}},
	"reload":    {},
	"replace":   {may: []string{"DOWN"}},
	"resume":    {},
	"start":     {may: []string{"DOWN"}},
	"stop":      {may: []string{"DOWN"}},
	"upgrade":   {},
	"weight":    {may: []string{"DRAIN"}, ends: []string{"DRAIN"}}, // a weight of 0 reads DRAIN
}

// anything is what a command of the user's may do.
var anything = effect{may: []string{"DOWN", "DRAIN", "MAINT", "NOLB"}, ends: []string{"DRAIN", "MAINT"}}
