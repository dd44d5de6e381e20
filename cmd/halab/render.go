package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"halab/internal/render"
	"halab/internal/scenario"
)

type renderFlags struct {
	plain, check, substitute, json bool
	out                            string
}

const renderLong = `Write the haproxy.cfg and the nginx configurations of a scenario, to standard
output one after the other, or as files with --out.

What the lab adds (its stats socket, its log) is marked '# lab'; --plain leaves it
out of haproxy.cfg. A lab starts HAProxy with one more file, which has the
first checks come at once; no reload reads it. What nginx is given is the lab's own
altogether: a scenario says only which page a server has. The ports are the
scenario's own, as in halab run --own-ports.

--check has every HAProxy of the scenario, also one that a step upgrades to, read
the configuration (haproxy -c) and prints its verdict alone: ok, or refused with
HAProxy's words. It exits with 2 if one refuses; nothing is written to --out then.`

func (a *app) renderCommand() *cobra.Command {
	var f renderFlags
	cmd := &cobra.Command{
		Use:   "render SCENARIO",
		Short: "Write haproxy.cfg and the nginx configurations",
		Long:  renderLong,
		Example: `  halab render blog-walkthrough --plain
  halab render my.yaml --out conf/ --check`,
		Args:              takes(cobra.ExactArgs(1)),
		ValidArgsFunction: completeScenario,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.render(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.plain, "plain", false, "leave out what the lab adds")
	flags.BoolVar(&f.check, "check", false, "have each HAProxy check the configuration, and print the verdicts alone")
	flags.BoolVar(&f.substitute, "substitute", false, "check with the nearest newer HAProxy where the scenario's cannot be had")
	flags.StringVar(&f.out, "out", "", "directory for the files; made if it is missing, and otherwise empty")
	jsonFlag(cmd, &f.json)
	return cmd
}

func (a *app) render(ctx context.Context, name string, f renderFlags) error {
	s, err := a.load(ctx, name)
	if err != nil {
		return err
	}
	if err := checkOut(f.out); err != nil {
		return err
	}
	dir := "/run/halab"
	if f.out != "" {
		if dir, err = filepath.Abs(f.out); err != nil {
			return err
		}
	}
	target := render.Target{Plain: f.plain, Dir: dir, Sockets: []string{filepath.Join(dir, "admin.sock")}}
	files, err := render.Render(s, target)
	if err != nil {
		return err
	}
	if f.check {
		if err := a.checkConfigs(ctx, s, target, f); err != nil || f.out == "" {
			return err
		}
	}
	all := rendered(s, files)
	if f.out != "" {
		if err := writeConfig(f.out, files); err != nil {
			return err
		}
		for i := range all {
			all[i] = configFile{Name: filepath.Join(f.out, all[i].Name)}
		}
	}
	if f.json {
		return a.json(all)
	}
	a.printConfig(all)
	return nil
}

// configFile is a configuration; without text where it was written to a file.
type configFile struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

// rendered are the configurations, HAProxy's first.
func rendered(s *scenario.Scenario, files render.Files) []configFile {
	out := []configFile{{"haproxy.cfg", string(files.HAProxy)}}
	for _, ref := range s.ServerRefs() {
		out = append(out, configFile{render.FileName(ref) + ".conf", string(files.Nginx[ref])})
	}
	return out
}

func (a *app) printConfig(all []configFile) {
	for i, file := range all {
		switch {
		case file.Text == "":
			a.print("%s\n", file.Name)
		case i == 0:
			a.print("%s", file.Text)
		default:
			a.print("\n# ---- %s ----\n\n%s", file.Name, file.Text)
		}
	}
}

func writeConfig(out string, files render.Files) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return outError(out, err)
	}
	return errors.Join(files.Write(out), files.WritePages(out))
}
