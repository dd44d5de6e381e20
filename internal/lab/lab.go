// Package lab owns the life of a lab: its directory, its record, the order in
// which its programs come up, what ready means, and that nothing of it is
// left behind.
//
// It never knows how a program is run: a Runtime does. It sends no traffic
// but the one GET that tells whether a frontend answers.
package lab

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/relay"
	"halab/internal/render"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/streamorigin"
)

// HAProxyRole is the role of the HAProxy of a lab; a server's role is its
// reference, backend/server.
const HAProxyRole = "haproxy"

// Programs are the programs of a lab by role.
type Programs map[string]software.Program

// Runtime runs the programs of one lab. An implementation passes the suite in
// labtest.
type Runtime interface {
	// Name is "process" or "container".
	Name() string
	// Prepare decides where everything of the lab will be, before anything
	// is rendered. It may create what the programs need to meet, such as a
	// network.
	Prepare(ctx context.Context, site Site) (Layout, error)
	// Start starts one program and returns without waiting for it to be
	// ready. It is called for several programs at once.
	Start(ctx context.Context, spec Spec) (Instance, error)
	// Remove ends and removes everything that the lab of this record has in
	// this runtime, whoever started it, and returns when it is gone. It is
	// idempotent.
	Remove(ctx context.Context, rec *Record) error
}

// Site is what a runtime is told about the lab to be.
type Site struct {
	ID       string
	Dir      string // exists; every program may write to it
	StateDir string
	Scenario *scenario.Scenario
	Programs Programs
	// Publish are the loopback ports wanted for frontends, by name.
	Publish map[string]int
	// OwnPorts asks for the scenario's own ports wherever they can be had.
	OwnPorts bool
	// StatsTCP asks for a stats socket on TCP beside the one in Dir.
	StatsTCP bool
}

// Layout is what a runtime decided.
type Layout struct {
	// Target is where things are as the programs see them.
	Target render.Target
	// Frontends are the addresses, host:port on loopback, by frontend.
	Frontends map[string]string
	// SSL are those of the bind lines with ssl.
	SSL map[string]string
	// AdminTCP is the stats socket's address on loopback; "" where none was
	// asked for.
	AdminTCP string
	// Near is an address of this machine at which HAProxy reaches halab.
	Near string
	// Reach is where halab itself reaches each server.
	Reach map[haproxy.ServerRef]string
	// Notes say for people what differs from the scenario, and why.
	Notes []string
}

// Spec is one program to start.
type Spec struct {
	Role    string
	Program software.Program
	// Args follow Program.Argv.
	Args []string
	// PidFile is where the program writes its process id once it has put
	// itself into the background; "" for one that stays in the foreground.
	// Only an InPlace is given one.
	PidFile string
}

// Instance is a started program.
type Instance interface {
	// Signal sends sig to the program's main process, and KILL to all that
	// it has started as well. A program that has ended is an error.
	Signal(ctx context.Context, sig os.Signal) error
	// Pause stops every process of the program where it is; Resume lets them
	// go on.
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	// Done is closed when the main process has ended.
	Done() <-chan struct{}
	// Output is the end of what the program wrote, for error messages.
	Output() string
}

// Options are the choices of Start.
type Options struct {
	Name     string // "" makes one from the scenario's name
	StateDir string // "" is the user's
	// Keeper is the command that runs Keep in a process of its own; without
	// one nothing cleans up after a kill.
	Keeper []string
	// Stay leaves HAProxy's log to a file instead of Log, for a lab that
	// outlives halab.
	Stay     bool
	Publish  map[string]int
	OwnPorts bool
	// StatsTCP opens a stats socket of level admin on TCP as well, on which every
	// user of this machine can do with HAProxy what they like.
	StatsTCP bool
	// InPlace are the servers that UpgradeServer will be called for. Their
	// nginx runs as a daemon, as it has to for that, where the runtime can
	// upgrade it in place.
	InPlace []haproxy.ServerRef
	// Faulty are the servers that get a relay in front, on which faults can be
	// rehearsed.
	Faulty []haproxy.ServerRef
	// OwnCommands says that commands of the user's will act on HAProxy. It then
	// starts without render.Startup, and the lab takes one inter longer to be
	// ready: what a HAProxy started with also decides when a server that is
	// added later has its first check.
	OwnCommands bool
	// Edit changes a configuration before it is written, by the name of its
	// file: what the lab changes is held against a lab without it. nil: none.
	Edit func(name, text string) string
	// Log gets every line of HAProxy's log, in order, from one goroutine.
	Log func(line []byte)
	// LogAgain gets lines of a HAProxy that another one has taken over from.
	// Most have come through Log already.
	LogAgain func(line []byte)
	// Ready bounds the wait for ready; 0 is 15 s and the time that checks take.
	Ready time.Duration
	// Tell gets a line for people when a phase begins.
	Tell func(string)
}

