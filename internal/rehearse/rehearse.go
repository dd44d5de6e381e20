// Package rehearse owns the order of one run: the lab comes up, the traffic
// begins, the steps are carried out, the accounts are taken, the lab goes
// down, and everything that happened is in a history.
//
// It never judges the run: that is verify's.
package rehearse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/lab"
	"halab/internal/lab/process"
	"halab/internal/probe"
	"halab/internal/render"
	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// The files of an output directory that a run itself writes.
const (
	HistoryFile = "history.jsonl"
	LogFile     = "haproxy.log"
)

// Config is what a run needs.
type Config struct {
	Scenario *scenario.Scenario
	Choice   Choice
	// Out is a directory that exists.
	Out string
	// Lab are the options of the lab; Faulty, InPlace, Log and LogAgain are set by Run.
	Lab lab.Options
	// Control says what this run leaves out, where it is the control of
	// another one; Controlled that it is to be judged with a control of it.
	Control    string
	Controlled bool
	// Try is that of the history's header.
	Try int
	// Seed is what the schedules of the lanes are drawn from; 0 draws one.
	Seed uint64
	// Halab is the version of halab, for the history.
	Halab string
	// Turn waits until the traffic may begin, on a lab that is ready; what it
	// returns is called once, when the traffic is over. So several runs can
	// bring labs up and down while others have their traffic. nil is at once.
	Turn func(context.Context) (over func(), err error)
	// ByHand is that of upgrade.Env, with the stats socket to do it on.
	ByHand func(i upgrade.Instruction, socket string) (done <-chan struct{})
	// Wrote is that of upgrade.Env: nothing of it is recorded, since the step's
	// end has it all.
	Wrote func(step int, line string)
	// Watch gets every event as it happens, from several goroutines but one
	// at a time.
	Watch func(history.Event)
}

// LabError says that the lab could not be run: nothing was proved, and
// nothing was disproved.
type LabError struct{ Err error }

func (e *LabError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *LabError) Unwrap() error { return e.Err }

// run is one run while it goes on.
type run struct {
	Config
	lab      *lab.Lab
	started  time.Time
	writer   *history.Writer
	raw      *history.Behind
	watching sync.Mutex
	live     atomic.Bool // traffic has begun: the log is recorded
	lost     atomic.Int64
	baseline map[string]haproxy.Stat            // frontends, before the traffic
	servers  map[haproxy.ServerRef]haproxy.Stat // servers, before the traffic
	join     *join
	starved  *starved
	looking  sync.Mutex
	seen     map[haproxy.ServerRef]history.ServerState // as last recorded
	fronts   map[string]string                         // statuses of the frontends, as last recorded
	programs *programs
	plan     upgrade.Plan
	wayBack  upgrade.Plan // what is done when a step fails
}

// Run carries a scenario out and writes its history. Its error is a *LabError
// when the lab could not be run or did not live to the end; a step that
// failed is in the history, and no error.
func Run(ctx context.Context, c Config) (err error) {
	r := &run{Config: c}
	for r.Seed == 0 {
		r.Seed = rand.Uint64() >> 11 // fits the numbers of JSON
	}
	if r.plan, err = upgrade.Compile(c.Scenario, c.Scenario.Steps, 1); err != nil {
		return err
	}
	if r.wayBack, err = upgrade.Compile(c.Scenario, c.Scenario.OnFailure, r.plan.Size()+1); err != nil {
		return err
	}
	if err := r.open(); err != nil {
		return &LabError{err}
	}
	defer func() { err = errors.Join(err, r.close()) }()
	options := c.Lab
	options.Log, options.LogAgain = r.logLine, r.logAgain
	options.Faulty, options.InPlace = upgrade.Faulted(c.Scenario), upgrade.InPlace(c.Scenario)
	options.OwnCommands = upgrade.OwnCommands(c.Scenario)
	r.lab, err = c.Choice.Start(ctx, c.Scenario, options)
	if err != nil {
		return &LabError{err}
	}
	defer func() {
		if cerr := r.lab.Close(); cerr != nil {
			err = errors.Join(err, &LabError{cerr})
		}
	}()
	return r.rehearse(ctx)
}

