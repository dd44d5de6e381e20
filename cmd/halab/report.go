package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/report"
)

func (a *app) reportCommand() *cobra.Command {
	var out string
	var json bool
	cmd := &cobra.Command{
		Use:   "report HISTORY",
		Short: "Write the reports of a recorded run again",
		Long: `Write the reports of a recorded run again: report.json, junit.xml, summary.md
and report.html. HISTORY is a history.jsonl or the directory of a run. They go
beside it, in place of those that are there, unless --out names a directory.
The exit code does not depend on the verdict.`,
		Example: `  halab report results/
  halab report results/history.jsonl --out again/`,
		Args: takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return a.report(cmd.Context(), args[0], out, json) },
	}
	cmd.Flags().StringVar(&out, "out", "", "directory for the reports; made if it is missing")
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) report(ctx context.Context, name, out string, json bool) error {
	path, v, err := judgeNamed(ctx, name)
	if err != nil {
		return err
	}
	if out == "" {
		out = filepath.Dir(path)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return outError(out, err)
	}
	if err := report.Write(out, v, path); err != nil {
		return err
	}
	var files []string
	for _, file := range []string{report.JSONFile, report.JUnitFile, report.MarkdownFile, report.HTMLFile} {
		files = append(files, filepath.Join(out, file))
	}
	if json {
		return a.json(map[string]any{"verdict": v.Result, "files": files})
	}
	a.print("%s\n", strings.Join(files, "\n"))
	return nil
}
