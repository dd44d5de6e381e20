package main

import (
	"os"

	"github.com/spf13/cobra"

	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/rehearse"
)

// keepName is the hidden command that removes a lab whose halab is gone.
const keepName = "__keep"

func (a *app) keepCommand() *cobra.Command {
	return &cobra.Command{
		Use: keepName + " RECORD", Hidden: true, Args: takes(cobra.ExactArgs(1)),
		Short: "Remove a lab once its halab is gone",
		RunE: func(_ *cobra.Command, args []string) error {
			return lab.Keep(a.stdin, a.stdout, args[0], rehearse.Runtime)
		},
	}
}

// askName is the hidden command that asks an image for a version, apart from
// the halab that wants to know.
const askName = "__ask"

func (a *app) askCommand() *cobra.Command {
	return &cobra.Command{
		Use: askName + " IMAGE WORD...", Hidden: true, Args: takes(cobra.MinimumNArgs(2)),
		Short:              "Run a command in a container of an image, and remove it",
		DisableFlagParsing: true, // they are the command's
		RunE: func(cmd *cobra.Command, args []string) error {
			return container.RunApart(cmd.Context(), a.stdin, a.stdout, args[0], args[1:])
		},
	}
}

// own is a command line of this very program.
func own(name string) ([]string, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return []string{exe, name}, nil
}

// keeper is the command line of the keeper.
func keeper() ([]string, error) { return own(keepName) }
