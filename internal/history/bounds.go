package history

import "fmt"

// BoundError says that a history holds more of something than any run has: it
// is no record of one, and is read no further.
type BoundError struct {
	What string // "events of kind step"
	Most int64
}

func (e *BoundError) Error() string {
	return fmt.Sprintf("more than %d %s: no run of halab's has that many", e.Most, e.What)
}

// most is how many events of a kind a history may hold. Requests, and sessions
// in mode tcp, are as many as there are: they are counted and not kept. A day of
// a hundred servers has nine million states.
var most = map[string]int64{
	"counters": 100_000,
	"end":      100,
	"frontend": 1_000_000,
	"header":   100,
	"host":     1_000_000,
	"message":  1_000_000,
	"note":     10_000,
	"program":  1_000_000,
	"state":    50_000_000,
	"step":     100_000,
}

// mostForeign is how many lines may be none of halab's, and mostNames how many
// names of a sort there may be: lanes, servers and so on.
const (
	mostForeign = 10_000
	mostNames   = 10_000
)

// bounds counts what was read.
type bounds struct {
	kinds   map[string]int64
	foreign int64
	names   map[string]*named
}

// named are the different names of a sort; the last one comes again and again.
type named struct {
	last string
	all  map[string]bool
}

// unusable counts a line that is none of halab's.
func (b *bounds) unusable() error {
	if b.foreign++; b.foreign > mostForeign {
		return &BoundError{"lines that are no events", mostForeign}
	}
	return nil
}

// event counts one.
func (b *bounds) event(e Event) error {
	if r, ok := e.(*Request); ok {
		return b.request(r)
	}
	if b.kinds == nil {
		b.kinds = map[string]int64{}
	}
	kind := e.kind()
	b.kinds[kind]++
	if limit, is := most[kind]; is && b.kinds[kind] > limit {
		return &BoundError{"events of kind " + kind, limit}
	}
	switch e := e.(type) {
	case *ServerState:
		return b.name("servers", e.Server.Backend+"/"+e.Server.Server)
	case *Program:
		return b.name("servers", e.Role)
	case *FrontendState:
		return b.name("frontends", e.Frontend)
	case *Counters:
		return b.name("frontends", e.Proxy)
	case *LogLine:
		return b.name("frontends", e.Frontend)
	}
	return nil
}

// request looks at the names of one: everything else of it is counted alone.
func (b *bounds) request(r *Request) error {
	for _, n := range [...]struct{ sort, name string }{
		{"lanes", r.Lane}, {"outcomes", string(r.Outcome)}, {"servers", r.Server}, {"Server headers", r.Header},
	} {
		if err := b.name(n.sort, n.name); err != nil {
			return err
		}
	}
	if r.Log != nil {
		return b.name("termination states", string(r.Log.State))
	}
	return nil
}

// name takes one of a sort.
func (b *bounds) name(sort, name string) error {
	n := b.names[sort]
	if n == nil {
		if b.names == nil {
			b.names = map[string]*named{}
		}
		n = &named{all: map[string]bool{}}
		b.names[sort] = n
	}
	if name == n.last {
		return nil
	}
	n.last = name
	if n.all[name] {
		return nil
	}
	if n.all[name] = true; len(n.all) > mostNames {
		return &BoundError{"different " + sort, mostNames}
	}
	return nil
}
