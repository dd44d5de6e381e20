package upgrade

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

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
			err = sideBySide(ctx, p, env, started, emit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sideBySide runs the lanes of a step at once. When one fails the others are
// ended.
func sideBySide(ctx context.Context, p Planned, env Env, started time.Time, emit func(history.Event)) error {
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
		e.Command, e.AnyServer, e.Sessions, e.InService, e.Takeover, e.Version = c.Text, c.AnyServer, c.Sessions, c.InService, c.Takeover, c.Version
		if !c.Server.IsZero() {
			e.Server = c.Server.String()
		}
		emit(e)
	}
	answer := ""
	env.Answered = func(text string) { answer = text }
	env.Noted = func(text string) { emit(&history.Note{At: history.Since(started), Text: text}) }
	err := p.within(ctx, &env)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // the step did not fail: it was not let finish, and has no end
	}
	end := event(history.Ended)
	end.Answer = answer
	if err != nil {
		end.Error = err.Error()
	}
	emit(end)
	if err != nil {
		return &Error{Index: p.Index, Text: text, File: env.Scenario.File, Line: p.Pos.Line, Err: err}
	}
	return nil
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
	err := p.run.run(ctx, env)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			return fmt.Errorf("%w: %w", cause, err)
		}
	}
	return err
}
