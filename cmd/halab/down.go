package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"halab/internal/lab"
)

// downed is what down did.
type downed struct {
	Removed []string `json:"removed"`
	Left    []string `json:"left"` // their halab still runs
}

func (a *app) downCommand() *cobra.Command {
	var all, json bool
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
			d := downed{[]string{}, []string{}}
			err := a.downs(cmd.Context(), args, all, json, &d)
			if json {
				err = errors.Join(err, a.json(d))
			}
			return err
		},
	}
	jsonFlag(cmd, &json)
	cmd.Flags().BoolVar(&all, "all", false, "remove every lab")
	return cmd
}

// downs removes the labs that are named, by their name or as all.
func (a *app) downs(ctx context.Context, args []string, all, json bool, d *downed) error {
	if all {
		return a.downAll(ctx, json, d)
	}
	rec, err := openRecord(args)
	if err != nil {
		return err
	}
	if rec.Owned() {
		d.Left = append(d.Left, rec.Name)
		return usagef("lab %s belongs to a halab that still runs: end that one (Ctrl-C), and the lab goes with it", rec.Name)
	}
	return a.down(ctx, rec, json, d)
}

func (a *app) down(ctx context.Context, rec *lab.Record, json bool, d *downed) error {
	defer a.ui.wait("removing " + rec.Name)()
	if err := a.removeLab(ctx, rec); err != nil {
		return err
	}
	d.Removed = append(d.Removed, rec.Name)
	if !json {
		a.print("removed %s\n", rec.Name)
	}
	return nil
}

func (a *app) downAll(ctx context.Context, json bool, d *downed) error {
	records, err := a.listLabs()
	if err != nil {
		return err
	}
	if len(records) == 0 {
		a.say("no lab runs")
	}
	var errs []error
	for _, rec := range records {
		if rec.Owned() {
			d.Left = append(d.Left, rec.Name)
			a.say("%s is left: the halab that made it still runs", rec.Name)
			continue
		}
		errs = append(errs, a.down(ctx, rec, json, d))
	}
	return errors.Join(errs...)
}
