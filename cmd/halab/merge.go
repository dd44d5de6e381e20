package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"halab/internal/matrix"
	"halab/internal/report"
)

func (a *app) mergeCommand() *cobra.Command {
	var out string
	var json bool
	cmd := &cobra.Command{
		Use:   "merge DIR...",
		Short: "Put the shards of a matrix together",
		Long: `Put the results of the shards of a matrix together, as halab matrix --shard has
left them in each DIR, and write one report of all. The runs are taken into
--out: linked where it is on the same disk, else copied.

A cell that no DIR has is shown as not run. One that was run in several counts
once: what was lost in one run stays lost, and what was proved stays proved. The
exit code is that of the whole matrix.`,
		Example: `  halab merge shard-1 shard-2 shard-3 --out results
  halab merge shards/* --out results`,
		Args: takes(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.merge(args, out, json) },
	}
	cmd.Flags().StringVar(&out, "out", "", "directory for the results; made if it is missing, and otherwise empty")
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) merge(dirs []string, out string, json bool) error {
	if out == "" {
		return usagef("--out names the directory for the merged results")
	}
	if err := checkOut(out); err != nil {
		return err
	}
	var parts []matrix.Part
	for _, dir := range dirs {
		m, err := readMatrix(dir)
		if err != nil {
			return err
		}
		parts = append(parts, matrix.Part{Name: dir, Matrix: m})
	}
	m, from, err := matrix.Merge(parts)
	if err != nil {
		return usagef("merge: %w", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return outError(out, err)
	}
	for i := range m.Cells {
		if err := takeCell(out, &m.Cells[i], from[m.Cells[i].ID]); err != nil {
			return fmt.Errorf("merge cell %s: %w", m.Cells[i].ID, err)
		}
	}
	if err := report.WriteMatrix(out, m); err != nil {
		return err
	}
	if err := a.showMatrix(m, json, out); err != nil {
		return err
	}
	return told(matrixCode(m.Result))
}

func readMatrix(dir string) (*matrix.Matrix, error) {
	f, err := os.Open(filepath.Join(dir, report.MatrixJSONFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s holds no %s: it is not the directory of a matrix", dir, report.MatrixJSONFile)
	}
	if err != nil {
		return nil, usagef("%w", err)
	}
	defer f.Close()
	m, err := report.ReadMatrix(f)
	if err != nil {
		return nil, usagef("%s: %w", f.Name(), err)
	}
	return m, nil
}

// takeCell takes the run of a cell into out. Where it is comes from its id:
// a path in the file could lead anywhere.
func takeCell(out string, c *matrix.Cell, from *matrix.Part) error {
	had := c.Report != ""
	c.Dir, c.Report = "", ""
	if from == nil || !had {
		return nil
	}
	dir := filepath.Join(cellsDir, c.ID)
	source, err := os.OpenRoot(from.Name)
	if err != nil {
		return err
	}
	defer source.Close()
	err = fs.WalkDir(source.FS(), filepath.ToSlash(dir), func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.MkdirAll(filepath.Join(out, name), 0o755)
		case !e.Type().IsRegular():
			return nil
		}
		return take(source, from.Name, name, out)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // its reports were taken along without the runs
	}
	if err != nil {
		return err
	}
	c.Dir = filepath.ToSlash(dir)
	c.Report = c.Dir + "/" + report.HTMLFile
	return nil
}

// take links a file into out or, where that cannot be, copies it.
func take(source *os.Root, dir, name, out string) (err error) {
	target := filepath.Join(out, name)
	if os.Link(filepath.Join(dir, name), target) == nil {
		return nil
	}
	in, err := source.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return errors.Join(err, f.Close())
}
