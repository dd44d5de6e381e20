// Package verify owns the verdict: a pure function of what a scenario expects
// and what a history records.
//
// It never talks to a lab, reads no clock and no file, and holds no more of a
// history than it has to tell, so a long run needs no more memory than a
// short one.
package verify

import (
	"errors"
	"fmt"
	"io"
	"math"

	"halab/internal/history"
	"halab/internal/scenario"
)

// Result is PASS, FAIL or INCONCLUSIVE.
type Result string

// The three results. FAIL says that something was lost or did not hold;
// INCONCLUSIVE that the run proves nothing.
const (
	Pass         Result = "PASS"
	Fail         Result = "FAIL"
	Inconclusive Result = "INCONCLUSIVE"
)

// Verdict is the judgement of one run with its evidence.
type Verdict struct {
	Result   Result             `json:"verdict"`
	Busy     bool               `json:"busy,omitempty"`    // INCONCLUSIVE only because the host held the run up (CPU, disk, steal) or halab was suspended: another run may tell
	Expected Result             `json:"expected"`          // what the scenario says it must be
	AsWanted bool               `json:"as_expected"`       // Result is Expected, for the expected reason
	Reasons  []string           `json:"reasons"`           // one line each, the gravest first
	Causes   []Cause            `json:"causes"`            // what made it so, where that is known; none of a PASS
	Remarks  []string           `json:"remarks,omitempty"` // what has to be known beside the reasons: what the commands of the user's changed, what no request reached
	Scenario string             `json:"scenario"`
	File     string             `json:"file"`
	Teaches  string             `json:"teaches,omitempty"`
	Lab      string             `json:"lab"`
	Runtime  string             `json:"runtime"`
	Why      string             `json:"runtime_reason,omitempty"`
	Started  string             `json:"started"`            // RFC 3339
	Try      int                `json:"try,omitempty"`      // from 2, where the runs before this one were Busy
	Seed     uint64             `json:"seed,omitempty"`     // of the lanes' schedules
	Compared string             `json:"compared,omitempty"` // what was compared of each answer; no other header was
	Length   history.Micros     `json:"length_us"`
	Software []history.Software `json:"software"`
	// LabChanges is what the lab does otherwise than production does and what
	// may change the verdict by that.
	LabChanges []string  `json:"lab_changes,omitempty"`
	Findings   []Finding `json:"findings"` // one an invariant and lane
	Lanes      []Lane    `json:"lanes"`
	Servers    []Server  `json:"servers"`
	Shares     []Share   `json:"shares"` // requests by lane and server
	Steps      []Step    `json:"steps"`
	Switches   []Switch  `json:"switches"`
	Polls      []Poll    `json:"polls"`
	Lost       []Lost    `json:"lost"` // the first MaxLost
	LostAll    int64     `json:"lost_total"`
	Accounts   Accounts  `json:"accounts"`
	Control    *Control  `json:"control,omitempty"`

	wantedReason string
	wantedCauses []string
	left         string       // what a control leaves out
	Latency      []Latency    `json:"latency"`
	States       []Transition `json:"states"`
}

// procedureName is the invariant that the steps were carried out, recordName
// that the history of the run is whole.
const (
	procedureName = "procedure"
	recordName    = "record"
)

// Finding is what one invariant says of one lane, or of the run.
type Finding struct {
	Invariant string         `json:"invariant"`
	Lane      string         `json:"lane,omitempty"`
	Result    Result         `json:"result"`
	Count     int64          `json:"count"` // how often it was violated
	Text      string         `json:"text"`
	Step      int            `json:"step,omitempty"` // from 1; 0: none
	Line      int            `json:"line,omitempty"` // of that step in the scenario
	First     history.Micros `json:"first_us,omitempty"`
	Last      history.Micros `json:"last_us,omitempty"`

	// Busy tells a doubt that comes from the machine, which had too much else to
	// do: another run may decide it.
	Busy bool `json:"busy,omitempty"`
	// Measured names the measurement by which it does.
	Measured string `json:"measured_by,omitempty"`
	// follows tells a doubt that such a machine gives too, and others do: beside
	// one that is Busy it is no reason of its own against another run.
	follows bool
}

