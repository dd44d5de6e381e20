package upgrade

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// Run carries the plan out, step by step, and hands out an event for what
// begins, is sent and ends. It stops at the first step that fails, with an
// *Error. Where steps run side by side, emit is called from several
// goroutines.
func Run(ctx context.Context, plan Plan, env Env, started time.Time, emit func(history.Event)) error {
	for _, p := range plan {
		var err error
		if p.Lanes == nil {
			err = p.carryOut(ctx, env, started, emit)
		} else {
			err = p.sideBySide(ctx, env, started, emit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sideBySide runs the lanes of a step at once, within its time. When one fails
// the others are ended.
func (p Planned) sideBySide(ctx context.Context, env Env, started time.Time, emit func(history.Event)) error {
	if limit := p.Timeout.D(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, &lateError{p.Text, limit})
		defer cancel()
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, lane := range p.Lanes {
		group.Go(func() error { return Run(ctx, lane, env, started, emit) })
	}
	return group.Wait()
}

// carryOut carries one simple step out and records it.
func (p Planned) carryOut(ctx context.Context, env Env, started time.Time, emit func(history.Event)) error {
	text := p.Text
	if r, ok := p.run.(remarker); ok && r.remark(&env) != "" {
		text += " (" + r.remark(&env) + ")"
	}
	event := func(phase history.Phase) *history.Step {
		return &history.Step{At: history.Since(started), Index: p.Index, Kind: p.Kind, Text: text, Of: p.Of, Line: p.Pos.Line, Phase: phase}
	}
	emit(event(history.Begin))
	env.Did = func(c Command) {
		e := event(history.Command)
		if c.Looks {
			e.Phase = history.Look
		}
		e.Command, e.AnyServer, e.Touches, e.Sessions, e.InService, e.Takeover, e.Version, e.Saw = c.Text, c.AnyServer, c.Touches, c.Sessions, c.InService, c.Takeover, c.Version, c.Saw
		if !c.Server.IsZero() {
			e.Server = c.Server.String()
		}
		emit(e)
	}
	answer, outlived, server, saw := "", false, "", ""
	env.Answered = func(text string) { answer = text }
	env.Outlived = func(still bool) { outlived = still }
	env.Saw = func(ref haproxy.ServerRef, state string) { server, saw = ref.String(), state }
	env.Noted = func(text string) { emit(&history.Note{At: history.Since(started), Text: text}) }
	if show := env.ByHand; show != nil {
		env.ByHand = func(i Instruction) <-chan struct{} {
			i.Step = p.Index
			return show(i)
		}
	}
	if wrote := env.Wrote; wrote != nil {
		env.Wrote = func(_ int, line string) { wrote(p.Index, line) }
	}
	err := p.within(ctx, &env)
	if cause := context.Cause(ctx); err != nil && cause != nil && !isLate(cause) {
		return cause // the step did not fail: it was not let finish, and has no end
	}
	end := event(history.Ended)
	end.Answer, end.Outlived, end.Server, end.Saw = answer, outlived, server, saw
	if err != nil {
		end.Error = err.Error()
	}
	emit(end)
	if err != nil {
		return &Error{Index: p.Index, Text: text, File: env.Scenario.File, Line: p.Pos.Line, Err: err}
	}
	return nil
}

// lateError is the end of a step that stands for several and is not done within
// its time: those of them that go on then have failed by it.
type lateError struct {
	text  string
	limit time.Duration
}

func (e *lateError) Error() string { return fmt.Sprintf("%s not done within %s", e.text, e.limit) }

// isLate tells the end of a step's own group from that of a lane beside it,
// which is in an *Error.
func isLate(cause error) bool {
	var late *lateError
	var beside *Error
	return errors.As(cause, &late) && !errors.As(cause, &beside)
}

// remarker is implemented by a kind whose text alone is not all that is true
// of the step in this lab.
type remarker interface {
	// remark is what else is to be told, or "".
	remark(env *Env) string
}

// within bounds the step: by what the scenario says, by what the step's kind
// says, or by the default.
func (p Planned) within(ctx context.Context, env *Env) error {
	limit := p.Timeout.D()
	if limit == 0 {
		limit = p.run.limit()
	}
	if limit == 0 {
		limit = defaultLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %s", limit))
	defer cancel()
	if ctx.Err() != nil {
		return context.Cause(ctx) // the step before took all of their group's time
	}
	err := p.run.run(ctx, env)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			return fmt.Errorf("%w: %w", cause, err)
		}
	}
	return err
}