// Lab is a running lab.
type Lab struct {
	*Record
	Scenario *scenario.Scenario
	Files    render.Files
	// CA signs the certificate of the bind lines with ssl; nil without any.
	CA *x509.CertPool

	runtime  Runtime
	programs Programs
	target   render.Target
	keeper   *keeper
	log      *logSink
	streams  *streamorigin.Origin
	relays   map[haproxy.ServerRef]*relay.Relay // fixed once the programs start

	mu        sync.Mutex
	instances map[string]Instance
	alive     map[haproxy.ServerRef]Process // as last seen of an instance that had not ended
	pasts     []*leaving
	again     func(line []byte)
}

// Start brings a lab up and returns when it is ready. When it fails nothing
// of the lab is left.
func Start(ctx context.Context, s *scenario.Scenario, rt Runtime, programs Programs, o Options) (*Lab, error) {
	rec, err := newRecord(s, rt.Name(), o)
	if err != nil {
		return nil, err
	}
	rec.Software = begunWith(s, programs)
	l := &Lab{Record: rec, Scenario: s, runtime: rt, programs: maps.Clone(programs), again: o.LogAgain, instances: map[string]Instance{}, alive: map[haproxy.ServerRef]Process{}}
	// The keeper comes before anything that it has to guard.
	if l.keeper, err = startKeeper(o.Keeper, rec, o.Tell); err != nil {
		return nil, err
	}
	if err := rec.create(); err != nil {
		return nil, errors.Join(err, l.keeper.release())
	}
	if l.again == nil {
		l.again = func([]byte) {}
	}
	if err := l.up(ctx, o); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// up is the order of things.
func (l *Lab) up(ctx context.Context, o Options) error {
	tell := o.Tell
	if tell == nil {
		tell = func(string) {}
	}
	if err := l.makeDir(); err != nil {
		return err
	}
	layout, err := l.runtime.Prepare(ctx, Site{ID: l.ID, Dir: l.Dir, StateDir: l.StateDir(),
		Scenario: l.Scenario, Programs: l.programs, Publish: o.Publish, OwnPorts: o.OwnPorts, StatsTCP: o.StatsTCP})
	if err != nil {
		return err
	}
	if layout.AdminTCP != "" {
		layout.Notes = append(layout.Notes, "the stats socket is at "+layout.AdminTCP+" as well: every user of this machine can administer this HAProxy")
	}
	for _, note := range layout.Notes {
		tell(note)
	}
	if err := l.configure(layout, o); err != nil {
		return err
	}
	tell("starting HAProxy and " + plural(len(l.Scenario.ServerRefs()), "nginx"))
	if err := l.startAll(ctx, o); err != nil {
		return err
	}
	return errors.Join(l.ready(ctx, o.Ready), l.forgetStartup(), l.keeper.armed())
}

// configure renders and writes the files and opens the log.
func (l *Lab) configure(layout Layout, o Options) error {
	layout.Target.Dir = l.Dir
	layout.Target.Sockets = append([]string{l.Admin}, layout.Target.Sockets...)
	if !o.Stay {
		layout.Target.LogSocket = filepath.Join(l.Dir, "log.sock")
		var err error
		if l.log, err = listenLog(layout.Target.LogSocket, o.Log); err != nil {
			return err
		}
	}
	if err := l.originate(&layout, o); err != nil {
		return err
	}
	if err := l.interpose(&layout, o); err != nil {
		return err
	}
	l.Frontends, l.SSL, l.AdminTCP, l.Notes = layout.Frontends, layout.SSL, layout.AdminTCP, layout.Notes
	layout.Target.Versions = map[haproxy.ServerRef]string{}
	for ref := range l.servers() {
		layout.Target.Versions[ref] = l.programs[ref.String()].Got.String()
	}
	if _, ok := l.runtime.(InPlace); ok {
		layout.Target.Daemons = o.InPlace
	}
	l.target = layout.Target
	var err error
	if l.Files, err = render.Render(l.Scenario, l.target); err != nil {
		return err
	}
	l.edit(o.Edit)
	if err := errors.Join(l.Files.Write(l.Dir), l.writeStartup(render.Startup), l.Files.WritePages(l.Dir), l.certify(), l.beginState()); err != nil {
		return err
	}
	return l.Record.save()
}

// edit changes the files that were rendered.
func (l *Lab) edit(change func(name, text string) string) {
	if change == nil {
		return
	}
	l.Files.HAProxy = []byte(change(configFile, string(l.Files.HAProxy)))
	for ref, conf := range l.Files.Nginx {
		l.Files.Nginx[ref] = []byte(change(render.FileName(ref)+".conf", string(conf)))
	}
}

// targetNow is where things are and which versions run now.
func (l *Lab) targetNow() render.Target {
	l.mu.Lock()
	defer l.mu.Unlock()
	target := l.target
	target.Versions = maps.Clone(target.Versions)
	return target
}

// servers yields every server of the scenario.
func (l *Lab) servers() func(yield func(haproxy.ServerRef) bool) {
	return func(yield func(haproxy.ServerRef) bool) {
		for _, b := range l.Scenario.Backends {
			for _, s := range b.Servers {
				if !yield(haproxy.ServerRef{Backend: b.Name, Server: s.Name}) {
					return
				}
			}
		}
	}
}

// startAll starts every program side by side.
func (l *Lab) startAll(ctx context.Context, o Options) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return l.start(ctx, HAProxyRole, l.startupArgs(o)) })
	for ref := range l.servers() {
		group.Go(func() error { return l.start(ctx, ref.String(), l.nginxArgs(ref)) })
	}
	return group.Wait()
}

