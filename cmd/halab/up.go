package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/scenario"
)

const upLong = `Bring a scenario's lab up and leave it running: HAProxy and the servers, without
traffic and steps. It stays until halab down removes it. What is printed says
how to look at it and how to flip its servers: with HATop, or with halab maint
and its like, while halab watch shows who answers.`

func (a *app) upCommand() *cobra.Command {
	var f labFlags
	var json bool
	cmd := &cobra.Command{
		Use:   "up SCENARIO",
		Short: "Bring a lab up that stays",
		Long:  upLong,
		Example: `  halab up blog-walkthrough
  halab up blog-walkthrough --name try --publish 8080`,
		Args:              takes(cobra.ExactArgs(1)),
		ValidArgsFunction: completeScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := a.up(cmd.Context(), args[0], f, json)
			if err != nil && json {
				err = errors.Join(err, a.json(map[string]any{"scenario": args[0], "state": nil, "error": err.Error()}))
			}
			return err
		},
	}
	f.add(cmd)
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) up(ctx context.Context, name string, f labFlags, json bool) error {
	s, err := a.load(ctx, name)
	if err != nil {
		return err
	}
	if err := f.check([]*scenario.Scenario{s}); err != nil {
		return err
	}
	options, err := f.options(a, s)
	if err != nil {
		return err
	}
	options.Stay = true
	choice, err := f.choose(ctx, a, f.chooser(a), s)
	if err != nil {
		return err
	}
	a.say("%s", describe(choice, s))
	l, err := choice.Start(ctx, s, options)
	a.ui.endWait()
	if err != nil {
		return err
	}
	if ctx.Err() != nil { // Ctrl-C came while it got ready
		return errors.Join(ctx.Err(), l.Close())
	}
	if err := l.Release(); err != nil {
		return errors.Join(err, l.Close())
	}
	if json {
		status := a.status(ctx, l.Record)
		status.State = stateUp // as it will be once this halab has ended
		return a.json(status)
	}
	a.print("%s", guide(l.Record, s))
	return nil
}

// guide says what a person can do with a lab.
func guide(rec *lab.Record, s *scenario.Scenario) string {
	rows := [][]string{{"lab", rec.Name + " (" + rec.Runtime + ")"}}
	for _, fe := range s.Frontends {
		at := rec.Frontends[fe.Name]
		rows = append(rows, []string{"frontend " + fe.Name, link(at) + fellBack(rec, at)})
		if address, ok := rec.SSL[fe.Name]; ok {
			rows = append(rows, []string{"over TLS", "https://" + address + "/   (curl --cacert " + quote(filepath.Join(rec.Dir, lab.CAFile)) + ")" + fellBack(rec, address)})
		}
	}
	server := flipped(s)
	name := shortName(s, server)
	rows = append(rows,
		[]string{"who answers", "halab watch " + rec.Name},
		[]string{"maintenance", "halab maint " + name + " " + rec.Name},
		[]string{"and back", "halab ready " + name + " " + rec.Name},
		[]string{"HATop", "hatop -s " + quote(rec.Admin) + "   (select " + server.Server + ", F10; F9 is back)"},
		[]string{"remove", "halab down " + rec.Name},
	)
	return table(rows)
}

// fellBack says which port of the scenario the address stands in for, and why;
// nothing where --own-ports was not given, or was met.
func fellBack(rec *lab.Record, address string) string {
	for _, note := range rec.Notes {
		if why, ok := strings.CutSuffix(note, "; "+address+" is used instead"); ok {
			_, why, _ = strings.Cut(why, ": ") // the row names the frontend
			return "   (" + why + ")"
		}
	}
	return ""
}

// shortName is what a command takes for a server: its name alone, or in full
// where another backend has one of that name.
func shortName(s *scenario.Scenario, server haproxy.ServerRef) string {
	for _, ref := range s.ServerRefs() {
		if ref != server && ref.Server == server.Server {
			return server.String()
		}
	}
	return server.Server
}

// flipped is the server whose maintenance teaches most: the first active one
// of a backend that has another to take over.
func flipped(s *scenario.Scenario) haproxy.ServerRef {
	refs := s.ServerRefs()
	for _, ref := range refs {
		if !s.Server(ref).Backup {
			return ref
		}
	}
	return refs[0]
}