// locate names the step after which something happened.
func (f *Finding) locate(r *run, at history.Micros) {
	if step := r.stepAt(at); step != nil {
		f.Step, f.Line = step.Index, step.Line
	}
}

// invariant watches a history go by and says at its end what it found. Each
// is one file of this package and one line in invariants.
type invariant interface {
	observe(e history.Event)
	findings() []Finding
}

// invariants are the rules of a verdict in the order in which they are told.
func invariants(r *run) []invariant {
	return []invariant{
		newEvidence(r), // first: the others bring it what they find
		newUserCommands(r),
		newLoss(r),
		newUnclear(r),
		newCoverage(r),
		newComplete(r),
		newReplacement(r),
		newFlap(r),
		newSwitchover(r),
		newOutage(r),
		newLatency(r),
		newStandstill(r),
		newMasked(r),
		newInFlight(r),
		newPlaced(r),
		newOrigin(r),
		newTermination(r),
		newAccounts(r),
		newHealth(r),
		newAvailable(r),
		newCapacity(r),
		newDrained(r),
		newFinalVersion(r),
		newCarriedOut(r),
	}
}

// damage names the invariants that tell of harm to the traffic: a control has
// to break one of them. A step that failed, or a server that went down, is no
// sign that the traffic would have shown it.
var damage = []string{
	"clean ends",
	"in flight",
	"no failure",
	"nothing masked",
	"stale connections",
	"standstill",
}

// Source hands out the events of a history: *history.Reader is one.
type Source interface {
	Next() (history.Event, error)
}

// Parse parses the scenario that a history's header carries.
type Parse func(file, text string) (*scenario.Scenario, error)

// Check judges a history. It reads to the end, or to the cut of a history
// that was cut short, which the verdict then says. Its error means that there
// is nothing to judge: no header, or a scenario that cannot be read.
func Check(src Source, parse Parse) (*Verdict, error) {
	first, err := src.Next()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("read the history: it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	header, ok := first.(*history.Header)
	if !ok {
		return nil, errors.New("read the history: it does not begin with a header")
	}
	if header.Version != history.Version {
		return nil, fmt.Errorf("read the history: it is of version %d, this halab reads version %d", header.Version, history.Version)
	}
	s, err := parse(header.File, header.Scenario)
	if err != nil {
		return nil, fmt.Errorf("read the scenario of the history: %w", err)
	}
	r := newRun(s, header)
	rules := invariants(r)
	if err := observe(src, r, rules); err != nil {
		return nil, err
	}
	r.moves.settle(math.MaxInt64)
	return conclude(r, rules), nil
}

// observe shows every event to the tally and to the rules, in the order in
// which things began. Lines that are none of halab's are counted and passed
// over.
func observe(src Source, r *run, rules []invariant) error {
	in := newOrder(r.scenario.Traffic.TimeoutD(), r.header.Lanes, func(e history.Event) {
		if q, ok := e.(*history.Request); ok {
			e = r.take(q)
		}
		r.tally.observe(e)
		if !r.failed {
			r.moves.observe(e)
		}
		for _, rule := range rules {
			rule.observe(e)
		}
	})
	defer func() {
		in.flush()
		r.disorder = in.late
	}()
	for {
		e, err := src.Next()
		var foreign *history.Error
		switch {
		case err == nil:
			if _, again := e.(*history.Header); again {
				r.strange(errors.New("a second header: another run follows"))
				return nil
			}
			r.foresee(e)
			if err := in.add(e); err != nil {
				return fmt.Errorf("read the history: %w", err)
			}
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, history.ErrCut):
			r.cut = true
			return nil
		case errors.As(err, &foreign):
			r.strange(err)
		default:
			return fmt.Errorf("read the history: %w", err)
		}
	}
}

// strange counts a line that is none of this run's.
func (t *tally) strange(err error) {
	t.foreign++
	if t.firstForeign == nil {
		t.firstForeign = err
	}
}
