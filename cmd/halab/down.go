package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"halab/internal/lab"
)

func (a *app) downCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "down [LAB]",
		Short: "Remove a lab",
		Long: `Remove a lab: its processes or containers, its directory and its record. With a
single lab its name can be left out. A lab whose halab still runs is left to it:
end that one.`,
		Example: `  halab down
  halab down blog-walkthrough-1a2b3c
  halab down --all`,
		Args:              takes(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeLab(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all && len(args) > 0 {
				return usagef("down takes a LAB or --all, not both")
			}
			if all {
				return a.downAll(cmd.Context())
			}
			rec, err := openRecord(args)
			if err != nil {
				return err
			}
			return a.down(cmd.Context(), rec)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "remove every lab")
	return cmd
}

func (a *app) down(ctx context.Context, rec *lab.Record) error {
	if rec.Owned() {
		return usagef("lab %s belongs to a halab that still runs: end that one (Ctrl-C), and the lab goes with it", rec.Name)
	}
	defer a.ui.wait("removing " + rec.Name)()
	if err := removeLab(ctx, rec); err != nil {
		return err
	}
	a.print("removed %s\n", rec.Name)
	return nil
}

func (a *app) downAll(ctx context.Context) error {
	records, err := listLabs()
	if err != nil {
		return err
	}
	if len(records) == 0 {
		a.say("no lab runs")
	}
	var errs []error
	for _, rec := range records {
		if rec.Owned() {
			a.say("%s is left: the halab that made it still runs", rec.Name)
			continue
		}
		errs = append(errs, a.down(ctx, rec))
	}
	return errors.Join(errs...)
}
