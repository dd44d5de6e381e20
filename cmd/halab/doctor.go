package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// finding is what doctor says of one thing.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"` // without it no lab can run
	Text   string `json:"text"`
	Mend   string `json:"mend,omitempty"` // the one command that helps
}

func (a *app) doctorCommand() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can run, and what is missing",
		Long: `Say what this machine can run, and for what is missing the one command that mends
it. Exit code 0 if a lab can run here, 3 if none can.`,
		Example: "  halab doctor",
		Args:    takes(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), json) },
	}
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) doctor(ctx context.Context, json bool) error {
	end := a.ui.wait("looking at this machine")
	all := diagnose(ctx)
	end()
	code := codePass
	for _, f := range all {
		if !f.OK && f.Needed {
			code = codeLab
		}
	}
	if json {
		return errors.Join(a.json(all), told(code))
	}
	for _, f := range all {
		word := a.paintOut(green, "ok     ")
		if !f.OK {
			word = a.paintOut(yellow, "missing")
		}
		a.print("%s  %-16s  %s\n", word, f.Name, f.Text)
		if f.Mend != "" {
			a.print("%27s→ %s\n", "", f.Mend)
		}
	}
	if code == codePass {
		a.print("\nA lab can run here: halab run blog-walkthrough --substitute\n")
	} else {
		a.print("\nNo lab can run here yet.\n")
	}
	return told(code)
}
