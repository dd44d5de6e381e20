package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/haproxy/adminsock"
	"halab/internal/lab"
	"halab/internal/rehearse"
	"halab/internal/scenario"
)

// openLab reads the record of the lab of this name, or of the only one that is
// up when args has none.
func openLab(args []string) (*lab.Record, error) {
	rec, err := openRecord(args)
	if err != nil {
		return nil, err
	}
	if rec.ID == "" {
		return nil, usagef("lab %s: its record cannot be read (halab gc removes it)", rec.Name)
	}
	if why := rec.Foreign(); why != nil {
		return nil, usagef("lab %s: its record is not trusted: %w (halab gc removes the record)", rec.Name, why)
	}
	return rec, nil
}

// openRecord is openLab for those who can do something with a lab of which no
// more than the name is left.
func openRecord(args []string) (*lab.Record, error) {
	state, err := lab.StateDir()
	if err != nil {
		return nil, err
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	rec, err := lab.Open(state, name)
	if errors.Is(err, lab.ErrUnknown) && name != "" {
		if k := knownLabs(); !k.is(labArgument, name) && k.is(serverArgument, name) {
			return nil, usagef("%q is a server, not a lab (halab status shows the labs)", name)
		}
	}
	return rec, err
}

// listLabs reads every record, and tells what else lies among them.
func (a *app) listLabs() ([]*lab.Record, error) {
	state, err := lab.StateDir()
	if err != nil {
		return nil, err
	}
	records, skipped, err := lab.List(state)
	for _, why := range skipped {
		a.say("skipped: %s", printable(why.Error()))
	}
	return records, err
}

// completeLab offers the labs that are recorded, at this position of the
// arguments.
func completeLab(position int) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		var names []string
		if len(args) == position {
			state, _ := lab.StateDir()
			records, _, _ := lab.List(state) // completion has no one to tell
			for _, r := range records {
				names = append(names, r.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// labScenario is the scenario that a lab was made from.
func labScenario(rec *lab.Record) (*scenario.Scenario, error) {
	s, err := parse(rec.File, rec.Source)
	if err != nil {
		return nil, fmt.Errorf("lab %s: the scenario in its record cannot be read: %w", rec.Name, err)
	}
	return s, nil
}

// adminOf is the client of a lab's stats socket.
func adminOf(rec *lab.Record) *adminsock.Client { return adminsock.New("unix", rec.Admin) }

// removeLab ends and removes a lab. Where its record names a directory that
// halab did not make, that is told, and the directory stays.
func (a *app) removeLab(ctx context.Context, rec *lab.Record) error {
	if why := rec.Foreign(); why != nil && rec.ID != "" {
		a.say("lab %s: its record is not trusted: %s; what is there stays", rec.Name, printable(why.Error()))
	}
	if rec.ID == "" {
		return rec.Remove(ctx, nil) // no record: there is only the file
	}
	rt, err := rehearse.Runtime(rec.Runtime)
	if err != nil {
		return fmt.Errorf("remove lab %s: %w", rec.Name, err)
	}
	return rec.Remove(ctx, rt)
}

// What a lab is at.
const (
	stateAbandoned  = "abandoned"  // the halab that made it is gone
	stateDead       = "dead"       // nothing of it runs any more
	stateRunning    = "running"    // the halab that made it still runs
	stateUnknown    = "unknown"    // its runtime could not be asked
	stateUnreadable = "unreadable" // there is no more of it than a broken record
	stateUp         = "up"
)

// state is what a lab is at.
func state(ctx context.Context, rec *lab.Record) string {
	if rec.ID == "" {
		return stateUnreadable
	}
	if rec.Owned() {
		return stateRunning
	}
	if !rec.Stay {
		return stateAbandoned
	}
	alive, err := rehearse.Alive(ctx, rec)
	switch {
	case err != nil:
		return stateUnknown
	case !alive:
		return stateDead
	}
	return stateUp
}

// link is the address of a frontend for people and browsers.
func link(address string) string { return "http://" + address + "/" }

// quote makes a word of a shell's command line.
func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n'\"\\$`!*?[](){}<>|&;#~") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
