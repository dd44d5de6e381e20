package main

import (
	"github.com/spf13/cobra"

	"halab/internal/report"
	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// schemas makes each JSON Schema, by the name of what it is of.
func schemas() map[string]func() ([]byte, error) {
	return map[string]func() ([]byte, error){
		"matrix":   report.MatrixSchema,
		"report":   report.Schema,
		"scenario": func() ([]byte, error) { return scenario.Schema(upgrade.Kinds()) },
	}
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [scenario|report|matrix]",
		Short: "Print the JSON Schema of scenarios, for editors, or of report.json or matrix.json",
		Long: `Print the JSON Schema (2020-12) of a scenario. With it an editor completes a
scenario and underlines mistakes while it is written. With report or
matrix, that of report.json or matrix.json.`,
		Example: `  halab schema > halab.schema.json
  # and in the first line of a scenario:
  # yaml-language-server: $schema=halab.schema.json
  halab schema report`,
		Args:      takes(cobra.MaximumNArgs(1)),
		ValidArgs: []string{"matrix", "report", "scenario"},
		RunE: func(_ *cobra.Command, args []string) error {
			name := "scenario"
			if len(args) == 1 {
				name = args[0]
			}
			schemaOf, ok := schemas()[name]
			if !ok {
				return usagef("there is no schema of %q: want scenario, report or matrix", name)
			}
			schema, err := schemaOf()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(schema)
			return err
		},
	}
}