// open makes the files first: where they cannot be written nothing is
// started.
func (r *run) open() error {
	var err error
	if r.writer, err = history.Create(filepath.Join(r.Out, HistoryFile)); err != nil {
		return err
	}
	raw, err := os.OpenFile(filepath.Join(r.Out, LogFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return errors.Join(fmt.Errorf("create HAProxy's log: %w", err), r.writer.Close())
	}
	r.raw = history.NewBehind(raw)
	return nil
}

func (r *run) close() error {
	var errs []error
	if err := r.writer.Close(); err != nil {
		errs = append(errs, &LabError{err})
	}
	if err := r.raw.Close(); err != nil {
		errs = append(errs, &LabError{fmt.Errorf("write HAProxy's log: %w", err)})
	}
	if _, err := history.Compress(filepath.Join(r.Out, HistoryFile), history.CompressAbove); err != nil {
		errs = append(errs, &LabError{err})
	}
	return errors.Join(errs...)
}

// rehearse is the run on a lab that is ready.
func (r *run) rehearse(ctx context.Context) error {
	if err := r.lab.Files.Write(r.Out); err != nil {
		return &LabError{err}
	}
	over, err := r.turn(ctx)
	if err != nil {
		return &LabError{err}
	}
	defer over()
	if err := r.begin(ctx); err != nil {
		return &LabError{err}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go r.stopWhenFull(ctx, cancel)
	traffic, stopTraffic := context.WithCancel(ctx)
	// The states are looked at until what is in flight has ended as well.
	sampling, stopSampling := context.WithCancel(ctx)
	var sides sync.WaitGroup
	probers := r.probers()
	sides.Go(func() {
		defer stopSampling()
		var lanes sync.WaitGroup
		for _, p := range probers {
			lanes.Go(func() { p.Run(traffic, r.Scenario.Traffic) })
		}
		lanes.Wait()
	})
	sides.Go(func() { r.sample(sampling) })
	sides.Go(func() { r.watchHost(sampling) })
	err = r.procedure(ctx, probers[0])
	stopTraffic()
	sides.Wait()
	over()
	issued := map[string]int64{}
	for _, p := range probers {
		maps.Copy(issued, p.Issued()) // each has lanes of its own
	}
	return r.end(ctx, issued, err)
}

// turn waits for the run's turn; over may be called twice.
func (r *run) turn(ctx context.Context) (over func(), err error) {
	if r.Turn == nil {
		return func() {}, nil
	}
	if over, err = r.Turn(ctx); err != nil {
		return nil, err
	}
	return sync.OnceFunc(over), nil
}

// begin takes the counters as they are before the traffic and writes the
// header. The log is read empty first, so that the GETs that asked whether
// the lab is ready are in no account.
func (r *run) begin(ctx context.Context) error {
	r.lab.DrainLog()
	stats, err := r.lab.AdminClient().Stat(ctx)
	if err != nil {
		return err
	}
	r.baseline = map[string]haproxy.Stat{}
	for _, f := range r.Scenario.Frontends {
		if s, ok := haproxy.Frontend(stats, f.Name); ok {
			r.baseline[f.Name] = s
		}
	}
	r.servers = map[haproxy.ServerRef]haproxy.Stat{}
	r.seen, r.fronts = map[haproxy.ServerRef]history.ServerState{}, map[string]string{}
	r.programs = newPrograms(r.lab)
	for _, ref := range r.Scenario.ServerRefs() {
		r.servers[ref], _ = haproxy.Find(stats, ref)
	}
	r.started = time.Now()
	r.join = newJoin(r.started, r.event, r.keepLine)
	r.starved = &starved{held: r.lab.RunQueue().Look, now: func() history.Micros { return history.Since(r.started) },
		timeout: history.M(r.Scenario.Traffic.TimeoutD())}
	r.event(&history.Header{
		Version: history.Version, Halab: r.Halab, Lab: r.lab.Name, Started: r.started.UTC(),
		Control: r.Control, Controlled: r.Controlled, Try: r.Try, Seed: r.Seed, PageHeaders: true, File: r.Scenario.File, Scenario: string(r.Scenario.Source),
		Runtime: r.Choice.Runtime, Why: r.Choice.Why,
		Software: r.Choice.Software(r.Scenario), LabChanges: render.ChangesFor(r.Scenario, upgrade.KindsOf(r.Scenario)), Lanes: r.lanes(), Steps: r.plan.Size(),
	})
	for _, note := range r.lab.Notes {
		r.event(&history.Note{Text: note})
	}
	r.writer.Flush()   // without the header a killed run could not be judged
	r.live.Store(true) // the header comes first
	return nil
}

// event records and shows one event.
func (r *run) event(e history.Event) {
	r.writer.Write(e)
	if r.Watch != nil {
		r.watching.Lock()
		defer r.watching.Unlock()
		r.Watch(e)
	}
}

// request takes a request from the prober: in mode http its log line is
// awaited first.
func (r *run) request(e history.Event) {
	q, ok := e.(*history.Request)
	if ok {
		r.starved.mark(q)
	}
	if !ok || r.Scenario.ModeOf(r.Scenario.TrafficFrontend().Name) != scenario.ModeHTTP {
		r.event(e)
		return
	}
	r.join.request(q)
}

// stopWhenFull ends the run when the history cannot be written any more.
func (r *run) stopWhenFull(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-ctx.Done():
	case <-r.writer.Failed():
		cancel(errors.New("the history can no longer be written"))
	}
}

// procedure is the traffic's time before the steps, the steps, and its time
// after them. A step that fails ends the steps, it is in the history, and what
// the scenario has on-failure is done.
func (r *run) procedure(ctx context.Context, prober *probe.Prober) error {
	if err := sleep(ctx, r.Scenario.Traffic.BeforeD()); err != nil {
		return err
	}
	env := upgrade.Env{Lab: r.lab, Get: prober.Get, Scenario: r.Scenario, Header: r.Choice.Header(r.Scenario), Program: r.Choice.Program, Vars: r.vars(), Started: r.adopt, Hold: r.hold, Session: process.SessionRuns, Wrote: r.Wrote}
	if r.ByHand != nil {
		env.ByHand = func(i upgrade.Instruction) <-chan struct{} { return r.ByHand(i, r.lab.Admin) }
	}
	for _, plan := range []upgrade.Plan{r.plan, r.wayBack} {
		err := upgrade.Run(ctx, plan, env, r.started, func(e history.Event) { r.step(ctx, e) })
		var step *upgrade.Error
		if err != nil && (ctx.Err() != nil || !errors.As(err, &step)) {
			return err
		}
		if err == nil {
			break // the way back is for a step that failed
		}
	}
	return sleep(ctx, r.Scenario.Traffic.AfterD())
}

// step records what a step does. When it has ended the servers are looked at:
// the next one may take a server out before anybody would have seen that this
// one put another back.
func (r *run) step(ctx context.Context, e history.Event) {
	r.event(e)
	s, ok := e.(*history.Step)
	if ok {
		r.attend(ctx, s)
	}
	if ok && s.Phase == history.Ended {
		r.look(ctx)
		r.lookAtPrograms(ctx)
	}
}

// end takes the last accounts and closes the history with what ended the run.
func (r *run) end(ctx context.Context, issued map[string]int64, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	cerr := r.counters(late, true)
	r.awaitLog()
	r.live.Store(false)
	last := &history.End{At: history.Since(r.started), LostLogLines: r.lost.Load(), OrphanLogLines: r.join.flush(), Issued: issued}
	if err == nil && cerr != nil && r.lab.Ended(late, lab.HAProxyRole) == nil {
		// No error of the lab: whatever ended it is what was rehearsed.
		last.Error = "HAProxy ended before the run did"
		if wrote := strings.TrimSpace(r.lab.Output(lab.HAProxyRole)); wrote != "" {
			last.Error += "; it wrote: " + wrote
		}
		cerr = nil
	}
	if err == nil {
		err = errors.Join(cerr, r.keepAccessLogs())
	}
	if err != nil {
		last.Error = told(err)
		r.event(last)
		return &LabError{err}
	}
	r.event(last)
	return nil
}

// logLimit bounds the wait for the last lines of HAProxy's log. A busy machine
// takes long over them, and a line that was lost never comes.
const logLimit = 3 * time.Second

// awaitLog reads HAProxy's log until every request that was answered has its
// line, and then until it is quiet.
func (r *run) awaitLog() {
	for begun := time.Now(); !r.join.complete() && time.Since(begun) < logLimit; {
		time.Sleep(20 * time.Millisecond)
	}
	r.lab.DrainLog()
}

// told is why a run did not go to its end, in words for who asked for it: a
// context ends without a cause of its own where somebody interrupted the run.
func told(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return err.Error()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
