package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"halab/internal/lab"
	"halab/internal/lab/ports"
	"halab/internal/lab/process"
	"halab/internal/rehearse"
	"halab/internal/scenario"
	"halab/internal/software"
)

// labFlags say how a lab is to run; run and up have them.
type labFlags struct {
	runtime    string
	substitute bool
	publish    []string
	ownPorts   bool
	statsTCP   bool
	name       string
}

func (f *labFlags) add(cmd *cobra.Command) {
	f.addPrograms(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.publish, "publish", nil, "`[FRONTEND=]PORT`: the port on 127.0.0.1 for a frontend (the one that\ngets the traffic unless named); it must be free. May be repeated")
	flags.BoolVar(&f.ownPorts, "own-ports", false, "use the scenario's own ports wherever they can be had")
	flags.BoolVar(&f.statsTCP, "stats-tcp", false, "open the stats socket, level admin, on a port of 127.0.0.1 too: every user of\nthis machine can administer that HAProxy then")
	flags.StringVar(&f.name, "name", "", "name of the lab; made from the scenario's name unless given")
}

// addPrograms adds the flags that say where programs come from and run.
func (f *labFlags) addPrograms(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.runtime, "runtime", "auto", "where HAProxy and nginx run: process, container, or auto, which takes\ncontainers when an engine answers and can provide the versions")
	flags.BoolVar(&f.substitute, "substitute", false, "take the nearest newer version where one cannot be had, and say so")
	_ = cmd.RegisterFlagCompletionFunc("runtime", cobra.FixedCompletions(rehearse.Runtimes(), cobra.ShellCompDirectiveNoFileComp))
}

// labName is what a lab may be called: it is part of a file's name.
var labName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$`)

// check refuses flags that are wrong for these scenarios, and what could not be
// had anyway, before anything is looked for.
func (f *labFlags) check(all []*scenario.Scenario) error {
	if err := rehearse.CheckRuntime(f.runtime); err != nil {
		return usagef("--runtime: %w", err)
	}
	if f.name != "" && !labName.MatchString(f.name) {
		return usagef("--name %q: a name has letters, digits, - _ and ., begins with a letter or digit, and has at most 80", f.name)
	}
	if f.name != "" && len(all) > 1 {
		return usagef("--name names one lab, and there are %d scenarios", len(all))
	}
	for _, s := range all {
		published, err := f.ports(s)
		if err == nil {
			err = f.free(published)
		}
		if err != nil {
			return err
		}
	}
	state, err := lab.StateDir()
	if err != nil {
		return err
	}
	return errors.Join(lab.CheckTempDir(), lab.CheckFree(state, f.name))
}

// free tells whether the published ports can be had now. What an engine may
// listen on and this user may not, is the engine's to say.
func (f *labFlags) free(published map[string]int) error {
	choose := &ports.Chooser{Engine: f.runtime != process.New().Name()}
	defer choose.Close()
	for frontend, port := range sorted(published) {
		_, err := choose.Frontend(frontend, "", published)
		taken, ok := errors.AsType[*ports.Error](err)
		if !ok {
			continue // it can be had
		}
		why := taken.Why()
		if errors.Is(taken, syscall.EADDRINUSE) {
			why = "something else listens on " + taken.Address
		}
		return fmt.Errorf("--publish %d: %s (name another port, or leave it out)", port, why)
	}
	return nil
}

// ports reads --publish for this scenario.
func (f *labFlags) ports(s *scenario.Scenario) (map[string]int, error) {
	out := map[string]int{}
	for _, text := range f.publish {
		frontend, port, named := strings.Cut(text, "=")
		if !named {
			frontend, port = s.TrafficFrontend().Name, text
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return nil, usagef("--publish %s: want [FRONTEND=]PORT with a port from 1 to 65535", text)
		}
		var names []string
		for _, fe := range s.Frontends {
			names = append(names, fe.Name)
		}
		if !slices.Contains(names, frontend) {
			return nil, usagef("--publish %q: %s has no frontend %q; there is %s", text, s.Name, frontend, strings.Join(names, ", "))
		}
		if _, twice := out[frontend]; twice {
			return nil, usagef("--publish: frontend %s is named twice", frontend)
		}
		for other, taken := range sorted(out) {
			if taken == int(n) {
				return nil, usagef("--publish: frontends %s and %s cannot both have port %d", other, frontend, n)
			}
		}
		out[frontend] = int(n)
	}
	return out, nil
}

// options are those of the lab of this scenario.
func (f *labFlags) options(a *app, s *scenario.Scenario) (lab.Options, error) {
	keep, err := keeper()
	if err != nil {
		return lab.Options{}, err
	}
	publish, err := f.ports(s)
	return lab.Options{Name: f.name, Keeper: keep, Publish: publish, OwnPorts: f.ownPorts, StatsTCP: f.statsTCP,
		Tell: func(line string) {
			a.say("%s", line)
			a.ui.wait("waiting for the lab to be ready")
		}}, err
}

// chooser finds runtimes and programs for as many scenarios as there are.
func (f *labFlags) chooser(a *app) *rehearse.Chooser {
	apart, _ := own(askName) // without it this very process asks the images
	return rehearse.NewChooser(software.Options{Substitute: f.substitute, Progress: func(line string) { a.say("%s", line) }}, apart)
}

// choose finds a runtime and the programs for one scenario.
func (f *labFlags) choose(ctx context.Context, a *app, c *rehearse.Chooser, s *scenario.Scenario) (rehearse.Choice, error) {
	defer a.ui.wait("looking for HAProxy " + s.HAProxy.Version + " and nginx")()
	return c.Choose(ctx, s, f.runtime)
}
