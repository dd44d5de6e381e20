package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/report"
)

// finding is what doctor says of one thing.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"` // without it no lab can run
	Text   string `json:"text"`
	Mend   string `json:"mend,omitempty"` // the one command that helps, or shows what is in the way
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
	said := map[string]bool{} // a command that mends several things is one
	for _, f := range all {
		word, style := "ok", report.Good
		if !f.OK {
			word, style = "missing", report.Doubt
		}
		row := tableIn(a.width(), [][]string{{fmt.Sprintf("%-7s", word), fmt.Sprintf("%-16s", f.Name), f.Text}})
		a.print("%s", strings.Replace(row, word, a.paintOut(style, word), 1))
		if f.Mend != "" && !said[f.Mend] {
			a.print("%27s→ %s\n", "", f.Mend)
			said[f.Mend] = true
		}
	}
	if code == codePass {
		a.print("\nA lab can run here: halab run blog-walkthrough --substitute\n")
	} else {
		a.print("\nNo lab can run here yet.\n")
	}
	return told(code)
}
