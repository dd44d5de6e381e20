package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
)

// change is what a command did to a server.
type change struct {
	Server string `json:"server"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func (a *app) maintCommand() *cobra.Command {
	return a.flipCommand(haproxy.Maint, "Put a server into maintenance: no traffic, no checks (HATop's F10)")
}

func (a *app) drainCommand() *cobra.Command {
	return a.flipCommand(haproxy.Drain, "Drain a server: no new sessions, those it has go on")
}

func (a *app) readyCommand() *cobra.Command {
	return a.flipCommand(haproxy.Ready, "Put a server back into service (HATop's F9)")
}

func (a *app) flipCommand(action haproxy.ServerAction, short string) *cobra.Command {
	var f socketFlags
	kinds := []argument{serverArgument, labArgument}
	long := short + `.

SERVER is backend/server, or the server's name where only one backend has it.
HAProxy is asked through the stats socket of the LAB, or through any other with
-s, which needs level admin. The state is read back and shown, before and after.`
	if action != haproxy.Ready {
		long += leapHelp
	}
	cmd := &cobra.Command{
		Use:     string(action) + " SERVER [LAB]",
		Short:   short,
		Long:    long,
		Example: fmt.Sprintf("  halab %[1]s nginx2\n  halab %[1]s bk_app/nginx2 -s /run/haproxy/admin.sock", action),
		Args:    takes(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.known().inOrder(cmd, kinds, args); err != nil {
				return err
			}
			client, err := f.client(args[1:])
			if err != nil {
				return err
			}
			return a.flip(cmd.Context(), client, args[0], action, f)
		},
		ValidArgsFunction: completeArguments(&f, kinds...),
	}
	f.add(cmd)
	if action != haproxy.Ready {
		f.addForce(cmd)
	}
	return cmd
}

// socketFlags say which stats socket to talk to.
type socketFlags struct {
	socket string
	json   bool
	force  bool // take out the last server too
}

// leapHelp is what those commands say that can take out the last server.
const leapHelp = `

The last server that serves its backend is taken out only after a y at a
terminal, or with --force. A backup that is up serves.`

func (f *socketFlags) addForce(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.force, "force", false, "take out the last server that serves its backend, too")
}

func (f *socketFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.socket, "socket", "s", "", "stats socket to use instead of a lab's: a path or host:port, as `ADDRESS`")
	jsonFlag(cmd, &f.json)
}

// known is by what the arguments are told apart: there is no lab beside -s.
func (f *socketFlags) known() known {
	if f.socket != "" {
		return known{}
	}
	return knownLabs()
}

// client is that of -s, else of the lab that args may name.
func (f *socketFlags) client(args []string) (*adminsock.Client, error) {
	if f.socket == "" {
		rec, err := openLab(args)
		if err != nil {
			return nil, err
		}
		return adminOf(rec), nil
	}
	if len(args) > 0 {
		return nil, usagef("-s names a stats socket, so there is no LAB to name")
	}
	client, err := adminsock.Parse(f.socket)
	if err != nil {
		return nil, &usageError{err}
	}
	return client, nil
}

// flip changes the state and reads it back from show stat, before and after.
func (a *app) flip(ctx context.Context, client *adminsock.Client, name string, action haproxy.ServerAction, f socketFlags) error {
	before, stats, err := findServer(ctx, client, name)
	if err != nil {
		return err
	}
	if action != haproxy.Ready {
		if err := a.leap(ctx, stats, before, f.force); err != nil {
			return err
		}
	}
	ref := before.Ref()
	if err := client.SetState(ctx, ref, action); err != nil {
		return err
	}
	after, _, err := findServer(ctx, client, ref.String())
	if err != nil {
		return err
	}
	return a.changed(change{ref.String(), string(before.Status), string(after.Status)}, f.json)
}

func (a *app) changed(c change, json bool) error {
	if json {
		return a.json(c)
	}
	text := ""
	if c.Before == c.After {
		text = "  (as it was)"
	}
	a.print("%s: %s → %s%s\n", c.Server, c.Before, c.After, text)
	return nil
}

// findServer looks a server up in show stat, by its reference or its name
// alone, and returns all lines too.
func findServer(ctx context.Context, client *adminsock.Client, name string) (haproxy.Stat, []haproxy.Stat, error) {
	stats, err := client.Stat(ctx)
	if err != nil {
		return haproxy.Stat{}, nil, err
	}
	server, err := serverNamed(stats, name)
	return server, stats, err
}

func serverNamed(stats []haproxy.Stat, name string) (haproxy.Stat, error) {
	var all []string
	var found []haproxy.Stat
	for _, s := range haproxy.Servers(stats) {
		all = append(all, s.Ref().String())
		if s.Ref().String() == name || s.Server == name {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return haproxy.Stat{}, usagef("there is no server %q; there is %s", name, strings.Join(all, ", "))
	}
	return haproxy.Stat{}, usagef("%d backends have a server %q: name it as backend/server", len(found), name)
}
