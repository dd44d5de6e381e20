package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/scenarios"
)

// stdinName stands for standard input where a scenario is named.
const stdinName = "-"

// load reads a scenario: a file, the name of one that ships, or standard
// input.
func (a *app) load(name string) (*scenario.Scenario, error) {
	if name == stdinName {
		return parseFrom("standard input", a.stdin)
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "/.") {
		return loadShipped(name)
	}
	if err != nil {
		return nil, usagef("read the scenario: %w", err)
	}
	defer f.Close()
	return parseFrom(name, f)
}

// parseFrom reads one byte more than a scenario may have: enough for Parse to
// refuse it.
func parseFrom(name string, r io.Reader) (*scenario.Scenario, error) {
	data, err := io.ReadAll(io.LimitReader(r, 1<<20+1))
	if err != nil {
		return nil, usagef("read the scenario: %w", err)
	}
	return scenario.Parse(name, data, upgrade.Kinds())
}

func loadShipped(name string) (*scenario.Scenario, error) {
	data, err := scenarios.Read(name)
	if err != nil {
		return nil, usagef("no file and no scenario that ships is named %q; there are: %s", name, strings.Join(scenarios.Names(), ", "))
	}
	return parseFrom(name+".yaml", bytes.NewReader(data))
}

// loadAll reads several scenarios. What is wrong with any of them is told.
func (a *app) loadAll(names []string) ([]*scenario.Scenario, error) {
	var out []*scenario.Scenario
	code := codePass
	for _, name := range names {
		s, err := a.load(name)
		if err != nil {
			a.tell(err)
			code = exitCode(err)
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
