package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/upgrade"
)

// planned is a step of a plan: one that is carried out, or lanes of them, which
// run side by side or have a time limit together.
type planned struct {
	Index int    `json:"index,omitempty"` // from 1; none where there are lanes
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Of    string `json:"of,omitempty"` // the compound step that it belongs to
	// Timeout is that of the scenario; the kind has one of its own without.
	Timeout string      `json:"timeout,omitempty"`
	Lanes   [][]planned `json:"lanes,omitempty"`
}

func (a *app) planCommand() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "plan SCENARIO",
		Short: "Print the procedure as the simple steps that it consists of",
		Long: `Print the procedure of a scenario as the simple steps that it consists of:
rolling, canary, blue_green and repeat are written out, and what runs side by
side, or has a timeout together, stands indented below its step.`,
		Example:           `  halab plan rolling-upgrade`,
		Args:              takes(cobra.ExactArgs(1)),
		ValidArgsFunction: completeScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			plan, err := upgrade.Compile(s, s.Steps, 1)
			if err != nil {
				return err
			}
			back, err := upgrade.Compile(s, s.OnFailure, plan.Size()+1)
			if err != nil {
				return err
			}
			if json {
				return a.json(map[string]any{"scenario": s.Name, "steps": stepsOf(plan), "on_failure": stepsOf(back)})
			}
			a.plan(plan, 0)
			if len(back) == 0 {
				return nil
			}
			a.print("when a step fails:\n")
			a.plan(back, 0)
			return nil
		},
	}
	jsonFlag(cmd, &json)
	return cmd
}

// stepsOf is a plan for machines.
func stepsOf(plan upgrade.Plan) []planned {
	out := []planned{}
	for _, p := range plan {
		one := planned{Index: p.Index, Kind: p.Kind, Text: p.Text, Of: p.Of}
		if p.Timeout > 0 {
			one.Timeout = p.Timeout.String()
		}
		for _, lane := range p.Lanes {
			one.Lanes = append(one.Lanes, stepsOf(lane))
		}
		out = append(out, one)
	}
	return out
}

// plan prints the steps, a compound one as a heading over those that it
// stands for.
func (a *app) plan(plan upgrade.Plan, depth int) {
	of := ""
	for _, p := range plan {
		indent := strings.Repeat("  ", depth)
		if p.Of != of && p.Of != "" && depth == 0 {
			a.print("%s%s\n", indent, p.Of)
		}
		of = p.Of
		if of != "" && depth == 0 {
			indent += "  "
		}
		bound := ""
		if p.Timeout > 0 {
			bound = fmt.Sprintf(" (timeout: %s)", p.Timeout)
		}
		if p.Lanes == nil {
			a.print("%s%3d  %s%s\n", indent, p.Index, p.Text, bound)
			continue
		}
		for i, lane := range p.Lanes {
			heading := fmt.Sprintf("%s, side by side: %d of %d", p.Kind, i+1, len(p.Lanes))
			if len(p.Lanes) == 1 {
				heading = p.Text
			}
			a.print("%s%s%s\n", indent, heading, bound)
			a.plan(lane, depth+1)
		}
	}
}
