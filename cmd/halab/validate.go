package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"halab/internal/scenario"
)

// validated is what validate says of one file.
type validated struct {
	File     string    `json:"file"`
	Valid    bool      `json:"valid"`
	Scenario string    `json:"scenario,omitempty"`
	Mistakes []mistake `json:"mistakes"`
}

// mistake is a scenario.Error with the names of JSON.
type mistake struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Width   int    `json:"width"`
	Source  string `json:"source"`
	Message string `json:"message"`
	Want    string `json:"expected,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

func (a *app) validateCommand() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check scenarios, and show every mistake with its line",
		Long: `Check scenarios without starting anything. Every mistake is shown with
file:line:column, the line underlined, what was expected and what was probably
meant. - is standard input. Exit code 2 if there is a mistake.`,
		Example: `  halab validate scenarios/*.yaml
  halab validate - < my.yaml`,
		Args:              takes(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeScenario,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.validate(cmd.Context(), args, json) },
	}
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) validate(ctx context.Context, names []string, json bool) error {
	var all []validated
	code := codePass
	for _, name := range names {
		s, err := a.load(ctx, name)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r := validated{File: name, Valid: err == nil, Mistakes: []mistake{}}
		var wrong scenario.Errors
		switch {
		case err == nil:
			r.Scenario = s.Name
		case errors.As(err, &wrong):
			for _, e := range wrong {
				r.Mistakes = append(r.Mistakes, mistake{e.Line, e.Col, e.Width, e.Source, e.Msg, e.Want, e.Hint})
			}
		default:
			r.Mistakes = append(r.Mistakes, mistake{Message: err.Error()})
		}
		if err != nil {
			code = codeUsage
		}
		all = append(all, r)
		if !json {
			a.sayValid(r, wrong, err)
		}
	}
	if json {
		if err := a.json(all); err != nil {
			return err
		}
	}
	return told(code)
}

// sayValid prints what is right or wrong with one file: the mistakes are the
// result.
func (a *app) sayValid(r validated, wrong scenario.Errors, err error) {
	switch {
	case r.Valid:
		a.print("%s: valid (%s)\n", r.File, r.Scenario)
	case wrong != nil:
		a.print("%s", wrong.Pretty())
		a.print("%s: %s\n", r.File, counted(len(wrong), "mistake"))
	default:
		a.print("%s: %v\n", r.File, err)
	}
}
