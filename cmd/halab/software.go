package main

import (
	"context"

	"github.com/spf13/cobra"

	"halab/internal/lab/container"
	"halab/internal/software"
)

// offer is a version that can be had.
type offer struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Source  string `json:"source"`
	Here    bool   `json:"here"`
}

// fetched is what fetch got.
type fetched struct {
	Name       string   `json:"name"`
	Asked      string   `json:"asked"`
	Got        string   `json:"got"`
	Source     string   `json:"source"`
	Substitute bool     `json:"substitute"`
	Argv       []string `json:"argv"`
	Image      string   `json:"image,omitempty"`
}

func (a *app) softwareCommand() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "software",
		Short: "List the HAProxy and nginx versions that can be had, and get them",
		Long: `List the HAProxy and nginx versions that can be had on this machine, and from
where: an executable on PATH, Debian's package of it (unpacked into the user's
cache, not installed), or an image on the container engine. What only a registry
might have is not listed; a run asks it.`,
		Example: `  halab software
  halab software fetch nginx:1.18.0`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listSoftware(cmd.Context(), json) },
	}
	cmd.PersistentFlags().BoolVar(&json, "json", false, "print the result as JSON")
	cmd.AddCommand(
		a.softwareFetchCommand(&json),
		&cobra.Command{
			Use:   "list",
			Short: "List the versions that can be had",
			Args:  takes(cobra.NoArgs),
			RunE:  func(cmd *cobra.Command, _ []string) error { return a.listSoftware(cmd.Context(), json) },
		},
	)
	return cmd
}

func (a *app) softwareFetchCommand(json *bool) *cobra.Command {
	var substitute bool
	cmd := &cobra.Command{
		Use:   "fetch NAME:VERSION",
		Short: "Get a version into the cache",
		Long: `Get a version into the user's cache, so that runs need no network: Debian's
package of it, or where no suite has it and there is an engine, its image.`,
		Example: `  halab software fetch nginx:1.18.0
  halab software fetch haproxy:2.6`,
		Args: takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.fetchSoftware(cmd.Context(), args[0], substitute, *json)
		},
	}
	cmd.Flags().BoolVar(&substitute, "substitute", false, "take the nearest newer version where this one cannot be had")
	return cmd
}

// resolver looks for software, on the engine too where one answers.
func (a *app) resolver(ctx context.Context, o software.Options) *software.Resolver {
	if engine := container.New(); engine.Ping(ctx) == nil {
		o.Engine = engine
		if apart, err := own(askName); err == nil {
			o.Engine = container.Apart{Runtime: engine, Command: apart}
		}
	}
	o.Progress = func(line string) { a.say("%s", line) }
	return software.New(o)
}

func (a *app) listSoftware(ctx context.Context, json bool) error {
	defer a.ui.wait("asking the programs for their versions")()
	var all []offer
	rows := [][]string{{"NAME", "VERSION", "HERE", "FROM"}}
	for _, o := range a.resolver(ctx, software.Options{}).Available(ctx) {
		one := offer{o.Name, o.Version.String(), o.Source, o.Here}
		all = append(all, one)
		here, version := "yes", one.Version
		if !one.Here {
			here = "no"
		}
		if o.Version.Branch {
			version += ".x"
		}
		rows = append(rows, []string{one.Name, version, here, one.Source})
	}
	a.ui.endWait()
	if json {
		return a.json(all)
	}
	a.print("%s", tableIn(a.width(), rows))
	return nil
}

func (a *app) fetchSoftware(ctx context.Context, name string, substitute, json bool) error {
	want, err := software.ParseWant(name)
	if err != nil {
		return &usageError{err}
	}
	defer a.ui.wait("getting " + name)()
	p, err := a.resolver(ctx, software.Options{Substitute: substitute}).Fetch(ctx, want)
	if err != nil {
		return err
	}
	a.ui.endWait()
	if json {
		return a.json(fetched{p.Name, p.Asked.String(), p.Got.String(), p.Source, p.Substitute, p.Argv, p.Image})
	}
	a.print("%s %s from %s", p.Name, p.Got, p.Source)
	if p.Substitute {
		a.print(", in place of %s", p.Asked)
	}
	a.print("\n")
	return nil
}
