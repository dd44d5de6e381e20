package main

import "github.com/spf13/cobra"

func (a *app) verifyCommand() *cobra.Command {
	var json, noExpectVerdict bool
	cmd := &cobra.Command{
		Use:   "verify HISTORY",
		Short: "Judge a recorded run again",
		Long: `Judge a recorded run again, without a lab. HISTORY is a history.jsonl or the
directory of a run. A history that was cut short is judged as far as it goes.
The exit code is that of run: 0 when the verdict is the one that the scenario
must have, and with --no-expect-verdict that of the verdict itself.`,
		Example: `  halab verify results/history.jsonl
  halab verify results/ --no-expect-verdict`,
		Args: takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, v, err := judgeNamed(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if noExpectVerdict {
				v.Unexpect()
			}
			if err := a.show(v, json); err != nil {
				return err
			}
			return told(verdictCode(v))
		},
	}
	cmd.Flags().BoolVar(&noExpectVerdict, "no-expect-verdict", false, "exit with the code of the verdict itself")
	jsonFlag(cmd, &json)
	return cmd
}
