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

func (a *app) gcCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "gc",
		Short: "Remove what killed runs left behind",
		Long: `Remove what killed runs left behind: labs whose halab is gone, labs of which
nothing runs any more, containers and networks without a record, records that
cannot be read, and half-finished downloads. Labs that are up, and those of runs
that go on, stay.`,
		Example: "  halab gc",
		Args:    takes(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.gc(cmd.Context()) },
	}
}

func (a *app) gc(ctx context.Context) error {
	defer a.ui.wait("looking for what was left behind")()
	removed, err := a.gcRecords(ctx)
	err = errors.Join(err, gcDrafts())
	orphans, oerr := a.gcContainers(ctx)
	removed += orphans
	err = errors.Join(err, oerr, software.New(software.Options{}).Sweep())
	if removed == 0 && err == nil {
		a.say("nothing was left behind")
	}
	return err
}

// gcRecords removes the labs that nobody owns and that are not up.
func (a *app) gcRecords(ctx context.Context) (removed int, err error) {
	records, err := listLabs()
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, rec := range records {
		why, gerr := abandoned(ctx, rec)
		if gerr == nil && why != "" {
			gerr = removeLab(ctx, rec)
		}
		if gerr != nil {
			errs = append(errs, fmt.Errorf("lab %s: %w", rec.Name, gerr))
			continue
		}
		if why != "" {
			removed++
			a.print("removed %s: %s\n", rec.Name, why)
		}
	}
	return removed, errors.Join(errs...)
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
		if info, serr := os.Stat(draft); serr == nil && time.Since(info.ModTime()) > draftAge {
			err = errors.Join(err, os.Remove(draft))
		}
	}
	return err
}

// gcContainers removes containers and networks of labs without a record,
// where an engine answers.
func (a *app) gcContainers(ctx context.Context) (removed int, err error) {
	engine := container.New()
	if engine.Ping(ctx) != nil {
		return 0, nil
	}
	state, err := lab.StateDir()
	if err != nil {
		return 0, err
	}
	orphans, err := engine.Orphans(ctx, state)
	if err != nil {
		return 0, err
	}
	removed, err = engine.Sweep(ctx)
	errs := []error{err}
	if removed > 0 {
		a.print("removed %s that asked for a version: the halab that made it is gone\n", count(removed, "container"))
	}
	for _, rec := range orphans {
		if err := container.New().Remove(ctx, rec); err != nil {
			errs = append(errs, err)
			continue
		}
		removed++
		a.print("removed the containers of lab %s: it has no record\n", rec.ID)
	}
	return removed, errors.Join(errs...)
}