// haproxyArgs runs HAProxy with the lab's configuration. Whether it has a
// master is the runtime's.
func (l *Lab) haproxyArgs() []string {
	return []string{"-f", filepath.Join(l.Dir, configFile)}
}

// configFile is HAProxy's configuration in the lab's directory.
const configFile = "haproxy.cfg"

// errorLogFlag is the first nginx that takes -e. Without it nginx opens the
// error log that it was built with before it reads its configuration.
var errorLogFlag = mustVersion("1.19.5")

func mustVersion(text string) haproxy.Version {
	v, err := haproxy.ParseVersion(text)
	if err != nil {
		panic(err)
	}
	return v
}

// program is the program that this role has now.
func (l *Lab) program(role string) software.Program {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.programs[role]
}

func (l *Lab) nginxArgs(ref haproxy.ServerRef) []string {
	args := []string{"-p", l.Dir, "-c", filepath.Join(l.Dir, render.FileName(ref)+".conf")}
	if haproxy.Compare(l.program(ref.String()).Got, errorLogFlag) >= 0 {
		args = append(args, "-e", "stderr")
	}
	return args
}

// spec is the program that this role has now, with these arguments.
func (l *Lab) spec(role string, args []string) Spec {
	spec := Spec{Role: role, Program: l.program(role), Args: args}
	for _, ref := range l.target.Daemons {
		if ref.String() == role {
			spec.PidFile = l.pidFile(ref)
		}
	}
	return spec
}

func (l *Lab) start(ctx context.Context, role string, args []string) error {
	spec := l.spec(role, args)
	if len(spec.Program.Argv) == 0 {
		return fmt.Errorf("start %s: no program was given for it", role)
	}
	instance, err := l.runtime.Start(ctx, spec)
	if err != nil {
		return fmt.Errorf("start %s: %w", role, err)
	}
	l.set(spec, instance)
	return nil
}

// AdminClient is a client of the lab's stats socket.
func (l *Lab) AdminClient() *adminsock.Client { return adminsock.New("unix", l.Admin) }

// DrainLog ends the reading of HAProxy's log once it has been quiet for a
// moment, so that the last lines are not lost.
func (l *Lab) DrainLog() {
	if l.log != nil {
		l.log.drain()
	}
}

// Release lets a lab that stays outlive halab.
func (l *Lab) Release() error {
	l.Stay = true
	if err := l.Record.save(); err != nil {
		return err
	}
	return l.keeper.release()
}

// Close removes the lab. It works after a half-finished start too, and does
// nothing the second time.
func (l *Lab) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout+time.Duration(len(l.programs))*closeEach)
	defer cancel()
	err := errors.Join(l.Record.remove(ctx, l.runtime), l.closeStreams(), l.closeRelays())
	if l.log != nil {
		l.log.close()
	}
	if err != nil {
		return err // the keeper stays, and tries again when halab ends
	}
	k := l.keeper
	l.keeper = nil
	return k.release()
}

// A removal may take closeTimeout, and closeEach more for each program: a busy
// engine needs seconds for a container.
const (
	closeTimeout = 20 * time.Second
	closeEach    = 2 * time.Second
)

func plural(n int, noun string) string { return fmt.Sprintf("%d %s", n, noun) }
