package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/rehearse"
	"halab/internal/software"
)

// removed is something that gc removed.
type removed struct {
	Lab string `json:"lab,omitempty"` // its name, or where no record is left its id
	Why string `json:"why"`
}

func (a *app) gcCommand() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Remove what killed runs left behind",
		Long: `Remove what killed runs left behind: labs whose halab is gone, labs of which
nothing runs any more, containers and networks without a record, records that
cannot be read, and half-finished downloads. Labs that are up, and those of runs
that go on, stay.`,
		Example: "  halab gc",
		Args:    takes(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.gc(cmd.Context(), json) },
	}
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) gc(ctx context.Context, json bool) error {
	defer a.ui.wait("looking for what was left behind")()
	all := []removed{}
	took := func(r removed) {
		all = append(all, r)
		switch {
		case json:
		case r.Lab == "":
			a.print("removed a container: %s\n", r.Why)
		default:
			a.print("removed %s: %s\n", r.Lab, r.Why)
		}
	}
	err := errors.Join(a.gcRecords(ctx, took), gcDrafts(), gcContainers(ctx, took), software.New(software.Options{}).Sweep())
	switch {
	case json:
		return errors.Join(err, a.json(map[string]any{"removed": all}))
	case len(all) == 0 && err == nil:
		a.say("nothing was left behind")
	}
	return err
}

// gcRecords removes the labs that nobody owns and that are not up.
func (a *app) gcRecords(ctx context.Context, took func(removed)) error {
	records, err := a.listLabs()
	if err != nil {
		return err
	}
	var errs []error
	for _, rec := range records {
		why, gerr := abandoned(ctx, rec)
		if gerr == nil && why != "" {
			gerr = a.removeLab(ctx, rec)
		}
		if gerr != nil {
			errs = append(errs, fmt.Errorf("lab %s: %w", rec.Name, gerr))
			continue
		}
		if why != "" {
			took(removed{rec.Name, why})
		}
	}
	return errors.Join(errs...)
}

// writing is how long a record that cannot be read may just be being written.
const writing = 100 * time.Millisecond

// abandoned says why a lab can go; "" where it is to stay.
func abandoned(ctx context.Context, rec *lab.Record) (string, error) {
	if rec.Owned() {
		return "", nil
	}
	switch {
	case rec.ID == "":
		time.Sleep(writing)
		again, err := openRecord([]string{rec.Name})
		if errors.Is(err, lab.ErrUnknown) || err == nil && again.ID != "" {
			return "", nil
		}
		return "its record cannot be read", err
	case !rec.Stay:
		return "the halab that made it is gone", nil
	}
	alive, err := rehearse.Alive(ctx, rec)
	if err != nil || alive {
		return "", err
	}
	return "nothing of it runs any more", nil
}

// draftAge is how old a draft of a record is that nobody completes any more:
// it becomes the record at once, or its keeper removes it.
const draftAge = time.Minute

// gcDrafts removes drafts of records, which a machine that was switched off
// may have kept.
func gcDrafts() error {
	state, err := lab.StateDir()
	if err != nil {
		return err
	}
	drafts, err := filepath.Glob(filepath.Join(state, "labs", "*.json.*"))
	for _, draft := range drafts {
		info, serr := os.Lstat(draft)
		if serr == nil && info.Mode().IsRegular() && lab.Mine(info) && time.Since(info.ModTime()) > draftAge {
			err = errors.Join(err, os.Remove(draft))
		}
	}
	return err
}

// gcContainers removes containers and networks of labs without a record, and
// containers that asked for a version, where an engine answers.
func gcContainers(ctx context.Context, took func(removed)) error {
	engine := container.New()
	if engine.Ping(ctx) != nil {
		return nil
	}
	state, err := lab.StateDir()
	if err != nil {
		return err
	}
	orphans, err := engine.Orphans(ctx, state)
	errs := []error{err}
	for _, rec := range orphans {
		if err := container.New().Remove(ctx, rec); err != nil {
			errs = append(errs, err)
			continue
		}
		took(removed{rec.ID, "its containers had no record"})
	}
	swept, err := engine.Sweep(ctx)
	for range swept {
		took(removed{Why: "it was to say its version, and the halab that asked is gone"})
	}
	return errors.Join(append(errs, err)...)
}
