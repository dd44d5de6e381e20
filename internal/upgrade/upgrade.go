// Package upgrade owns the kinds of step: how each is written in a scenario
// and how it is carried out on a lab.
//
// It never judges what the steps did to the traffic: that is verify's.
package upgrade

import (
	"context"
	"fmt"
	"os"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/history"
	"halab/internal/relay"
	"halab/internal/scenario"
	"halab/internal/software"
)

// Lab is what a step may do with a lab.
type Lab interface {
	// AdminClient is a client of the stats socket.
	AdminClient() *adminsock.Client
	// Stat is show stat, with the sessions that a HAProxy which was taken over
	// from still has with a server.
	Stat(ctx context.Context) ([]haproxy.Stat, error)
	// Signal, Pause, Resume and Ended are about the program in a role:
	// "haproxy" or backend/server.
	Signal(ctx context.Context, role string, sig os.Signal) error
	Pause(ctx context.Context, role string) error
	Resume(ctx context.Context, role string) error
	Ended(ctx context.Context, role string) error
	// StartServer starts the nginx of a server that has ended again; with a
	// program, that one.
	StartServer(ctx context.Context, ref haproxy.ServerRef, program *software.Program) error
	// ReloadServer has the nginx of a server read its configuration again.
	ReloadServer(ctx context.Context, ref haproxy.ServerRef) error
	// UpgradeServer has the nginx of a server start program in its place.
	UpgradeServer(ctx context.Context, ref haproxy.ServerRef, program software.Program) error
	// TakeOver puts a HAProxy in the place of the one that runs: the same
	// again, or another program. note is for people: what was not done as
	// it should be.
	TakeOver(ctx context.Context, program *software.Program) (note string, err error)
	// SaveState writes down what HAProxy knows of its servers, for the next
	// HAProxy to begin with.
	SaveState(ctx context.Context) error
	// Relay is what stands between HAProxy and a server of Faulted.
	Relay(ref haproxy.ServerRef) (*relay.Relay, error)
}

// Get sends one GET on a new connection through the frontend that the traffic
// uses, and records it.
type Get func(ctx context.Context) history.Request

// Env is what a step runs in.
type Env struct {
	Lab      Lab
	Get      Get
	Scenario *scenario.Scenario
	// Header turns a Server header of the scenario into the one that the
	// program which really runs sends.
	Header func(string) string
	// Program is the program of this version, which a step needs.
	Program func(software.Want) (software.Program, error)
	// Vars are the environment variables by which a command finds the lab.
	Vars []string
	// Started is told of each process by which a step carries out a command of
	// the user's; the process leads a session.
	Started func(pid int) error
	// Hold opens the file by which such a process is known as the lab's. It
	// inherits the file as descriptor 3.
	Hold func() (*os.File, error)
	// Session reports whether a process of the session that it leads still runs.
	Session func(leader int) bool
	// ByHand shows what somebody is to do by hand, and may be nil. A receive from
	// what it returns says that the person is done; nil: there is no way to say so.
	ByHand func(Instruction) (done <-chan struct{})
	// Wrote gets each line that a command of the user's writes, as it comes, and
	// may be nil.
	Wrote func(step int, line string)
	// Did gets each command when it is sent, Answered what came of them, and
	// Noted what people have to know beside that.
	Did      func(Command)
	Answered func(string)
	Noted    func(string)
	// Saw gets the state of a server that a step has waited for and seen, and
	// Outlived whether something that a command of the user's started still runs
	// when that has ended.
	Saw      func(ref haproxy.ServerRef, state string)
	Outlived func(bool)
}

// program is the nginx of this version; nil, which keeps the one there is,
// where it is empty.
func (e *Env) program(version string) (*software.Program, error) {
	if version == "" {
		return nil, nil
	}
	want, err := nginx(version)
	if err != nil {
		return nil, err
	}
	p, err := e.Program(want)
	return &p, err
}

// Need is a program that a step starts.
type Need struct {
	Server haproxy.ServerRef
	Want   software.Want
	Pos    scenario.Pos // of the step
}

// Needs are the programs that the steps of a scenario start beside those that
// its servers begin with.
func Needs(s *scenario.Scenario) []Need {
	var out []Need
	for step := range whole(s).simple {
		if n, ok := step.run.(interface{ needs() []Need }); ok {
			for _, need := range n.needs() {
				need.Pos = step.Pos
				out = append(out, need)
			}
		}
	}
	return out
}

// whole is all that a scenario may do: its steps, and what it does when one
// fails. It is empty where that does not compile, which Run says.
func whole(s *scenario.Scenario) Plan {
	plan, err := Compile(s, append(s.Steps[:len(s.Steps):len(s.Steps)], s.OnFailure...), 1)
	if err != nil {
		return nil
	}
	return plan
}

// KindsOf are the kinds of a scenario's steps, those of compound ones and of the
// way back among them, each as often as it stands there.
func KindsOf(s *scenario.Scenario) []string {
	var out []string
	for step := range whole(s).simple {
		out = append(out, step.Kind)
	}
	return out
}

// Command is something that a step did to the lab, or asked it.
type Command struct {
	Text string
	// Looks says that the command only asks and changes nothing.
	Looks  bool
	Server haproxy.ServerRef
	// AnyServer says that the command may be for any of the servers.
	AnyServer bool
	// Touches are the servers that the scenario says a user's command is for.
	Touches []string
	// Sessions is how many sessions the server had then, where the step
	// looked.
	Sessions *int64
	// InService says that HAProxy sent new requests to the server then.
	InService bool
	// Version is that of the nginx which is started, where it is another one.
	Version string
	// Saw is the state in which Server was seen then.
	Saw string
	// Takeover says that another HAProxy process takes the traffic over.
	Takeover bool
}

// runner is implemented by the arguments of every kind.
type runner interface {
	scenario.StepArgs
	// run carries the step out within its context.
	run(ctx context.Context, env *Env) error
	// limit is the step's own timeout.
	limit() time.Duration
}

// defaultLimit bounds a step that does not say how long it may take.
const defaultLimit = 30 * time.Second

// Error is a step that failed.
type Error struct {
	Index int
	Text  string
	File  string
	Line  int
	Err   error
}

func (e *Error) Error() string {
	return fmt.Sprintf("step %d (%s:%d) %s: %v", e.Index, e.File, e.Line, e.Text, e.Err)
}

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// sleep waits for d or the end of the context.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
