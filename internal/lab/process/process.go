// Package process is the runtime that runs a lab's HAProxy and nginx as plain
// processes on loopback: no engine, no root.
//
// It never decides what a lab is made of or when it is ready.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/lab/ports"
	"halab/internal/render"
)

// Runtime runs programs as processes. The zero value is ready.
type Runtime struct {
	site  lab.Site
	ports ports.Chooser
}

// New makes a process runtime for one lab.
func New() *Runtime { return &Runtime{} }

// Name is "process".
func (r *Runtime) Name() string { return "process" }

// Prepare gives every frontend and server a port on loopback that is free
// now.
func (r *Runtime) Prepare(_ context.Context, site lab.Site) (lab.Layout, error) {
	r.site, r.ports.Own = site, site.OwnPorts
	l := lab.Layout{Frontends: map[string]string{}, SSL: map[string]string{}}
	l.Target.Binds, l.Target.SSLBinds = map[string]string{}, map[string]string{}
	l.Target.Servers, l.Near, l.Reach = map[haproxy.ServerRef]render.Place{}, "127.0.0.1", map[haproxy.ServerRef]string{}
	for _, f := range site.Scenario.Frontends {
		address, err := r.ports.Frontend(f.Name, f.Bind, site.Publish)
		if err != nil {
			return lab.Layout{}, err
		}
		l.Frontends[f.Name], l.Target.Binds[f.Name] = address, address
		if f.SSL == nil {
			continue
		}
		if address, err = r.ports.Take("frontend "+f.Name, f.SSL.Bind); err != nil {
			return lab.Layout{}, err
		}
		l.SSL[f.Name], l.Target.SSLBinds[f.Name] = address, address
	}
	for _, ref := range site.Scenario.ServerRefs() {
		address, err := r.ports.Take(ref.String(), site.Scenario.Server(ref).Address)
		if err != nil {
			return lab.Layout{}, err
		}
		l.Target.Servers[ref], l.Reach[ref] = render.Place{Connect: address, Listen: address}, address
	}
	if site.StatsTCP {
		address, err := r.ports.Free()
		if err != nil {
			return lab.Layout{}, err
		}
		l.AdminTCP = address
		l.Target.Sockets = []string{"ipv4@" + address}
	}
	if os.Geteuid() == 0 {
		// nginx's workers would otherwise run as the user it was built for,
		// who may not exist on this machine.
		l.Target.User = "root"
	}
	l.Notes = r.ports.Notes
	return l, nil
}

// Start forks one program. Its output goes to a file in the lab's directory.
func (r *Runtime) Start(ctx context.Context, spec lab.Spec) (lab.Instance, error) {
	if spec.PidFile != "" {
		return r.startDaemon(ctx, spec)
	}
	cmd, err := r.fork(spec.Role, append(spec.Program.Argv[:len(spec.Program.Argv):len(spec.Program.Argv)], spec.Args...))
	if err != nil {
		return nil, err
	}
	return r.child(spec.Role, cmd), nil
}

// fork starts a command as one of the lab's.
func (r *Runtime) fork(role string, argv []string) (*exec.Cmd, error) {
	f, err := os.OpenFile(OutputFile(r.site.Dir, role), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open its output: %w", err)
	}
	defer f.Close()
	held, err := Hold(r.site.ID, r.site.Dir)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.ExtraFiles = []*os.File{held} // descriptor 3
	cmd.Dir = r.site.Dir
	cmd.Env = append(environment(), mark+r.site.ID)
	cmd.Stdout, cmd.Stderr = f, f
	// A session of its own: a Ctrl-C on the terminal is halab's to handle.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if err := Adopt(r.site.Dir, cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, err
	}
	return cmd, nil
}

// inherited are the variables that a program of the lab gets from the caller: how
// it finds its libraries and others, and how it writes times and messages. Whatever else the
// caller has there, secrets among them, HAProxy would show to everybody who
// reaches its stats socket (show env).
var inherited = []string{"LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ"}

// environment is that of the lab's programs.
func environment() []string {
	var out []string
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			out = append(out, name+"="+value)
		}
	}
	return out
}

// child is a program that halab itself waits for.
func (r *Runtime) child(role string, cmd *exec.Cmd) *instance {
	i := &instance{process: cmd.Process, group: cmd.Process.Pid, out: OutputFile(r.site.Dir, role), done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is told by its output
		close(i.done)
	}()
	return i
}

// TakeOver starts a HAProxy that gets the listening sockets from the stats
// socket of the old one, which then finishes and ends.
func (r *Runtime) TakeOver(ctx context.Context, spec lab.Spec, old lab.Instance, socket string) (lab.Instance, error) {
	o, ok := old.(*instance)
	if !ok {
		return nil, lab.ErrNoTakeover
	}
	spec.Args = append(spec.Args[:len(spec.Args):len(spec.Args)], "-x", socket, "-sf", strconv.Itoa(o.process.Pid))
	return r.Start(ctx, spec)
}

// OutputFile is where the output of the program in this role is kept in the
// lab's directory.
func OutputFile(dir, role string) string {
	return filepath.Join(dir, strings.ReplaceAll(role, "/", "-")+".out")
}

type instance struct {
	process *os.Process
	group   int // its process group, which began with its session
	out     string
	exe     string // of a daemon: what it executes when it executes itself
	done    chan struct{}
}

// Signal sends sig; a process that has ended is an error. KILL goes to the
// whole process group: nginx's workers live on when their master is killed.
func (i *instance) Signal(_ context.Context, sig os.Signal) error {
	if sig == syscall.SIGKILL && !i.ended() {
		return i.all(syscall.SIGKILL)
	}
	if i.ended() {
		return os.ErrProcessDone
	}
	return i.process.Signal(sig)
}

// Pause sends STOP to the process group.
func (i *instance) Pause(context.Context) error { return i.all(syscall.SIGSTOP) }

// Resume sends CONT to the process group.
func (i *instance) Resume(context.Context) error { return i.all(syscall.SIGCONT) }

// all sends sig to the process group.
func (i *instance) all(sig syscall.Signal) error {
	if i.ended() {
		return os.ErrProcessDone
	}
	return syscall.Kill(-i.group, sig)
}

func (i *instance) ended() bool {
	select {
	case <-i.done:
		return true
	default:
		return false
	}
}

// Done is closed when the process has ended.
func (i *instance) Done() <-chan struct{} { return i.done }

// outputTail is how much of a program's output an error message shows, in
// bytes.
const outputTail = 4096

// Output is the last 4 KiB that the program wrote.
func (i *instance) Output() string {
	data, err := os.ReadFile(i.out)
	if err != nil {
		return ""
	}
	return string(data[max(0, len(data)-outputTail):])
}
