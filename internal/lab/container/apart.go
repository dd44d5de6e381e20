package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

// Apart is the engine for package software in a halab that anything may kill:
// Command carries Run out in a process of its own, which lives to remove its
// container. The engine offers nothing that makes and starts a container at
// once, so a process that is killed between the two leaves it.
type Apart struct {
	*Runtime
	// Command is halab's own, and runs RunApart with the image and the words
	// that follow it.
	Command []string
}

// Run runs argv in a new container, as Runtime does.
func (a Apart) Run(ctx context.Context, image string, argv []string) (output string, err error) {
	words := append(a.Command[1:len(a.Command):len(a.Command)], image)
	cmd := exec.CommandContext(ctx, a.Command[0], append(words, argv...)...)
	// A session of its own: a kill of halab's process group does not reach it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	alive, err := cmd.StdinPipe()
	if err != nil {
		return "", fmt.Errorf("ask apart: %w", err)
	}
	cmd.Cancel = alive.Close // it ends in order then, as when halab is gone
	var out, wrong bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &wrong
	err = cmd.Run()
	switch text := strings.TrimPrefix(strings.TrimSpace(wrong.String()), "halab: "); {
	case ctx.Err() != nil:
		return out.String(), ctx.Err()
	case err != nil && text != "":
		return out.String(), errors.New(text)
	}
	return out.String(), err
}

// RunApart is Apart's own program: it runs argv in a new container of the
// image and writes the output to out, or gives it up when in ends.
func RunApart(ctx context.Context, in io.Reader, out io.Writer, image string, argv []string) error {
	// Nobody may be left to read: that must not end it before it has removed
	// its container.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	text, err := New().Run(ctx, image, argv)
	if _, werr := io.WriteString(out, text); err == nil {
		err = werr
	}
	return err
}
