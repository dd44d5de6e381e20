package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/internal/verify"
	"halab/scenarios"
)

// stdinName stands for standard input where a scenario is named.
const stdinName = "-"

// load reads a scenario: a file, the name of one that ships, or standard
// input.
func (a *app) load(ctx context.Context, name string) (*scenario.Scenario, error) {
	return await(ctx, func() (*scenario.Scenario, error) { return a.read(name) })
}

// await waits for something that does not look at a context, such as a read
// from a pipe, until ctx ends. What was begun then goes on until halab ends.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

func (a *app) read(name string) (*scenario.Scenario, error) {
	if name == stdinName {
		return parseFrom("standard input", a.stdin)
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "/.") {
		return loadShipped(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if meant := meantScenario(strings.TrimSuffix(filepath.Base(name), ".yaml")); meant != "" {
			return nil, usagef("read the scenario: %w; %sit ships, and has no file", err, meant)
		}
	}
	if err != nil {
		return nil, usagef("read the scenario: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		if errs := scenario.TooLarge(name, info.Size()); errs != nil {
			return nil, errs
		}
	}
	return parseFrom(name, f)
}

// parseFrom reads one byte more than a scenario may have: enough for Parse to
// refuse it.
func parseFrom(name string, r io.Reader) (*scenario.Scenario, error) {
	data, err := io.ReadAll(io.LimitReader(r, scenario.MaxFile+1))
	if err != nil {
		return nil, usagef("read the scenario: %w", err)
	}
	if errs := haproxyCfg(name, data); errs != nil {
		return nil, errs
	}
	s, err := scenario.Parse(name, data, upgrade.Kinds())
	if err != nil {
		return nil, err
	}
	if mistakes := append(upgrade.CheckOrder(s), knownCauses(s)...); len(mistakes) > 0 {
		return nil, mistakes
	}
	return s, nil
}

// knownCauses refuses a scenario that expects a cause which no verdict names.
func knownCauses(s *scenario.Scenario) scenario.Errors {
	i := verify.UnknownCause(s)
	if i < 0 {
		return nil
	}
	pos, _ := s.PosOf(fmt.Sprintf("expect.causes[%d]", i))
	return scenario.Errors{s.Mistake(pos, fmt.Sprintf("no verdict names a cause %q", s.Expect.Causes[i]), "one of "+strings.Join(verify.CauseNames(), ", "))}
}

func loadShipped(name string) (*scenario.Scenario, error) {
	data, err := scenarios.Read(name)
	if err != nil {
		return nil, usagef("no file and no scenario that ships is named %q; %sthere are: %s", name, meantScenario(name), strings.Join(scenarios.Names(), ", "))
	}
	return parseFrom(name+".yaml", bytes.NewReader(data))
}

// meantScenario asks for the scenario that ships and has about this name; ""
// where none has.
func meantScenario(name string) string {
	near := scenario.Suggest(name, scenarios.Names())
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q? ", near)
}

// loadAll reads several scenarios. What is wrong with any of them is told.
func (a *app) loadAll(ctx context.Context, names []string) ([]*scenario.Scenario, error) {
	var out []*scenario.Scenario
	code := codePass
	for _, name := range names {
		s, err := a.load(ctx, name)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			a.tell(err)
			code = gravest(code, exitCode(err))
		}
		out = append(out, s)
	}
	return out, told(code)
}

// parse reads the scenario that a history or a record carries.
func parse(file, text string) (*scenario.Scenario, error) {
	return scenario.Parse(file, []byte(text), upgrade.Kinds())
}

// completeScenario offers the scenarios that ship, and files.
func completeScenario(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return scenarios.Names(), cobra.ShellCompDirectiveDefault
}
