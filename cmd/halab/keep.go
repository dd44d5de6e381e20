package main

import (
	"os"

	"github.com/spf13/cobra"

	"halab/internal/lab"
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

// keeper is the command line of the keeper: this very program.
func keeper() ([]string, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return []string{exe, keepName}, nil
}
