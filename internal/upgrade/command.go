package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"halab/internal/scenario"
)

// command is run: the user's own command or script, carried out on this
// machine by sh -c. It finds the lab in its environment:
//
//	HALAB_STATS_SOCKET  path of the stats socket, level admin
//	HALAB_STATS_TCP     the same as host:port
//	HALAB_FRONTEND      host:port of the frontend that gets the traffic
//	HALAB_SERVERS       a line a server: backend/server host:port
//	HALAB_OUT           directory of the results
//	HALAB_LAB           the lab's id
//
// Its exit code 0 is the step's success. What it writes is in the history, cut
// to its end. What it starts and leaves is ended with the lab. What it does to
// requests in flight is its own affair.
type command struct {
	Command string `yaml:"command" required:"true" doc:"What sh -c carries out."`
	Dir     string `yaml:"dir" doc:"Directory to run in; the one halab was started in unless said otherwise."`
}

func newCommand() scenario.StepArgs { return &command{} }

// SetScalar takes run: ./flip.sh.
func (c *command) SetScalar(value string) error {
	c.Command = value
	return nil
}

// Validate refuses an empty command.
func (c *command) Validate(check *scenario.Check) {
	if strings.TrimSpace(c.Command) == "" {
		check.Errorf("command", "a command for sh -c", "", "the command is empty")
	}
}

func (c *command) limit() time.Duration { return 0 }

// straggle is how long a command that was ended may hold its output open.
const straggle = 2 * time.Second

func (c *command) run(ctx context.Context, env *Env) error {
	out := &tail{limit: maxOutput}
	cmd := exec.CommandContext(ctx, "sh", "-c", c.Command)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), env.Vars...)
	cmd.Stdout, cmd.Stderr = out, out
	// A process group of its own, so that its children are ended with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = straggle
	env.Did(Command{Text: c.Command, AnyServer: true})
	err := cmd.Run()
	env.Answered(out.String())
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil:
		return nil // a child that stays and holds the output is no failure
	case errors.As(err, &exit) && ctx.Err() == nil:
		return fmt.Errorf("exit code %d%s", exit.ExitCode(), lastWord(out.String()))
	}
	return err
}

// maxOutput bounds what is kept of a command's output, in bytes: its end.
const maxOutput = 64 << 10

// tail keeps the end of what is written to it.
type tail struct {
	limit   int
	data    []byte
	dropped int64
}

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if over := len(t.data) - t.limit; over > 0 {
		t.dropped += int64(over)
		t.data = append(t.data[:0], t.data[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	if t.dropped > 0 {
		return fmt.Sprintf("(%d bytes before this)\n%s", t.dropped, t.data)
	}
	return string(t.data)
}

// lastWord tells the last line that a command wrote.
func lastWord(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return "; it wrote last: " + last
	}
	return ", and it wrote nothing"
}
