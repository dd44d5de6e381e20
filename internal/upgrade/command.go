package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"halab/internal/scenario"
)

// command is run: the user's own command or script, carried out on this
// machine by sh -c. It finds the lab in its environment:
//
//	HALAB_STATS_SOCKET  path of the stats socket, level admin
//	HALAB_STATS_TCP     the same as host:port; only with --stats-tcp
//	HALAB_FRONTEND      host:port of the frontend that gets the traffic, or the first
//	HALAB_FRONTENDS     a line a frontend: name host:port
//	HALAB_SERVERS       a line a server: backend/server host:port
//	HALAB_OUT           directory of the results
//	HALAB_LAB           the lab's id
//
// Its exit code 0 is the step's success. What it writes is in the history, cut
// to its end. It has no terminal: what asks for a password there fails. What it
// does to requests in flight is its own affair.
//
// At the step's timeout its process group is killed. What it starts and leaves
// goes on until the lab ends, and is ended with it: it is known by HALAB_LAB in
// its environment, by the file that it inherits as descriptor 3, or by its
// session, so that only what has left all three is not found.
type command struct {
	Command string   `yaml:"command" required:"true" doc:"What sh -c carries out."`
	Dir     string   `yaml:"dir" doc:"Directory to run in; the one halab was started in unless said otherwise."`
	Name    string   `yaml:"name" format:"line" doc:"What reports call the step; the command's first line unless said otherwise."`
	Looks   bool     `yaml:"looks" doc:"The command only looks: it changes neither HAProxy nor a server. A command that does not say so and changes nothing makes the run INCONCLUSIVE."`
	Touches []string `yaml:"touches" doc:"What the command is meant to change, each backend/server (one that it adds too, if the command names it), a frontend, or haproxy. Each has to change by it, and no other server may."`
}

// titled is implemented by a kind whose steps may have a name.
type titled interface{ title() string }

func (c *command) title() string { return c.Name }

// touchesHAProxy stands in touches for HAProxy itself.
const touchesHAProxy = "haproxy"

func newCommand() scenario.StepArgs { return &command{} }

// OwnCommands reports whether a step of the scenario carries out a command of
// the user's, or waits for what somebody does by hand.
func OwnCommands(s *scenario.Scenario) bool {
	kinds := KindsOf(s)
	return slices.Contains(kinds, "run") || slices.Contains(kinds, "manual")
}

// SetScalar takes run: ./flip.sh.
func (c *command) SetScalar(value string) error {
	c.Command = value
	return nil
}

// Validate refuses an empty command, and servers in touches that do not exist.
func (c *command) Validate(check *scenario.Check) {
	if strings.TrimSpace(c.Command) == "" {
		check.Errorf("command", "a command for sh -c", "", "the command is empty")
	}
	if c.Looks && len(c.Touches) > 0 {
		check.Errorf("looks", "looks or touches", "", "a command that only looks touches nothing")
	}
	validTouches(check, c.Touches, c.Command)
}

// validTouches completes the servers of touches, and refuses those that do not
// exist. What is to be done may add a server: one that its text names.
func validTouches(check *scenario.Check, touches []string, text string) {
	for i, name := range touches {
		isFrontend := func(f scenario.Frontend) bool { return f.Name == name }
		if name == touchesHAProxy || slices.ContainsFunc(check.Scenario().Frontends, isFrontend) {
			continue
		}
		ref, err := scenario.ParseServerRef(name)
		if err != nil {
			check.Errorf("touches", "backend/server, or haproxy", "", "touches: %v", err)
			continue
		}
		if check.Scenario().HasBackend(ref.Backend) && strings.Contains(text, name) {
			continue
		}
		check.ServerRef("touches", &ref)
		touches[i] = ref.String()
	}
}

func (c *command) limit() time.Duration { return 0 }

// straggle is how long output is waited for once the command has ended: what
// it has started may hold its output open.
const straggle = 500 * time.Millisecond

// onceKnown is a shell that becomes the command's when whoever cleans up knows
// of it. A halab that is killed before that has started nothing.
const onceKnown = `read -r _ <&4 && exec sh -c "$1" 4<&-`

func (c *command) run(ctx context.Context, env *Env) error {
	env.Did(Command{Text: brief(c.Command), Looks: c.Looks, AnyServer: true, Touches: c.Touches})
	known, knows, err := os.Pipe()
	if err != nil {
		return err
	}
	defer knows.Close()
	cmd := exec.CommandContext(ctx, "sh", "-c", onceKnown, "sh", c.Command)
	held, err := env.Hold()
	if err != nil {
		return errors.Join(err, known.Close())
	}
	cmd.ExtraFiles = []*os.File{held, known} // descriptors 3 and 4
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), env.Vars...)
	// A session of its own, and with it a process group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if _, err := os.Stat(cmd.Dir); cmd.Dir != "" && err != nil {
		return fmt.Errorf("run in its directory: %w", err) // else sh is what is said not to be there
	}
	out, err := startCapture(cmd, env.shows())
	_ = known.Close()
	_ = held.Close()
	if err != nil {
		return err
	}
	if err := env.Started(cmd.Process.Pid); err != nil {
		return errors.Join(err, cmd.Cancel(), cmd.Wait())
	}
	_, _ = knows.WriteString("\n") // it may have been killed
	err = cmd.Wait()
	text := out.text(straggle)
	env.Answered(text)
	env.Outlived(env.Session(cmd.Process.Pid))
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w%s", context.Cause(ctx), lastWord(text))
	case errors.As(err, &exit):
		return fmt.Errorf("%s%s", howEnded(exit), lastWord(text))
	}
	return err
}

// howEnded is what a shell would have in $?, or the signal.
func howEnded(exit *exec.ExitError) string {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return fmt.Sprintf("ended by signal %d (%s)", status.Signal(), status.Signal())
	}
	return fmt.Sprintf("exit code %d", exit.ExitCode())
}

// brief is a command's first line. The scenario has all of it.
func brief(text string) string {
	text = strings.TrimSpace(text)
	if first, _, more := strings.Cut(text, "\n"); more {
		return first + " …"
	}
	return text
}

// lastWord tells the last line that a command wrote.
func lastWord(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return "; it wrote last: " + last
	}
	return ", and it wrote nothing"
}
