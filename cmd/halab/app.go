package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// app is what every command shares.
type app struct {
	stdin  io.Reader
	stdout *output
	ui     *console // standard error

	entered *enterKey // once somebody has asked for it
}

// output is standard output. It remembers a write that failed, so that a full
// disk or a closed pipe is no success, and has what is shown of a wait
// removed first.
type output struct {
	io.Writer
	ui  *console
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.ui.endWait()
	n, err := o.Writer.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

const rootLong = `halab rehearses an upgrade behind HAProxy: it brings real HAProxy and nginx up
from a YAML scenario, carries the procedure out on them under traffic, and says
whether a request was lost, with the evidence.

A SCENARIO is a file, or the name of one that ships (halab scenarios). A LAB is
the name that halab up printed; with a single lab running it can be left out.
The result goes to standard output, what is told along the way to standard
error. Exit codes:

  0  PASS, or the verdict that the scenario says it must have
  1  FAIL: a request was lost, or something expected did not hold
  2  the command line or the scenario is wrong; nothing was started
  3  it could not be run (no engine, no such version, port taken, interrupted)
  4  INCONCLUSIVE: it ran, but proves nothing`

// root is the command without a name: every other one hangs on it.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "halab COMMAND",
		Short: "Prove that an upgrade behind HAProxy loses no request",
		Long:  rootLong,
		Example: `  halab run blog-walkthrough      rehearse the walkthrough and judge it
  halab up blog-walkthrough       a lab that stays, to flip servers by hand
  halab doctor                    what this machine can run`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.Version = buildInfo().String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetHelpCommand(helpCommand())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w (see %s --help)", err, cmd.CommandPath())
	})
	root.AddCommand(
		a.askCommand(),
		a.calibrateCommand(),
		a.doctorCommand(),
		a.downCommand(),
		a.drainCommand(),
		a.gcCommand(),
		a.keepCommand(),
		a.logsCommand(),
		a.maintCommand(),
		a.matrixCommand(),
		a.mergeCommand(),
		a.mutateCommand(),
		a.planCommand(),
		a.readyCommand(),
		a.renderCommand(),
		a.reportCommand(),
		a.runCommand(),
		a.scenariosCommand(),
		a.schemaCommand(),
		a.softwareCommand(),
		a.statusCommand(),
		a.upCommand(),
		a.validateCommand(),
		a.verifyCommand(),
		a.versionCommand(),
		a.watchCommand(),
		a.weightCommand(),
	)
	return root
}

// helpCommand is cobra's own, but that a command which is not there is a
// mistake.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, _, err := cmd.Root().Find(args)
			if err != nil || about == cmd.Root() && len(args) > 0 {
				return unknownCommand(cmd.Root(), args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			for _, c := range cmd.Root().Commands() {
				if len(args) == 0 && c.IsAvailableCommand() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// unknownCommand refuses the arguments of the root, which takes none: they
// are no command.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("there is no command %q", args[0])
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("%s (halab --help lists them)", text)
}

// takes has a wrong number of arguments told with what the command takes.
func takes(n cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := n(cmd, args); err != nil {
			return usagef("%w; usage: %s", err, cmd.UseLine())
		}
		return nil
	}
}

// say writes a line of narration.
func (a *app) say(format string, args ...any) { a.ui.line(fmt.Sprintf(format, args...)) }

// print writes a part of the result; output remembers what goes wrong.
func (a *app) print(format string, args ...any) { fmt.Fprintf(a.stdout, format, args...) }
